import NIOHTTP1
import Testing
import WeftHTTP

/// Pages of other origins: closed by default, open to those that were configured.
@Suite struct CrossOriginTests {
    private static let open = configured { $0.allowedOrigins = ["https://app.example"] }
    private static let asking = [
        ("access-control-request-method", "POST"), ("access-control-request-headers", "authorization"),
    ]

    @Test func nothingIsAllowedByDefault() async throws {
        try await withServer { server in
            let asked = try await server.call(
                .OPTIONS, "/api/v1/jobs", as: nil, headers: Self.asking + [("origin", "https://app.example")])
            #expect(asked.status == 405)
            let read = try await server.call(.GET, "/api/v1/jobs", headers: [("origin", "https://app.example")])
            #expect(read.headers["access-control-allow-origin"].isEmpty && read.headers["vary"].isEmpty)
        }
    }

    @Test func anAllowedPageMayAskReadAndChange() async throws {
        try await withServer(FakeService(), Self.open) { server in
            let origin = ("origin", "https://app.example")
            let asked = try await server.call(.OPTIONS, "/api/v1/jobs", as: nil, headers: Self.asking + [origin])
            #expect(asked.status == 204)
            #expect(asked.headers["access-control-allow-methods"] == ["POST, GET, HEAD"])
            #expect(asked.headers["access-control-allow-headers"].first?.contains("authorization") == true)
            let made = try await server.call(
                .POST, "/api/v1/jobs", headers: [origin, ("sec-fetch-site", "cross-site")], body: Running.job)
            #expect(made.status == 201)
            #expect(made.headers["access-control-allow-origin"] == ["https://app.example"])
            #expect(made.headers["access-control-allow-credentials"].isEmpty)
            #expect(made.headers["vary"] == ["Origin"])
            // Refusals can be read, too.
            let refused = try await server.call(.GET, "/api/v1/jobs", as: nil, headers: [origin])
            #expect(refused.status == 401)
            #expect(refused.headers["access-control-allow-origin"] == ["https://app.example"])
        }
    }

    @Test(arguments: [
        "https://app.example.evil", "http://app.example", "https://app.example:444", "null", "https://evil.example",
    ])
    func otherPagesStayOut(origin: String) async throws {
        try await withServer(FakeService(), Self.open) { server in
            let made = try await server.call(.POST, "/api/v1/jobs", headers: [("origin", origin)], body: Running.job)
            #expect(made.status == 403)
            #expect(made.headers["access-control-allow-origin"].isEmpty)
            let asked = try await server.call(
                .OPTIONS, "/api/v1/jobs", as: nil, headers: Self.asking + [("origin", origin)])
            #expect(asked.status == 405)
        }
    }

    @Test func onlyOriginsCanBeConfigured() {
        for right in ["https://app.example", "http://localhost:3000", "http://[::1]:1"] {
            #expect(HTTPServer.Configuration.isOrigin(right), "\(right)")
        }
        for wrong in ["*", "app.example", "https://app.example/", "https://", "ftp://a", "https://a/b", ""] {
            #expect(!HTTPServer.Configuration.isOrigin(wrong), "\(wrong)")
        }
    }
}
