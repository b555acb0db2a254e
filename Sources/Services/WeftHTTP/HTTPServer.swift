import HTTPTypes
import HummingbirdCore
package import Logging
package import NIOCore
import NIOPosix
import NIOSSL
import WeftModel
import WeftTES
import WeftWebhooks
import WeftWire

/// The one port of a coordinator: REST, event streams, WebSocket links, health and metrics.
package struct HTTPServer: Sendable {
    private let service: any JobService
    private let configuration: Configuration
    private let group: any EventLoopGroup
    private let executor: (any TaskExecutor)?
    private let logger: Logger
    private let tasks: TaskService
    private let webhooks: WebhookService

    /// - Parameters:
    ///   - group: the event loops to run on; by default the ones that the whole process shares.
    ///   - executor: what runs the tasks of requests; by default the one that tasks usually have.
    package init(
        service: any JobService, configuration: Configuration = Configuration(),
        group: (any EventLoopGroup)? = nil, executor: (any TaskExecutor)? = nil, logger: Logger
    ) {
        self.service = service
        self.configuration = configuration
        self.group = group ?? MultiThreadedEventLoopGroup.singleton
        self.executor = executor
        self.logger = logger
        tasks = TaskService(jobs: service, settings: configuration.tes, logger: logger)
        webhooks = WebhookService(book: service, settings: configuration.webhooks, logger: logger)
    }

    /// Serves until the calling task is cancelled. Then no new connection is taken, streams and links end, requests
    /// that are going on get ``Limits/shutdownGrace``, and every connection is closed before this returns.
    ///
    /// Throws when the address cannot be bound or the TLS files cannot be read.
    /// - Parameter onReady: called once, with the port that is bound.
    package func run(onReady: @escaping @Sendable (Int) async -> Void = { _ in }) async throws {
        let parts = try makeParts()
        let server = Server(
            childChannelSetup: parts.makeChannel(),
            configuration: ServerConfiguration(
                address: .hostname(configuration.host, port: configuration.port), serverName: nil, backlog: 512,
                availableConnectionsDelegate: MaximumAvailableConnections(configuration.limits.connections)),
            onServerRunning: { channel in await onReady(channel.localAddress?.port ?? configuration.port) },
            eventLoopGroup: group, logger: logger)
        // A graceful shutdown begins when this task is cancelled, and takes a moment. The server runs in a task of its
        // own that this one waits for, so that requests in their middle do not see the cancellation.
        let running = Task(executorPreference: executor) { try await server.run() }
        let stop = AsyncStream<Void>.makeStream()
        try await withTaskCancellationHandler {
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await running.value }
                tasks.addTask {
                    // Not cut short by the cancellation that it waits for: only the handler below ends the stream.
                    await Task { for await _ in stop.stream {} }.value
                    await shutDown(server, running, parts)
                }
                defer { stop.continuation.finish() }
                try await tasks.next()
            }
        } onCancel: {
            stop.continuation.finish()
        }
    }

    private func makeParts() throws -> Parts {
        try Parts(
            service: service, configuration: configuration, executor: executor, tasks: tasks, webhooks: webhooks,
            logger: logger)
    }

    /// One route, for who compares them with the document of the API.
    package struct RouteName: Hashable, Sendable {
        package var method: String
        package var path: String
        /// The names of its query parameters.
        package var query: Set<String>
        /// Whether it needs no token.
        package var isOpen: Bool
    }

    /// Every route of this server, the files of its pages left out.
    package var routeNames: [RouteName] {
        get throws {
            try makeParts().api.map { route in
                var isOpen = false
                if case .open = route.access { isOpen = true }
                return RouteName(
                    method: route.method.rawValue, path: route.path,
                    query: Set(route.query.map { $0.hasSuffix("*") ? String($0.dropLast()) : $0 }), isOpen: isOpen)
            }
        }
    }

    /// Brings the outputs of TES tasks to where they belong, as the tasks end. Returns when the calling task is cancelled.
    package func settleTasks() async { await tasks.run() }

    /// Tells webhooks what they want to be told of. Returns when the calling task is cancelled.
    package func deliverWebhooks() async { await webhooks.run() }

    private func shutDown(_ server: Server<UpgradableChannel>, _ running: Task<Void, any Error>, _ parts: Parts) async {
        parts.streams.close()
        parts.linkStreams.close()
        let connections = parts.connections
        let grace = configuration.limits.shutdownGrace
        let force = group.next().scheduleTask(in: TimeAmount(grace)) {
            running.cancel()
            connections.closeAll()
        }
        defer { force.cancel() }
        do {
            try await server.shutdownGracefully()
        } catch {
            logger.warning("the server did not shut down in order", metadata: ["error": "\(error)"])
        }
    }
}

