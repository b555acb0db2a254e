import HTTPTypes
import HummingbirdCore
import NIOCore
import WeftFormats
import WeftModel

/// Health, metrics, version and the schema of job files.
struct SystemRoutes: Sendable {
    let service: any JobService
    let metricsAreOpen: Bool
    let dataDirectory: String?
    let connections: Connections
    let streams: StreamRegistry
    let links: LinkAdmission

    var routes: [Route] {
        [
            Route(method: .get, path: "/healthz", access: .open) { _ in .text("ok\n") },
            Route(method: .get, path: "/readyz", access: .open) { _ in
                guard let why = await service.readiness() else { return .text("ready\n") }
                throw HTTPFailure.unavailable(why)
            },
            Route(method: .get, path: "/metrics", access: metricsAreOpen ? .open : .role(.viewer), handler: metrics),
            Route(method: .get, path: "/api/v1/stats", access: .role(.viewer)) { _ in
                try .json(await service.stats())
            },
            Route(method: .get, path: "/api/v1/version", access: .role(.viewer)) { _ in
                let stats = await service.stats()
                return try .json(
                    VersionDocument(version: stats.version, api: ["v1"], coordinator: stats.coordinator))
            },
            Route(method: .get, path: "/api/v1/schema/job", access: .role(.viewer)) { call in
                .resource(Self.jobSchema, type: "application/schema+json", for: call)
            },
            Route(method: .get, path: "/openapi.json", access: .open) { call in
                .resource(Self.openAPI, type: "application/json", for: call)
            },
        ]
    }

    private static let jobSchema = ByteBuffer(bytes: CanonicalJSON.encodePretty(JobSchema.document))
    private static let openAPI = ByteBuffer(bytes: CanonicalJSON.encodePretty(OpenAPIDocument.document))

    @Sendable private func metrics(_ call: Call) async throws -> Response {
        let text = MetricsText.render(
            await service.stats(), isReady: await service.readiness() == nil, ProcessUsage.now(),
            dataDirectory.flatMap(FileSystemSpace.init(of:)), connections: connections.count,
            streams: streams.count, links: links.count)
        return .text(text, type: "text/plain; version=0.0.4; charset=utf-8")
    }
}

extension Response {
    static func text(_ text: String, type: String = "text/plain; charset=utf-8") -> Response {
        Response(
            status: .ok, headers: [.contentType: type], body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
