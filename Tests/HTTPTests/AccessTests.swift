import NIOHTTP1
import Synchronization
import Testing
import WeftFormats
import WeftHTTP
import WeftModel

@Suite struct AccessTests {
    /// Method, path, and the roles that may use it. What they get is not 401 or 403.
    private static let routes: [(HTTPMethod, String, Set<String>)] = {
        let readers: Set<String> = ["viewer", "submitter", "admin"]
        let writers: Set<String> = ["submitter", "admin"]
        let digest = "sha256:" + String(repeating: "0", count: 64)
        return [
            (.GET, "/api/v1/jobs", readers), (.GET, "/api/v1/jobs/1", readers), (.GET, "/api/v1/jobs/1/spec", readers),
            (.GET, "/api/v1/jobs/1/tasks", readers), (.GET, "/api/v1/jobs/1/tasks/0", readers),
            (.GET, "/api/v1/jobs/1/tasks/0/receipt", readers), (.GET, "/api/v1/jobs/1/tasks/0/stdout", readers),
            (.GET, "/api/v1/jobs/1/tasks/0/stderr", readers), (.GET, "/api/v1/jobs/1/tasks/0/outputs/a/b", readers),
            (.GET, "/api/v1/jobs/1/logs", readers), (.GET, "/api/v1/jobs/1/results", readers),
            (.GET, "/api/v1/jobs/1/explain", readers), (.GET, "/api/v1/nodes", readers),
            (.GET, "/api/v1/nodes/n", readers), (.GET, "/api/v1/stats", readers), (.GET, "/api/v1/events", readers),
            (.GET, "/api/v1/whoami", readers), (.GET, "/api/v1/version", readers),
            (.GET, "/api/v1/schema/job", readers), (.GET, "/api/v1/log", readers),
            (.GET, "/api/v1/log/head", readers),
            (.GET, "/api/v1/log/consistency?from=0", readers), (.GET, "/api/v1/log/tiles/0/0", readers),
            (.GET, "/api/v1/jobs/1/tasks/0/log-proof", readers), (.GET, "/api/v1/blobs/\(digest)", readers),
            (.HEAD, "/api/v1/blobs/\(digest)", readers), (.GET, "/metrics", readers), (.POST, "/api/v1/jobs", writers),
            (.POST, "/api/v1/blobs", writers), (.PUT, "/api/v1/blobs/\(digest)", writers),
            (.POST, "/api/v1/nodes/n/drain", ["admin"]), (.GET, "/api/v1/tokens", ["admin"]),
            (.GET, "/api/v1/credits", writers), (.GET, "/api/v1/credits/issuance", ["admin"]),
            (.GET, "/api/v1/credits/submitter:x/statement", ["admin"]), (.POST, "/api/v1/credits/grants", ["admin"]),
            (.GET, "/api/v1/webhooks", writers), (.POST, "/api/v1/webhooks", writers),
            (.GET, "/api/v1/webhooks/x", writers), (.DELETE, "/api/v1/webhooks/x", writers),
            (.POST, "/api/v1/webhooks/x/test", writers), (.POST, "/api/v1/tokens", ["admin"]),
            (.DELETE, "/api/v1/tokens/x", ["admin"]),
            (.GET, "/stats", readers), (.POST, "/submit_job", writers), (.GET, "/job_status?id=1", readers),
            (.GET, "/results?id=1", readers),
        ]
    }()

