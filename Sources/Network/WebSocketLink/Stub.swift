import NIOCore
import NIOSSL
import NIOWebSocket

