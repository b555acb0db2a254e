import NIOHTTP1
import Testing
import WeftFormats
import WeftHTTP
import WeftModel

/// The dashboard's files, and the log of receipts.
@Suite struct PageTests {
    @Test func theDashboardIsThereWithoutATokenAndMayLoadItselfOnly() async throws {
        try await withServer { server in
            let page = try await server.call(.GET, "/", as: nil)
            #expect(page.status == 200)
            #expect(page.headers["content-type"] == ["text/html; charset=utf-8"])
            let policy = try #require(page.headers["content-security-policy"].first)
            #expect(policy.contains("default-src 'none'") && policy.contains("script-src 'self'"))
            #expect(!policy.contains("unsafe"))
            // Everything that it names is there, and of the right type.
            for part in page.text.split(separator: "\"") where part.contains("/") || part.hasSuffix(".svg") {
                guard part.hasSuffix(".js") || part.hasSuffix(".css") || part.hasSuffix(".svg") else { continue }
                let file = try await server.call(.GET, "/" + part, as: nil)
                #expect(file.status == 200, "\(part)")
                #expect(file.headers["x-content-type-options"] == ["nosniff"])
            }
            #expect(try await server.call(.GET, "/js/none.js", as: nil).status == 404)
            #expect(try await server.call(.GET, "/js/../js/app.js", as: nil).status == 404)
            #expect(try await server.call(.POST, "/", as: nil).status == 405)
        }
    }

    @Test func whatTheBrowserHasIsNotSentAgain() async throws {
        try await withServer { server in
            let first = try await server.call(.GET, "/js/app.js", as: nil)
            let tag = try #require(first.headers["etag"].first)
            let second = try await server.call(.GET, "/js/app.js", as: nil, headers: [("if-none-match", tag)])
            #expect(second.status == 304 && second.bytes.isEmpty)
        }
    }

    @Test func theLogIsServed() async throws {
        try await withServer { server in
            #expect(try await server.call(.GET, "/api/v1/log").text == #"{"minimum_index":4,"size":9}"#)
            let head = try await server.call(.GET, "/api/v1/log/head")
            #expect(head.text == "head")
            #expect(head.headers["content-type"] == ["application/vnd.weft.tree-head+json"])
            #expect(try await server.call(.GET, "/api/v1/log/consistency?from=17").text == "from 17")
            #expect(try await server.call(.GET, "/api/v1/log/consistency").status == 400)
            #expect(try await server.call(.GET, "/api/v1/log/consistency?from=-1").status == 400)
            #expect(try await server.call(.GET, "/api/v1/log/tiles/2/0").bytes == [UInt8](repeating: 2, count: 32))
            for path in ["2/1", "8/0", "-1/0", "0/x", "0/18446744073709551615"] {
                #expect(try await server.call(.GET, "/api/v1/log/tiles/" + path).status == 404, "\(path)")
            }
        }
    }
}