    @Test func everyRouteIsOnlyForItsRoles() async throws {
        try await withServer { server in
            for (method, path, roles) in Self.routes {
                for role in [nil, "unknown", "worker", "viewer", "submitter", "admin"] {
                    let answer = try await server.call(method, path, as: role)
                    let expected = role == nil || role == "unknown" ? 401 : 403
                    if let role, roles.contains(role) {
                        #expect(answer.status != 401 && answer.status != 403, "\(method) \(path) as \(role)")
                    } else {
                        #expect(answer.status == expected, "\(method) \(path) as \(role ?? "nobody")")
                    }
                    if answer.status == 401 { #expect(answer.headers["www-authenticate"].first != nil) }
                }
            }
        }
    }

    @Test func healthNeedsNoToken() async throws {
        try await withServer { server in
            #expect(try await server.call(.GET, "/healthz", as: nil).text == "ok\n")
            #expect(try await server.call(.GET, "/readyz", as: nil).status == 200)
            server.service.state.withLock { $0.isReady = false }
            let answer = try await server.call(.GET, "/readyz", as: nil)
            #expect(answer.status == 503)
            #expect(try answer.problem().detail == "the journal is being read")
        }
    }

    @Test func basicCredentialsCarryTheTokenAsPassword() async throws {
        try await withServer { server in
            // any:viewer-secret
            let headers = [("authorization", "Basic YW55OnZpZXdlci1zZWNyZXQ=")]
            #expect(try await server.call(.GET, "/api/v1/whoami", as: nil, headers: headers).status == 200)
            for broken in ["Basic !!", "Basic", "Bearer", "Digest x", "Bearer  "] {
                let answer = try await server.call(
                    .GET, "/api/v1/whoami", as: nil, headers: [("authorization", broken)])
                #expect(answer.status == 401, "\(broken)")
            }
        }
    }

    @Test func metricsCanBeOpened() async throws {
        try await withServer(FakeService(), configured { $0.metricsAreOpen = true }) { server in
            let answer = try await server.call(.GET, "/metrics", as: nil)
            #expect(answer.headers["content-type"] == ["text/plain; version=0.0.4; charset=utf-8"])
            #expect(answer.text.contains("# TYPE weft_tasks_ended_total counter\nweft_tasks_ended_total 7\n"))
            #expect(answer.text.contains("# HELP process_resident_memory_bytes "))
            let names = answer.text.split(separator: "\n").filter { !$0.hasPrefix("#") }
                .map { $0.prefix { $0 != " " && $0 != "{" } }
            for name in names { #expect(answer.text.contains("# TYPE \(name) ")) }
        }
    }

    @Test func metricsTellWhetherTheCoordinatorIsReadyAndHowFullItsDiskIs() async throws {
        let configuration = configured {
            $0.metricsAreOpen = true
            $0.dataDirectory = "/"
        }
        try await withServer(FakeService(), configuration) { server in
            func value(_ name: String) async throws -> Double? {
                let lines = try await server.call(.GET, "/metrics", as: nil).text.split(separator: "\n")
                return lines.first { $0.hasPrefix("\(name) ") }.flatMap { Double($0.dropFirst(name.count + 1)) }
            }
            #expect(try await value("weft_ready") == 1)
            #expect(try await value("weft_tasks_failed_total") == 2)
            #expect(try await value("weft_journal_commit_seconds_total") == 0.25)
            #expect(try await value("weft_log_entries") == 9)
            #expect(try await value("weft_log_minimum_index") == 4)
            let size = try #require(try await value("weft_data_size_bytes"))
            let available = try #require(try await value("weft_data_available_bytes"))
            #expect(size > 0 && available <= size)
            server.service.state.withLock { $0.isReady = false }
            #expect(try await value("weft_ready") == 0)
        }
    }

    @Test func submittersCancelOnlyTheirOwnJobs() async throws {
        try await withServer { server in
            let job = try await server.submitted(as: "submitter")
            let path = "/api/v1/jobs/\(job.id)"
            #expect(try await server.call(.POST, path + "/cancel", as: "other").status == 403)
            #expect(try await server.call(.POST, path + "/cancel", as: "viewer").status == 403)
            // A job that is cancelled is not gone, so nothing here is called a deletion.
            #expect(try await server.call(.DELETE, path, as: "admin").status == 405)
            let mine = try await server.call(.POST, path + "/cancel", as: "submitter")
            #expect(try mine.json(JobView.self).state == .cancelled)
            let second = try await server.submitted(as: "submitter")
            #expect(try await server.call(.POST, "/api/v1/jobs/\(second.id)/cancel", as: "admin").status == 200)
        }
    }

    @Test(arguments: ["evil.example", "localhost.evil.example", "127.0.0.1@evil", "192.168.0.9", "", "[::1", "a:b:c"])
    func unknownHostsAreRefused(host: String) async throws {
        try await withServer { server in
            let text = try await server.raw(
                "GET /healthz HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n", until: "\r\n\r\n")
            #expect(text.hasPrefix("HTTP/1.1 421") || text.hasPrefix("HTTP/1.1 400"), "\(text)")
        }
    }

    @Test func ownNamesAreAccepted() async throws {
        try await withServer(FakeService(), configured { $0.publicHosts = ["Weft.Example.org"] }) { server in
            for host in ["localhost", "LOCALHOST:99", "[::1]:1", "weft.example.org", "weft.example.org.:443"] {
                let text = try await server.raw(
                    "GET /healthz HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n", until: "ok\n")
                #expect(text.hasPrefix("HTTP/1.1 200"), "\(host)")
            }
            let two = try await server.raw(
                "GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\nConnection: close\r\n\r\n",
                until: "\r\n\r\n")
            #expect(two.hasPrefix("HTTP/1.1 400"))
            let none = try await server.raw("GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n", until: "\r\n\r\n")
            #expect(none.hasPrefix("HTTP/1.1 400"))
        }
    }

    @Test func foreignPagesCannotChangeAnything() async throws {
        try await withServer { server in
            for origin in ["http://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1:\(server.port)x"] {
                let answer = try await server.call(
                    .POST, "/api/v1/jobs", headers: [("origin", origin)], body: Running.job)
                #expect(answer.status == 403, "\(origin)")
                #expect(answer.headers["access-control-allow-origin"].isEmpty)
            }
            let site = try await server.call(
                .POST, "/api/v1/jobs", headers: [("sec-fetch-site", "cross-site")], body: Running.job)
            #expect(site.status == 403)
            let own = try await server.call(
                .POST, "/api/v1/jobs", headers: [("origin", server.base)], body: Running.job)
            #expect(own.status == 201)
        }
    }
}
