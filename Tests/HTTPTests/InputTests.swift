import NIOCore
import NIOHTTP1
import Testing
import WeftFormats
import WeftModel

@Suite struct InputTests {
    @Test func everyErrorIsAProblemDocument() async throws {
        try await withServer { server in
            let cases: [(HTTPMethod, String, String?, Int)] = [
                (.GET, "/nowhere", nil, 404), (.GET, "/api/v1/jobs/99", nil, 404), (.GET, "/api/v1/jobs/x", nil, 404),
                (.GET, "/api/v1/jobs/1/tasks/-1", nil, 404), (.PATCH, "/api/v1/jobs", nil, 405),
                (.POST, "/healthz", nil, 405), (.OPTIONS, "/api/v1/jobs", nil, 405),
                (.GET, "/api/v1/blobs/sha256:12", nil, 400), (.POST, "/api/v1/jobs", "{", 422),
                (.POST, "/api/v1/jobs", "{}", 422), (.POST, "/api/v1/tokens", "[]", 422),
                (.POST, "/api/v1/tokens", #"{"name":"a/b","role":"viewer"}"#, 422),
                (.POST, "/api/v1/tokens", #"{"name":"a","role":"king"}"#, 422), (.GET, "/api/v1//jobs", nil, 404),
                (.GET, "/api/v1/jobs/../jobs", nil, 404), (.GET, "/api/v1/jobs?limit=0", nil, 400),
                (.GET, "/api/v1/jobs?limit=1001", nil, 400), (.GET, "/api/v1/jobs?state=nice", nil, 400),
                (.GET, "/api/v1/jobs?label=x", nil, 400), (.GET, "/api/v1/jobs?cursor=x", nil, 400),
                (.GET, "/api/v1/jobs?limit=1&limit=2", nil, 400), (.GET, "/api/v1/jobs?submitter=%zz", nil, 400),
                (.GET, "/api/v1/jobs/1?wait=soon", nil, 404), (.GET, "/api/v1/events?job=x", nil, 400),
                (.GET, "/api/v1/events?kind=x", nil, 400), (.DELETE, "/api/v1/tokens/nobody", nil, 404),
            ]
            for (method, path, body, status) in cases {
                let answer = try await server.call(method, path, body: body)
                #expect(answer.status == status, "\(method) \(path) gave \(answer.status) \(answer.text)")
                #expect(answer.headers["content-type"] == ["application/problem+json"], "\(method) \(path)")
                let problem = try answer.problem()
                #expect(problem.status == status)
                #expect(problem.type.hasPrefix("/problems/"))
                #expect(problem.requestID == answer.headers["x-request-id"].first)
                #expect(answer.headers["x-content-type-options"] == ["nosniff"])
                if status == 405 { #expect(answer.headers["allow"].first != nil) }
            }
        }
    }

    @Test func unknownQueryParametersAreNamed() async throws {
        try await withServer { server in
            let answer = try await server.call(.GET, "/api/v1/jobs?limt=3&state=running&x=1")
            #expect(answer.status == 400)
            #expect(try answer.problem().errors?.map(\.field) == ["limt", "x"])
            #expect(try await server.call(.GET, "/api/v1/stats?a=b").status == 400)
        }
    }

    @Test func requestIdentitiesComeBack() async throws {
        try await withServer { server in
            let kept = try await server.call(.GET, "/healthz", headers: [("x-request-id", "abc-1.2:3_x")])
            #expect(kept.headers["x-request-id"] == ["abc-1.2:3_x"])
            let replaced = try await server.call(.GET, "/healthz", headers: [("x-request-id", "a b<script>")])
            #expect(replaced.headers["x-request-id"].first?.count == 16)
        }
    }

    @Test func jobsComeAsJSONOrYAMLAndNothingElse() async throws {
        try await withServer { server in
            let yaml = try await server.call(
                .POST, "/api/v1/jobs", headers: [("content-type", "application/yaml; charset=utf-8")],
                body: "name: y\ncommand: [echo, hi]\nlabels: {a: b}\n")
            #expect(yaml.status == 201)
            #expect(try yaml.json(JobView.self).labels == ["a": "b"])
            let xml = try await server.call(
                .POST, "/api/v1/jobs", headers: [("content-type", "application/xml")], body: "<a/>")
            #expect(xml.status == 415)
            let form = try await server.call(
                .POST, "/api/v1/tokens", headers: [("content-type", "application/x-www-form-urlencoded")], body: "a=b")
            #expect(form.status == 415)
        }
    }

    @Test func bodiesAboveTheirLimitAreRefused() async throws {
        try await withServer(
            FakeService(),
            {
                $0.limits.specBytes = 1000
                $0.limits.blobBytes = 2000
            }
        ) { server in
            let large = String(repeating: " ", count: 1001)
            #expect(try await server.call(.POST, "/api/v1/jobs", body: large).status == 413)
            let bytes = [UInt8](repeating: 1, count: 2001)
            #expect(try await server.call(.POST, "/api/v1/blobs", bytes: bytes).status == 413)
            #expect(try await server.call(.POST, "/api/v1/blobs", bytes: Array(bytes.dropLast())).status == 201)
            // Without a declared length, too; and the connection goes on.
            let chunk = "400\r\n" + String(repeating: "x", count: 0x400) + "\r\n"
            let text = try await server.raw(
                "POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer admin-secret\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n\(chunk)\(chunk)0\r\n\r\n"
                    + "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", until: "ok\n")
            #expect(text.hasPrefix("HTTP/1.1 413"))
            #expect(text.contains("HTTP/1.1 200"))
        }
    }

    @Test func clientsThatWaitForContinueGetIt() async throws {
        try await withServer { server in
            let channel = try await server.connect()
            try await channel.executeThenClose { inbound, outbound in
                var iterator = inbound.makeAsyncIterator()
                let head =
                    "POST /api/v1/blobs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer admin-secret\r\n"
                    + "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n"
                try await outbound.write(ByteBuffer(string: head))
                let first = try await iterator.next().map { String(buffer: $0) } ?? ""
                #expect(first.hasPrefix("HTTP/1.1 100"))
                try await outbound.write(ByteBuffer(string: "abc"))
                let second = try await iterator.next().map { String(buffer: $0) } ?? ""
                #expect(second.hasPrefix("HTTP/1.1 201"))
            }
            // Who may not send is told so before the body.
            let refused = try await server.raw(
                "POST /api/v1/blobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n",
                until: "\r\n\r\n")
            #expect(refused.hasPrefix("HTTP/1.1 401"))
        }
    }

    @Test func tokensAreMadeListedAndRevoked() async throws {
        try await withServer { server in
            let made = try await server.call(
                .POST, "/api/v1/tokens", body: #"{"name":"ci","role":"submitter"}"#)
            #expect(made.status == 201)
            #expect(made.headers["cache-control"] == ["no-store"])
            #expect(try made.json(TokenView.self).secret == "s3cret")
            #expect(
                try await server.call(.POST, "/api/v1/tokens", body: #"{"name":"ci","role":"viewer"}"#).status == 409)
            let list = try await server.call(.GET, "/api/v1/tokens")
            #expect(!list.text.contains("s3cret"))
            #expect(try await server.call(.DELETE, "/api/v1/tokens/ci").status == 204)
        }
    }
}
