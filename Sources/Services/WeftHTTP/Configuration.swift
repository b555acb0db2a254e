package import WeftTES
package import WeftWebhooks

/// How the server listens and what it bounds. The defaults are safe for a loopback server.
extension HTTPServer {
    package struct Configuration: Sendable {
        /// An address or host name to bind; `0.0.0.0` or `::` for all.
        package var host: String
        /// 0 lets the system choose; `onReady` gets the port.
        package var port: Int
        /// Names by which clients may call this server, besides the bind address and loopback names. Without ports.
        package var publicHosts: [String]
        /// Origins of other servers whose pages may call this one, as `https://app.example`.
        package var allowedOrigins: [String]
        package var tls: TLS?
        package var limits: Limits
        /// Whether `/metrics` needs no token.
        package var metricsAreOpen: Bool
        /// A directory whose file system's size and free space `/metrics` tells, if any.
        package var dataDirectory: String?
        package var tes: TESSettings
        package var webhooks: WebhookSettings

        package init(
            host: String = "127.0.0.1", port: Int = 0, publicHosts: [String] = [], allowedOrigins: [String] = [],
            tls: TLS? = nil, limits: Limits = Limits(), metricsAreOpen: Bool = false, dataDirectory: String? = nil,
            tes: TESSettings = TESSettings(), webhooks: WebhookSettings = WebhookSettings()
        ) {
            self.host = host
            self.port = port
            self.publicHosts = publicHosts
            self.allowedOrigins = allowedOrigins
            self.tls = tls
            self.limits = limits
            self.metricsAreOpen = metricsAreOpen
            self.dataDirectory = dataDirectory
            self.tes = tes
            self.webhooks = webhooks
        }

        /// Whether this can be one of ``allowedOrigins``: `https://app.example`, as browsers send it.
        package static func isOrigin(_ text: String) -> Bool {
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            return parts.count == 3 && parts[1].isEmpty && (parts[0] == "http:" || parts[0] == "https:")
                && HostPolicy.split(String(parts[2])) != nil
        }
    }

    /// PEM files. TLS 1.2 is the oldest version spoken.
    package struct TLS: Sendable {
        /// The certificate and, after it, those that lead to its root.
        package var certificateChainFile: String
        package var privateKeyFile: String

        package init(certificateChainFile: String, privateKeyFile: String) {
            self.certificateChainFile = certificateChainFile
            self.privateKeyFile = privateKeyFile
        }
    }

    package struct Limits: Sendable {
        /// More connections wait in the system's queue.
        package var connections = 4096
        /// Largest job document.
        package var specBytes = 8 << 20
        /// Largest of the other JSON bodies.
        package var documentBytes = 64 << 10
        package var blobBytes: Int64 = 16 << 30
        /// All header fields of one request together.
        package var headerBytes = 32 << 10
        package var headerFields = 100
        /// A connection without a request is closed after this time.
        package var idleTimeout: Duration = .seconds(60)
        /// From the connection (or the first byte of a later request) to the end of the header fields.
        package var headTimeout: Duration = .seconds(10)
        /// A body may take this long, and one second more for every 16 KiB that came.
        package var bodyTimeout: Duration = .seconds(30)
        /// A client that takes less than the send buffer in this time is cut off.
        package var stalledWriteTimeout: Duration = .seconds(30)
        /// What is left of a body that nobody wants is read up to this size, so that the connection can go on.
        package var discardedBodyBytes = 1 << 20
        /// And for this long.
        package var lingerTimeout: Duration = .seconds(2)
        /// Open event streams, log streams and waiting requests.
        package var streams = 1024
        package var links = 10_000
        /// Links whose worker has not proved its key yet.
        package var newLinks = 128
        /// Longest `wait=`.
        package var longestWait: Duration = .seconds(60)
        /// Silence after which a stream carries a comment, so that proxies keep it and dead clients show.
        package var heartbeat: Duration = .seconds(15)
        /// What a shutdown gives to requests that are going on.
        package var shutdownGrace: Duration = .seconds(5)

        package init() {}
    }
}
