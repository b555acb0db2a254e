import FileBlobs
import Glibc
import Logging
import SQLiteStorage
import SandboxedComparators
import WeftClient
import WeftCoordinator
import WeftFormats
import WeftHTTP
import WeftLedger
import WeftModel
import WeftStorage
import WeftTES
import WeftWebhooks
import WeftWire

/// A coordinator with embedded storage and its HTTP server, from start to orderly stop.
struct CoordinatorService: Sendable {
    /// What is known once requests are served.
    struct Ready: Sendable {
        var coordinator: Coordinator
        var url: String
        var port: Int
        var joinToken: String
    }

    let context: Context
    let home: DataHome
    let address: BindAddress
    /// Whether programs of comparators are run where the operator has not said.
    let usuallyRunsPrograms: Bool

    /// Reads the address. Throws ``CLIError``.
    init(_ context: Context, usuallyRunsPrograms: Bool = false) throws {
        self.context = context
        self.usuallyRunsPrograms = usuallyRunsPrograms
        home = try context.dataHome()
        let text = context.settings.text(.coordinatorBind) ?? ""
        guard let address = BindAddress(text) else {
            throw CLIError(.usage, "`\(text)` is not an address to serve on", hint: "for example 127.0.0.1:8080")
        }
        self.address = address
        if context.settings.flag(.coordinatorPruneLog), context.settings.text(.coordinatorRetention) == nil {
            throw CLIError(
                .usage, "`prune_log` removes entries with their jobs, which without a `retention` are kept for ever",
                hint: "for example --retention 30d")
        }
    }

    /// Its key; made where there is none. Throws `KeyFileError`.
    func identity() throws -> SigningIdentity { try KeyFile.loadOrCreate(at: home.coordinatorKey) }

    /// Serves until `body` returns or the calling task is cancelled. `body` begins when requests are served.
    func run(_ body: @escaping @Sendable (Ready) async throws -> Void) async throws {
        try home.prepare()
        let identity = try identity()
        let journal = try SQLiteJournal(path: home.database)
        do {
            let blobs = try FileBlobStore(directory: home.blobs)
            var configuration = CoordinatorConfiguration()
            configuration.version = Version.text
            configuration.retention = context.settings.seconds(.coordinatorRetention).map { .seconds($0) }
            configuration.prunesLog = context.settings.flag(.coordinatorPruneLog)
            if let entries = context.settings.count(.coordinatorCacheEntries) { configuration.cacheEntries = entries }
            configuration.fetchURL = fetcher(into: blobs)
            configuration.prices = try prices()
            let programs = try await comparatorPrograms(blobs)
            configuration.comparatorPrograms = programs
            let coordinator = Coordinator(
                configuration: configuration, identity: identity, journal: journal, blobs: blobs,
                clock: SteadyClock(wallMicroseconds: context.now().microseconds), logger: context.logger)
            do {
                try await coordinator.load()
                try await serve(coordinator, body)
            } catch {
                await programs?.shutDown()
                throw error
            }
            await programs?.shutDown()
        } catch {
            await closeAfterFailure(journal)
            throw error
        }
        try await journal.close()
    }

    /// nil where they are not allowed, or, unless the operator asked for them, cannot be walled off.
    private func comparatorPrograms(_ blobs: FileBlobStore) async throws -> SandboxedComparators? {
        let setting = context.settings.text(.coordinatorComparatorPrograms)
        guard setting.map({ $0 == "true" }) ?? usuallyRunsPrograms else { return nil }
        do {
            return try await SandboxedComparators(directory: home.comparators, blobs: blobs, logger: context.logger)
        } catch {
            guard setting == nil else {
                throw CLIError(
                    .failure, "\(Setting.coordinatorComparatorPrograms.key): sandboxes do not work here: \(error)")
            }
            context.logger.notice(
                "comparators that need a program are not available", metadata: ["reason": "\(error)"])
            return nil
        }
    }

    /// nil where no price is set: then jobs cost nothing.
    private func prices() throws -> PriceList? {
        let settings = context.settings
        let prices = [
            Setting.coordinatorPriceCPU, .coordinatorPriceMemory, .coordinatorPriceDevice, .coordinatorPriceMinimum,
        ].map { settings.credits($0) }
        guard prices.contains(where: { $0 != nil }) else { return nil }
        return try PriceList(
            perCPUSecond: prices[0] ?? .zero, perMemoryGiBSecond: prices[1] ?? .zero,
            perDeviceSecond: prices[2] ?? .zero,
            minimumCharge: prices[3] ?? .zero)
    }

    /// Fetches URL inputs from the hosts that the operator allows; nil where none is.
    private func fetcher(
        into blobs: FileBlobStore
    ) -> (@Sendable (_ url: String, _ expecting: Digest?) async throws -> BlobReference)? {
        let hosts = context.settings.list(.coordinatorFetchHosts)
        guard !hosts.isEmpty else { return nil }
        let download = URLDownload(allowedHosts: hosts)
        return { url, digest in
            let writer = try await blobs.makeWriter()
            do {
                try await download.fetch(url) { try await writer.write($0) }
                return try await writer.finish(expecting: digest)
            } catch {
                await writer.cancel()
                throw error
            }
        }
    }

