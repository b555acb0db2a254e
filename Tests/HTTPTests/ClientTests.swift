import Foundation
import NIOHTTP1
import Testing
import WeftClient
import WeftFormats
import WeftHTTP
import WeftModel

@Suite struct ClientTests {
    private func withClient<Value: Sendable>(
        _ service: FakeService = FakeService(), role: String = "admin",
        _ body: @escaping @Sendable (WeftClient, Running) async throws -> Value
    ) async throws -> Value {
        try await withServer(service) { server in
            try await WeftClient.with(server.base, token: role + "-secret") { try await body($0, server) }
        }
    }

    private func withFolder<Value>(_ body: (URL) async throws -> Value) async throws -> Value {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("weft-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try await body(folder)
    }

    @Test func jobsAreSubmittedWaitedForAndCancelled() async throws {
        try await withClient { client, server in
            let yaml = Array("name: n\ncommand: [echo, hi]\nlabels: {k: v}\n".utf8)
            let (job, created) = try await client.submit(yaml, format: .yaml, idempotencyKey: "once")
            #expect(created)
            #expect(try await client.submit(yaml, format: .yaml, idempotencyKey: "once").created == false)
            async let ended = client.wait(for: job.id)
            await server.service.aSubscriber()
            server.service.end(job.id, .succeeded)
            #expect(try await ended.state == .succeeded)
            #expect(try await client.jobs(states: [.succeeded], labels: ["k": "v"]).items.map(\.id) == [job.id])
            let spec = try JobSpec.parse(yamlOrJSON: await client.spec(of: job.id))
            #expect(spec.name == "n")
            let second = try await client.submit(spec)
            #expect(try await client.cancel(second.job.id).state == .cancelled)
            let third = try await client.submit(Array(Running.job.utf8), format: .json)
            #expect(try await client.wait(for: third.job.id, atMost: .milliseconds(30)).state == .waiting)
        }
    }

    @Test func everythingElseHasATypedCall() async throws {
        try await withClient { client, server in
            let job = try await client.submit(Array(Running.job.utf8), format: .json).job
            let id = TaskID(job: job.id, index: 0)
            let output = try await client.upload(Array("out".utf8))
            server.service.state.withLock {
                $0.tasks[id] = TaskView(
                    id: id, state: .succeeded,
                    completion: Completion(
                        exitStatus: 0, standardOutput: output, outputs: [OutputFile(path: "a b/ü", blob: output)]))
            }
            #expect(try await client.tasks(of: job.id, states: [.succeeded], withAttempts: true).items.count == 1)
            #expect(try await client.results(of: job.id).items.map(\.index) == [0])
            #expect(try await client.task(id).state == .succeeded)
            #expect(try await client.standardOutput(of: id) == Array("out".utf8))
            #expect(try await client.standardError(of: id).isEmpty)
            #expect(try await client.output("a b/ü", of: id) == Array("out".utf8))
            #expect(try await client.receipt(of: id).first == UInt8(ascii: "{"))
            #expect(try await client.explain(job.id, task: 0).kind == .notNow)
            #expect(try await client.nodes().isEmpty)
            #expect(try await client.stats().tasksEnded == 7)
            #expect(try await client.whoami().role == .admin)
            #expect(try await client.version().version == "1.2.3")
            #expect(try await client.metrics().contains("weft_build_info"))
            #expect(try await client.jobSchema().first == UInt8(ascii: "{"))
            #expect(try await client.readiness() == nil)
            #expect(try await client.createToken(name: "x y".filter { $0 != " " }, role: .worker).secret != nil)
            #expect(try await client.tokens().map(\.name) == ["xy"])
            try await client.revokeToken(name: "xy")
            server.service.state.withLock { $0.isReady = false }
            #expect(try await client.readiness() == "the journal is being read")
        }
    }

    @Test func filesGoUpAndComeDownWhole() async throws {
        try await withClient { client, server in
            try await withFolder { folder in
                let source = folder.appendingPathComponent("in").path
                let bytes = Data((0..<900_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
                try bytes.write(to: URL(fileURLWithPath: source))
                let blob = try await client.upload(file: source)
                #expect(blob.sizeBytes == 900_000)
                // Known by now: nothing is sent.
                #expect(try await client.upload(file: source) == blob)
                let target = folder.appendingPathComponent("out").path
                try await client.download(blob.digest, to: target)
                #expect(try Data(contentsOf: URL(fileURLWithPath: target)) == bytes)
                #expect(try await client.blob(blob.digest, limit: 1_000_000) == Array(bytes))
                // Damage on the way is found, and no file is left.
                server.service.memory.blobs.withLock { $0[blob.digest] = [1, 2, 3] }
                let third = folder.appendingPathComponent("third").path
                await #expect(throws: ClientError.self) { try await client.download(blob.digest, to: third) }
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["in", "out"])
                await #expect(throws: ClientError.self) { _ = try await client.upload(file: "/nonexistent") }
            }
        }
    }

    @Test func eventStreamsGoOnAfterAnInterruption() async throws {
        try await withClient { client, server in
            server.service.publish(.jobMoved, job: JobID(1))
            var events = client.events(after: "0", kinds: [.jobMoved]).makeAsyncIterator()
            #expect(try await events.next()?.id == "1")
            server.service.dropSubscribers()
            server.service.publish(.jobMoved, job: JobID(2))
            #expect(try await events.next()?.id == "2")
            #expect(try await client.keptEvents(after: "1").items.map(\.id) == ["2"])
        }
    }

    @Test func logsEndWithTheirTask() async throws {
        let service = FakeService()
        let piece = LogPiece(task: "1.0", attempt: "a", stream: .stderr, offset: 0, dropped: 0, bytes: "aGk=")
        service.state.withLock { $0.logs = [piece, piece] }
        try await withClient(service) { client, _ in
            let job = try await client.submit(Array(Running.job.utf8), format: .json).job
            var seen: [LogPiece] = []
            for try await piece in client.logs(of: job.id, task: 0) { seen.append(piece) }
            #expect(seen == [piece, piece])
        }
    }

    @Test func refusalsSayWhatIsWrong() async throws {
        try await withClient(role: "viewer") { client, _ in
            let refused = await #expect(throws: ClientError.self) {
                _ = try await client.submit(Array(Running.job.utf8), format: .json)
            }
            #expect(refused?.status == 403)
            #expect(refused?.description.contains("submitter") == true)
            let missing = await #expect(throws: ClientError.self) { _ = try await client.job(JobID(9)) }
            #expect(missing?.description == "no job 9")
        }
        try await withClient { client, _ in
            let invalid = await #expect(throws: ClientError.self) {
                _ = try await client.submit(Array(#"{"command":[],"retries":-1}"#.utf8), format: .json)
            }
            #expect(invalid?.status == 422)
            #expect(invalid?.description.contains("retries") == true)
        }
    }

    @Test func aServerThatIsNotThereIsSaidSo() async throws {
        let port = try await withServer { $0.port }
        let error = await #expect(throws: ClientError.self) {
            try await WeftClient.with("http://127.0.0.1:\(port)", token: nil) { _ = try await $0.stats() }
        }
        #expect(error?.description.contains("weft up") == true)
        #expect(error?.description.contains("connection refused") == true)
        for address in ["", "localhost:1", "ftp://x", "http://", "http://u:p@x"] {
            #expect(throws: ClientError.badAddress(address)) { _ = try WeftClient(baseURL: address, token: nil) }
        }
    }

    @Test func tlsIsSpokenAndChecked() async throws {
        try await Certificate.withFiles { tls in
            try await withServer(tls: tls) { server in
                let roots = WeftClient.TrustRoots.file(tls.certificateChainFile)
                try await WeftClient.with(server.base, token: "admin-secret", trustRoots: roots) { client in
                    #expect(try await client.whoami().name == "a")
                }
                let error = await #expect(throws: ClientError.self) {
                    try await WeftClient.with(server.base, token: "admin-secret") { _ = try await $0.whoami() }
                }
                guard case .untrusted = error else {
                    Issue.record("\(String(describing: error))")
                    return
                }
            }
        }
    }
}
