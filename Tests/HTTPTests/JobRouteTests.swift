import NIOCore
import NIOHTTP1
import Synchronization
import Testing
import WeftFormats
import WeftHTTP
import WeftModel

@Suite struct JobRouteTests {
    @Test func aKeyThatWasUsedAnswersWithTheFirstJob() async throws {
        try await withServer { server in
            let first = try await server.call(
                .POST, "/api/v1/jobs", headers: [("idempotency-key", "k1")], body: Running.job)
            #expect(first.status == 201)
            #expect(first.headers["location"] == ["/api/v1/jobs/1"])
            // The header wins over the document.
            let again = try await server.call(
                .POST, "/api/v1/jobs", headers: [("idempotency-key", "k1")],
                body: #"{"name":"t","command":["true"],"idempotency_key":"k2"}"#)
            #expect(again.status == 200)
            #expect(try again.json(JobView.self).id == JobID(1))
            let bad = try await server.call(
                .POST, "/api/v1/jobs", headers: [("idempotency-key", "a b")], body: Running.job)
            #expect(bad.status == 400)
        }
    }

    @Test func aJobBelongsToTheSpanOfItsSubmitter() async throws {
        let span = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        try await withServer { server in
            for (sent, kept) in [(span, span), ("00-nothing", nil)] {
                let answer = try await server.call(
                    .POST, "/api/v1/jobs", headers: [("traceparent", sent)], body: Running.job)
                #expect(try answer.json(JobView.self).traceparent == kept)
            }
        }
    }

    @Test func pagesLeadToTheEnd() async throws {
        try await withServer { server in
            for _ in 0..<5 { _ = try await server.submitted() }
            var seen: [JobID] = []
            var cursor = ""
            repeat {
                let page = try await server.call(.GET, "/api/v1/jobs?limit=2\(cursor)").json(Page<JobView>.self)
                seen += page.items.map(\.id)
                cursor = page.next.map { "&cursor=\($0)" } ?? ""
            } while !cursor.isEmpty
            #expect(seen == [5, 4, 3, 2, 1].map { JobID($0) })
            // The value begins with a mark that combines with the `=`.
            #expect(try await server.call(.GET, "/api/v1/jobs?label=a=%CC%81").status == 200)
            let none = try await server.call(.GET, "/api/v1/jobs?submitter=x&state=running,failed")
            #expect(try none.json(Page<JobView>.self).items.isEmpty)
        }
    }

    @Test func waitingReturnsWhenTheJobEnds() async throws {
        try await withServer { server in
            let job = try await server.submitted()
            async let answer = server.call(.GET, "/api/v1/jobs/\(job.id)?wait=20s")
            await server.service.aSubscriber()
            server.service.publish(.jobMoved, job: job.id, jobState: .running)
            server.service.end(job.id, .succeeded)
            #expect(try await answer.json(JobView.self).state == .succeeded)
            let late = try await server.call(.GET, "/api/v1/jobs/\(job.id)?wait=20s")
            #expect(try late.json(JobView.self).state == .succeeded)
        }
    }

    @Test func waitingEndsWithItsTime() async throws {
        try await withServer { server in
            let job = try await server.submitted()
            let answer = try await server.call(.GET, "/api/v1/jobs/\(job.id)?wait=30ms")
            #expect(try answer.json(JobView.self).state == .waiting)
        }
    }

    @Test(.timeLimit(.minutes(1))) func aWaitEndsWithItsConnectionAlsoTheSecondOnIt() async throws {
        try await withServer(FakeService(), configured { $0.limits.streams = 1 }) { server in
            let job = try await server.submitted()
            @Sendable func wait(_ time: String) -> String { "/api/v1/jobs/\(job.id)?wait=\(time)" }
            @Sendable func request(_ time: String) -> ByteBuffer {
                ByteBuffer(
                    string: "GET \(wait(time)) HTTP/1.1\r\nHost: localhost\r\n"
                        + "Authorization: Bearer viewer-secret\r\n\r\n")
            }
            try await server.connect().executeThenClose { inbound, outbound in
                var answers = inbound.makeAsyncIterator()
                try await outbound.write(request("10ms"))
                #expect(try await answers.next() != nil)
                let count = server.service.state.withLock { $0.subscribers.count }
                try await outbound.write(request("60s"))
                await server.service.aSubscriber(after: count)
                #expect(try await server.call(.GET, wait("10ms")).status == 429)
            }
            while try await server.call(.GET, wait("10ms")).status != 200 {}
        }
    }

    @Test func unchangedJobsAreNotSentAgain() async throws {
        try await withServer { server in
            let job = try await server.submitted()
            let first = try await server.call(.GET, "/api/v1/jobs/\(job.id)")
            let tag = try #require(first.headers["etag"].first)
            let same = try await server.call(.GET, "/api/v1/jobs/\(job.id)", headers: [("if-none-match", tag)])
            #expect(same.status == 304)
            #expect(same.bytes.isEmpty)
            server.service.end(job.id, .failed)
            let changed = try await server.call(.GET, "/api/v1/jobs/\(job.id)", headers: [("if-none-match", tag)])
            #expect(changed.status == 200)
        }
    }

    @Test func outputsAreStreamedFromTheAgreedAnswer() async throws {
        let service = FakeService()
        let output = try await service.memory.put(Array("result".utf8))
        let printed = try await service.memory.put(Array("hello\n".utf8))
        try await withServer(service) { server in
            let job = try await server.submitted()
            let id = TaskID(job: job.id, index: 0)
            service.state.withLock {
                $0.tasks[id] = TaskView(id: id, state: .running)
                $0.tasks[TaskID(job: job.id, index: 1)] = TaskView(
                    id: TaskID(job: job.id, index: 1), state: .failed, verdict: .disagreed)
            }
            let base = "/api/v1/jobs/\(job.id)/tasks/0"
            #expect(try await server.call(.GET, base + "/stdout").status == 409)
            #expect(try await server.call(.GET, "/api/v1/jobs/\(job.id)/tasks/1/stdout").status == 404)
            service.state.withLock {
                $0.tasks[id]?.state = .succeeded
                $0.tasks[id]?.completion = Completion(
                    exitStatus: 0, standardOutput: printed,
                    outputs: [OutputFile(path: "out/a b.txt", blob: output), OutputFile(path: "no", blob: nil)])
            }
            #expect(try await server.call(.GET, base + "/stdout").text == "hello\n")
            let empty = try await server.call(.GET, base + "/stderr")
            #expect(empty.status == 200 && empty.bytes.isEmpty)
            #expect(try await server.call(.GET, base + "/outputs/out/a%20b.txt").text == "result")
            #expect(try await server.call(.GET, base + "/outputs/no").status == 404)
            #expect(try await server.call(.GET, base + "/outputs/out").status == 404)
            let receipt = try await server.call(.GET, base + "/receipt")
            #expect(receipt.headers["content-type"] == ["application/vnd.weft.receipt+json"])
            let results = try await server.call(.GET, "/api/v1/jobs/\(job.id)/results").json(Page<TaskView>.self)
            #expect(results.items.map(\.index) == [0])
            let explained = try await server.call(.GET, "/api/v1/jobs/\(job.id)/explain?task=3")
            #expect(try explained.json(Explanation.self).summary.contains("task 3"))
        }
    }
}