    /// The coordinator outlives the server, so that the last requests and links find it; both outlive `body`.
    private func serve(
        _ coordinator: Coordinator, _ body: @escaping @Sendable (Ready) async throws -> Void
    ) async throws {
        let server = HTTPServer(
            service: coordinator, configuration: try serverConfiguration(), group: context.loops?.group,
            executor: context.loops?.executor, logger: context.logger)
        try await withThrowingTaskGroup(of: Void.self) { lasting in
            lasting.addTask { await coordinator.run() }
            lasting.addTask { await server.settleTasks() }
            lasting.addTask { await server.deliverWebhooks() }
            defer { lasting.cancelAll() }
            let bound = AsyncStream<Int>.makeStream(bufferingPolicy: .bufferingNewest(1))
            try await withThrowingTaskGroup(of: Void.self) { serving in
                serving.addTask {
                    defer { bound.continuation.finish() }
                    try await server.run(onReady: { bound.continuation.yield($0) })
                }
                serving.addTask {
                    for await port in bound.stream { return try await body(announce(coordinator, port)) }
                }
                defer {
                    serving.cancelAll()
                    unlink(home.coordinatorURL)
                }
                do {
                    try await serving.next()
                } catch {
                    throw bindError(error)
                }
            }
        }
    }

    /// Leaves on disk what clients on this machine look for.
    private func announce(_ coordinator: Coordinator, _ port: Int) async throws -> Ready {
        let url = address.localURL(port: port, isSecure: context.settings.text(.coordinatorTLSCertificate) != nil)
        try await ensureToken("admin", .admin, at: home.adminToken, coordinator)
        let joinToken = try await ensureToken("join", .worker, at: home.joinToken, coordinator)
        try Files.replace(home.coordinatorURL, with: Array("\(url)\n".utf8))
        if let path = context.settings.path(.coordinatorPortFile) {
            try Files.replace(path, with: Array("\(port)\n".utf8))
        }
        return Ready(coordinator: coordinator, url: url, port: port, joinToken: joinToken)
    }

    /// The token in the file, if it is one; else a new one. A token whose file is gone is revoked: nobody can hold it
    /// by right.
    @discardableResult
    private func ensureToken(
        _ name: String, _ role: Role, at path: String, _ coordinator: Coordinator
    ) async throws -> String {
        if let secret = try DataHome.line(in: path), let holder = await coordinator.authenticate(secret: secret),
            holder.role == role
        {
            return secret
        }
        if await coordinator.tokens().contains(where: { $0.name == name }) {
            try await coordinator.revokeToken(name: name)
        }
        guard let secret = try await coordinator.createToken(name: name, role: role).secret else {
            preconditionFailure("a new token has a secret")
        }
        try DataHome.writeSecret(secret, to: path)
        return secret
    }

    private func serverConfiguration() throws -> HTTPServer.Configuration {
        let settings = context.settings
        var configuration = HTTPServer.Configuration(
            host: address.host, port: address.port, publicHosts: settings.list(.coordinatorAllowedHosts),
            allowedOrigins: try allowedOrigins(), metricsAreOpen: settings.flag(.coordinatorOpenMetrics),
            dataDirectory: home.path, tes: try taskSettings(),
            webhooks: WebhookSettings(hosts: settings.list(.coordinatorWebhookHosts), version: Version.text))
        switch (settings.path(.coordinatorTLSCertificate), settings.path(.coordinatorTLSKey)) {
        case (nil, nil):
            if !address.isLoopback {
                context.logger.warning(
                    "serving other machines without TLS: tokens and data can be read on the way",
                    metadata: ["bind": "\(address.host):\(address.port)"])
            }
        case (let certificate?, let key?):
            configuration.tls = HTTPServer.TLS(certificateChainFile: certificate, privateKeyFile: key)
        default:
            throw CLIError(.usage, "HTTPS needs both --tls-certificate and --tls-key")
        }
        return configuration
    }

    private func taskSettings() throws -> TESSettings {
        let settings = context.settings
        let roots = settings.list(.coordinatorTESFileRoots)
        for root in roots where !root.hasPrefix("/") {
            throw CLIError(.usage, "\(Setting.coordinatorTESFileRoots.key): expected an absolute path, not `\(root)`")
        }
        return TESSettings(
            fileRoots: roots, nativeImages: settings.list(.coordinatorTESNativeImages),
            anonymous: settings.text(.coordinatorTESAnonymous), directory: home.tasks, version: Version.text)
    }

    private func allowedOrigins() throws -> [String] {
        try context.settings.list(.coordinatorAllowedOrigins).map { origin in
            guard HTTPServer.Configuration.isOrigin(origin) else {
                throw CLIError(
                    .usage, "\(origin) is no origin",
                    hint:
                        "an origin is a scheme and a host, with a port where it is not the usual one: https://app.example"
                )
            }
            return origin
        }
    }

    private func bindError(_ error: any Error) -> any Error {
        let text = "\(error)"
        guard text.contains("Address already in use") || text.contains("EADDRINUSE") else { return error }
        return CLIError(
            .failure, "port \(address.port) of \(address.host) is in use",
            hint: "stop what uses it, or choose another with --bind \(address.host):0 (any free one)")
    }

    private func closeAfterFailure(_ journal: SQLiteJournal) async {
        do {
            try await journal.close()
        } catch {
            context.logger.warning("the journal did not close", metadata: ["error": "\(error)"])
        }
    }
}