/// The server's parts, wired.
private struct Parts: Sendable {
    /// What the document of the API describes: all routes but the files of the pages.
    let api: [Route]
    let front: Front
    let events: EventRoutes
    let limits: HTTPServer.Limits
    let tls: NIOSSLContext?
    let connections = Connections()
    let streams: StreamRegistry
    let linkStreams: StreamRegistry
    let linkAdmission: LinkAdmission
    let service: any JobService
    let logger: Logger

    init(
        service: any JobService, configuration: HTTPServer.Configuration, executor: (any TaskExecutor)?,
        tasks: TaskService, webhooks: WebhookService, logger: Logger
    ) throws {
        let limits = configuration.limits
        self.service = service
        self.limits = limits
        self.logger = logger
        tls = try configuration.tls.map(ServerTLS.context)
        streams = StreamRegistry(limit: limits.streams, executor: executor)
        linkStreams = StreamRegistry(limit: limits.links, executor: executor)
        linkAdmission = LinkAdmission(limits: limits)
        events = EventRoutes(service: service, limits: limits, streams: streams)
        let system = SystemRoutes(
            service: service, metricsAreOpen: configuration.metricsAreOpen,
            dataDirectory: configuration.dataDirectory, connections: connections,
            streams: streams, links: linkAdmission)
        api =
            JobRoutes(service: service, limits: limits, streams: streams).routes
            + TaskRoutes(service: service).routes + BlobRoutes(service: service, limits: limits).routes
            + ReceiptLogRoutes(service: service).routes + CreditRoutes(service: service, limits: limits).routes
            + AdminRoutes(service: service, limits: limits).routes
            + events.routes + LogRoutes(service: service, limits: limits, streams: streams).routes + system.routes
            + OtherCalls(service: service, limits: limits).routes
            + TESRoutes(tasks: tasks, limits: limits).routes
            + WebhookRoutes(webhooks: webhooks, limits: limits).routes
        front = Front(
            service: service, table: RouteTable(DashboardRoutes().routes + api),
            hosts: HostPolicy(bindHost: configuration.host, publicHosts: configuration.publicHosts),
            crossOrigin: CrossOriginPolicy(configuration.allowedOrigins), streams: streams,
            linkAdmission: linkAdmission, anonymous: configuration.tes.anonymous, logger: logger)
    }

    func makeChannel() -> UpgradableChannel {
        UpgradableChannel(
            responder: { request, writer, channel in
                let response = await front.respond(to: request, channel: channel) {
                    try await writer.writeInformationalHead(.init(status: .continue))
                }
                try await writer.write(response: response.head, body: response.body)
            },
            limits: limits, tls: tls, connections: connections, decide: { await front.decide($0) },
            serveLink: { link in
                let ended: Void? = try? await linkStreams.run(on: link.channel) {
                    await linkAdmission.serve(link.link) { await service.serve($0) }
                }
                if ended == nil { await link.link.close() }
            },
            serveEvents: { socket, request in
                do {
                    try await events.serve(socket, request)
                } catch {
                    logger.debug("a socket of events ended", metadata: ["error": "\(error)"])
                }
            })
    }
}

enum ServerTLS {
    /// Throws ``HTTPServerError`` that names the file which cannot be used.
    static func context(_ tls: HTTPServer.TLS) throws -> NIOSSLContext {
        let chain: [NIOSSLCertificate]
        do {
            chain = try NIOSSLCertificate.fromPEMFile(tls.certificateChainFile)
        } catch {
            throw HTTPServerError.unusable(file: tls.certificateChainFile, what: "a PEM certificate chain")
        }
        let key: NIOSSLPrivateKey
        do {
            key = try NIOSSLPrivateKey(file: tls.privateKeyFile, format: .pem)
        } catch {
            throw HTTPServerError.unusable(file: tls.privateKeyFile, what: "a PEM private key")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        return try NIOSSLContext(configuration: configuration)
    }
}

package enum HTTPServerError: Error, Hashable, Sendable, CustomStringConvertible {
    case unusable(file: String, what: String)

    package var description: String {
        switch self {
        case .unusable(let file, let what): "\(file) cannot be read as \(what)"
        }
    }
}
