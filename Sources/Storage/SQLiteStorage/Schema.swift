import GRDB
import WeftStorage

/// The tables and how they came to be. A migration that has been released is never edited; a new one is added.
enum Schema {
    /// `PRAGMA application_id`: "WEFT". Tells a journal from any other SQLite file.
    static let applicationID: Int32 = 0x5745_4654

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { db in try db.execute(sql: version1) }
        migrator.registerMigration("2") { db in try db.execute(sql: version2) }
        migrator.registerMigration("3") { db in try db.execute(sql: version3) }
        migrator.registerMigration("4") { db in try db.execute(sql: version4) }
        migrator.registerMigration("5") { db in try db.execute(sql: version5) }
        migrator.registerMigration("6") { db in try db.execute(sql: version6) }
        migrator.registerMigration("7") { db in try db.execute(sql: WebhookSchema.version7) }
        migrator.registerMigration("8") { db in try db.execute(sql: version8) }
        return migrator
    }

    /// - Enumerations are the numbers in `Codes.swift`, moments are microseconds since the epoch, digests 32 bytes.
    /// - `specs` is apart from `jobs` so that a job's state and counts change without rewriting a large spec.
    /// - `tasks` are clustered by job and index; `results` are in the order of arrival (`rowid`), found by an index.
    /// - `pruned` names removed jobs whose tasks and results are still being deleted, piece by piece.
    private static let version1 = """
        PRAGMA application_id = \(applicationID);
        CREATE TABLE meta (
            name TEXT PRIMARY KEY NOT NULL,
            value INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        INSERT INTO meta (name, value) VALUES ('epoch', 0), ('lastJob', 0);

        CREATE TABLE jobs (
            id INTEGER PRIMARY KEY NOT NULL,
            spec_digest BLOB NOT NULL,
            submitter TEXT NOT NULL,
            idempotency_key TEXT,
            submitted_at INTEGER NOT NULL,
            state INTEGER NOT NULL,
            reason TEXT,
            ended_at INTEGER,
            total INTEGER NOT NULL,
            running INTEGER NOT NULL,
            succeeded INTEGER NOT NULL,
            failed INTEGER NOT NULL,
            cancelled INTEGER NOT NULL,
            disagreed INTEGER NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX jobs_by_key ON jobs (submitter, idempotency_key) WHERE idempotency_key IS NOT NULL;
        CREATE INDEX jobs_by_submitter ON jobs (submitter, id);
        CREATE INDEX jobs_by_state ON jobs (state, id);
        CREATE INDEX jobs_by_end ON jobs (ended_at, id) WHERE ended_at IS NOT NULL;
        CREATE TABLE specs (
            job INTEGER PRIMARY KEY NOT NULL,
            json BLOB NOT NULL
        ) STRICT;
        CREATE TABLE labels (
            name TEXT NOT NULL,
            value TEXT NOT NULL,
            job INTEGER NOT NULL,
            PRIMARY KEY (name, value, job)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX labels_by_job ON labels (job);

        CREATE TABLE tasks (
            job INTEGER NOT NULL,
            task INTEGER NOT NULL,
            state INTEGER NOT NULL,
            verdict INTEGER NOT NULL,
            answer BLOB,
            reason TEXT,
            dissenters INTEGER NOT NULL,
            ended_at INTEGER NOT NULL,
            PRIMARY KEY (job, task)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX tasks_unusual ON tasks (job, task) WHERE state <> 2 OR dissenters > 0;

        CREATE TABLE node_numbers (
            number INTEGER PRIMARY KEY NOT NULL,
            id TEXT NOT NULL UNIQUE
        ) STRICT;
        CREATE TABLE results (
            arrival INTEGER PRIMARY KEY NOT NULL,
            job INTEGER NOT NULL,
            task INTEGER NOT NULL,
            lease INTEGER NOT NULL,
            replica INTEGER NOT NULL,
            node INTEGER NOT NULL,
            started_at INTEGER NOT NULL,
            finished_at INTEGER NOT NULL,
            wall_us INTEGER,
            cpu_us INTEGER,
            memory_bytes INTEGER,
            disk_bytes INTEGER,
            output_bytes INTEGER,
            failure INTEGER,
            message TEXT,
            exit_status INTEGER,
            stdout BLOB,
            stdout_bytes INTEGER,
            stderr BLOB,
            stderr_bytes INTEGER,
            outputs BLOB,
            answer BLOB,
            signature BLOB
        ) STRICT;
        CREATE UNIQUE INDEX results_by_attempt ON results (job, task, lease);

        CREATE TABLE nodes (
            id TEXT PRIMARY KEY NOT NULL,
            profile BLOB NOT NULL,
            score INTEGER NOT NULL,
            agreements INTEGER NOT NULL,
            disagreements INTEGER NOT NULL,
            draining INTEGER NOT NULL,
            connected INTEGER NOT NULL,
            first_seen_at INTEGER NOT NULL,
            last_seen_at INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE tokens (
            name TEXT PRIMARY KEY NOT NULL,
            role INTEGER NOT NULL,
            secret_digest BLOB NOT NULL,
            created_at INTEGER NOT NULL,
            revoked_at INTEGER
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE pruned (
            job INTEGER PRIMARY KEY NOT NULL
        ) STRICT;
        """
    /// Answers under an error budget, and the log of receipts. `standings` and the one row of `trust` are values of the model
    /// as JSON; tiles of the log are 32 bytes for each hash.
    private static let version2 = """
        ALTER TABLE tasks ADD COLUMN error_bound INTEGER;
        ALTER TABLE tasks ADD COLUMN log_index INTEGER;
        CREATE TABLE log_tiles (
            level INTEGER NOT NULL,
            position INTEGER NOT NULL,
            hashes BLOB NOT NULL,
            PRIMARY KEY (level, position)
        ) STRICT;
        INSERT INTO meta (name, value) VALUES ('logSize', 0);
        CREATE TABLE standings (
            node TEXT NOT NULL,
            driver TEXT NOT NULL,
            json BLOB NOT NULL,
            PRIMARY KEY (node, driver)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE trust (
            id INTEGER PRIMARY KEY NOT NULL CHECK (id = 0),
            json BLOB NOT NULL
        ) STRICT;
        """

    /// Answers that are alike without being equal: digests, one after the other. How well nodes work (JSON), and whence they
    /// connect.
    private static let version3 = """
        ALTER TABLE tasks ADD COLUMN alike BLOB;
        ALTER TABLE nodes ADD COLUMN performance BLOB;
        ALTER TABLE nodes ADD COLUMN network TEXT;
        """

    /// The books. Amounts are micro-credits; `debit` and `credit` are numbers of accounts, beside what the account has after the
    /// movement. Rows are never changed, but for balances of accounts.
    private static let version4 = """
        ALTER TABLE results ADD COLUMN seen_us INTEGER;
        CREATE TABLE accounts (
            number INTEGER PRIMARY KEY NOT NULL,
            name TEXT NOT NULL UNIQUE,
            balance INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE movements (
            sequence INTEGER PRIMARY KEY NOT NULL,
            identity TEXT NOT NULL UNIQUE,
            kind INTEGER NOT NULL,
            at INTEGER NOT NULL,
            debit INTEGER NOT NULL,
            debit_balance INTEGER NOT NULL,
            credit INTEGER NOT NULL,
            credit_balance INTEGER NOT NULL,
            amount INTEGER NOT NULL,
            job INTEGER,
            task INTEGER,
            lease INTEGER,
            payer INTEGER,
            asked INTEGER,
            payment INTEGER,
            key TEXT,
            reason TEXT,
            granted_by TEXT
        ) STRICT;
        CREATE INDEX movements_by_debit ON movements (debit, sequence, at);
        CREATE INDEX movements_by_credit ON movements (credit, sequence, at);
        CREATE INDEX movements_remembered ON movements (at) WHERE kind IN (0, 5);
        CREATE TABLE open_escrows (
            job INTEGER PRIMARY KEY NOT NULL
        ) STRICT;
        INSERT INTO meta (name, value) VALUES ('lastEscrow', 0);
        """

    /// The cache of verified answers.
    ///
    /// - `cache` is in the order in which entries were written (`position`); `budgeted` tells those with an error bound from
    ///   those with counted votes. `cache_voters` finds a node's entries.
    /// - `citations` counts a job's tasks that were given answers of another one, which is kept for as long.
    private static let version5 = """
        ALTER TABLE tasks ADD COLUMN origin_job INTEGER;
        ALTER TABLE tasks ADD COLUMN origin_task INTEGER;
        CREATE TABLE cache (
            position INTEGER PRIMARY KEY NOT NULL,
            key BLOB NOT NULL,
            budgeted INTEGER NOT NULL,
            job INTEGER NOT NULL,
            task INTEGER NOT NULL,
            error_bound INTEGER,
            UNIQUE (key, budgeted)
        ) STRICT;
        CREATE INDEX cache_by_job ON cache (job);
        CREATE TABLE cache_voters (
            node INTEGER NOT NULL,
            position INTEGER NOT NULL,
            PRIMARY KEY (node, position)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX cache_voters_by_entry ON cache_voters (position);
        CREATE TABLE citations (
            origin INTEGER NOT NULL,
            job INTEGER NOT NULL,
            tasks INTEGER NOT NULL,
            PRIMARY KEY (origin, job)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX citations_by_job ON citations (job);
        """

    /// The submitter's span, as `traceparent` of W3C Trace Context.
    private static let version6 = "ALTER TABLE jobs ADD COLUMN traceparent TEXT;"

    /// `log_size` is how many entries the log had when the job was submitted: its own come after these. `logMinimum` is the
    /// first entry that is kept.
    private static let version8 = """
        ALTER TABLE jobs ADD COLUMN log_size INTEGER NOT NULL DEFAULT 0;
        INSERT INTO meta (name, value) VALUES ('logMinimum', 0);
        """
}
