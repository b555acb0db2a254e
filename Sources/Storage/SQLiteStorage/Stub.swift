import GRDB

