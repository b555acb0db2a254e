import FoundationEssentials
import Logging
import Testing
import WeftFormats
import WeftModel
import WeftWire
import WeftWorker

/// The worker as it is shipped: its own key, blob files, sandbox and clocks; only the coordinator is scripted.
@Suite struct WholeWorkerTests {
    private func withWorker(_ body: (CoordinatorEnd, TemporaryDirectory) async throws -> Void) async throws {
        let directory = try TemporaryDirectory()
        let switchboard = Switchboard()
        let worker = try await Worker.open(
            WorkerConfiguration(cpuMillis: 4000, memoryBytes: 4 << 30, diskBytes: 4 << 30),
            in: try DataDirectory(path: directory.path + "/data"), logger: Logger(label: "test") { _ in SilentLog() },
            connect: { await switchboard.dial() })
        let running = Task { try await worker.run() }
        let end = CoordinatorEnd(await switchboard.accept(), SigningIdentity())
        try await end.letIn()
        let result: Result<Void, any Error>
        do { result = .success(try await body(end, directory)) } catch { result = .failure(error) }
        running.cancel()
        _ = await running.result
        try result.get()
    }

    @Test func aProgramFromABlobRunsBehindTheWallAndItsOutputsComeBack() async throws {
        try await withWorker { end, directory in
            let script = Array("#!/bin/sh\ncat; id -u; printf made > out/file; echo gone >&2\n".utf8)
            try await end.assign(
                order(
                    1, ["./run"],
                    inputs: [
                        .init(path: "run", source: .blob(Hashing.sha256(script)), isExecutable: true),
                        .init(path: "out/keep", source: .inline([])),
                    ],
                    outputs: [Output(path: "out/file"), Output(path: "nothing")],
                    standardInput: .inline(Array("said\n".utf8)), isolation: .process))
            let request = try await end.next { if case .blobRequest(let wire) = $0.body { wire } else { nil } }
            var data = Weft_Wire_V1_BlobData()
            data.request = request.request
            data.totalBytes = UInt64(script.count)
            data.bytes = Data(script)
            try await end.send(Message(.blobData(data)))
            let report = try await end.finished()
            let completion = try #require(report.completion, "\(report.outcome)")
            #expect(completion.exitStatus == 0)
            #expect(report.standardOutputText?.hasPrefix("said\n") == true)
            #expect(report.standardOutputText != "said\n0\n", "it must not run as root")
            #expect(completion.outputs.map(\.path) == ["out/file", "nothing"])
            let made = try #require(completion.outputs[0].blob)
            #expect(report.inlineBlobs[made.digest] == Array("made".utf8))
            #expect(completion.outputs[1].blob == nil)
            #expect((report.usage?.wallMicroseconds ?? 0) > 0)
            try await end.acknowledge(report.attempt)
        }
    }

    @Test(.timeLimit(.minutes(1))) func revokingEndsARealPayloadAndClearsItsPlace() async throws {
        try await withWorker { end, directory in
            try await end.assign(
                order(1, ["sh", "-c", "echo left > here; echo up; sleep 1000 & sleep 1000"], isolation: .process))
            try await end.next { if case .log(let chunk) = $0.body, !chunk.bytes.isEmpty { () } else { nil } }
            try await end.revoke(attempt(1))
            #expect(try await end.finished().failureKind == .refused)
            while try !directory.names(in: "data/work").isEmpty { await Task.yield() }
        }
    }

    @Test func manySmallAttemptsAllComeBack() async throws {
        try await withWorker { end, _ in
            let count = 200
            for number in 1...count { try await end.assign(order(UInt64(number), ["true"], isolation: .process)) }
            var done: Set<AttemptID> = []
            while done.count < count {
                let report = try await end.finished()
                #expect(report.completion?.exitStatus == 0)
                done.insert(report.attempt)
                try await end.acknowledge(report.attempt)
            }
        }
    }
}
