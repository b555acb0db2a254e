import Foundation
import Glibc
import LocalCluster
import Testing
import WeftClient
import WeftFormats
import WeftModel

/// An owner's commands, through the real programs.
@Suite(.serialized) struct OwnerTests {
    /// A number that no other process has in its command line.
    private static func marker() -> String { "1" + String(UInt64.random(in: 100_000_000...999_999_999)) }

    private static func isRunning(_ marker: String) -> Bool {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.contains { name in
            guard Int(name) != nil, let line = FileManager.default.contents(atPath: "/proc/\(name)/cmdline") else {
                return false
            }
            return String(decoding: line, as: UTF8.self).hasPrefix("sleep\0\(marker)\0")
        }
    }

    private func running(_ client: WeftClient, _ job: JobID) async throws -> Bool {
        try await client.tasks(of: job, withAttempts: true).items.first?.attempts?.contains { $0.state == .running }
            ?? false
    }

    private func state(_ client: WeftClient, _ name: String) async throws -> NodeView? {
        try await client.nodes().first { $0.name == name }
    }

    @Test(.timeLimit(.minutes(3)), arguments: ["process", "none"])
    func aPauseIsConfirmedOutlivesTheWorkerAndLeavesNothingFrozen(isolation: String) async throws {
        let cluster = try LocalCluster(products: try LocalCluster.products())
        defer { cluster.remove() }
        var up = try await cluster.startUp(arguments: ["--isolation", isolation, "--name", "here"])
        var client = try cluster.client()
        try await eventually("the worker to join") { try await self.state(client, "here")?.state == .connected }
        let none = try await cluster.weft(["worker", "resume"])
        #expect(none.output == "There was no pause; the worker works\n", "\(none.errors)")

        let marker = Self.marker()
        let job = try await client.submit(
            JobSpec(
                name: "long", payload: .process(ProcessPayload(command: ["sleep", marker])),
                resources: Resources(cpuMillis: 100, memoryBytes: 32 << 20),
                requirements: Requirements(isolation: isolation == "none" ? .none : .process), timeoutSeconds: 3600)
        ).job.id
        try await eventually("it runs") { Self.isRunning(marker) }
        let paused = try await cluster.weft(["worker", "pause"])
        #expect(paused.status == 0, "\(paused.errors)")
        #expect(paused.output == "Paused until `weft worker resume`; 1 attempt stands still\n")
        try await eventually("the coordinator knows", within: .seconds(1)) {
            try await self.state(client, "here")?.state == .paused
        }
        #expect(try await self.state(client, "here")?.profile.paused == "its owner paused it")
        let rules = try await cluster.weft(["worker", "rules", "-o", "json"])
        #expect(
            rules.output.contains(#""paused" : "its owner paused it""#)
                || rules.output.contains(#""paused": "its owner paused it""#), "\(rules.output)")
        let waiting = try await client.submit(
            JobSpec(
                name: "waits", payload: .process(ProcessPayload(command: ["true"])),
                resources: Resources(cpuMillis: 100, memoryBytes: 32 << 20),
                requirements: Requirements(isolation: .none))
        ).job.id
        let why = try await client.explain(waiting)
        #expect(why.summary == "the only node that can run it is paused by its owner: its owner paused it")

        // Killed while it holds something frozen, it leaves nothing of it.
        up.kill()
        try await eventually("nothing is left", within: .seconds(10)) { !Self.isRunning(marker) }
        try await client.shutdown()
        let later = try await cluster.weft(["worker", "pause", "2h"])
        #expect(later.output.hasPrefix("No worker runs here; the next one starts paused until "), "\(later.output)")

        up = try await cluster.startUp(arguments: ["--isolation", isolation, "--name", "here"])
        client = try cluster.client()
        try await eventually("it starts paused") { try await self.state(client, "here")?.state == .paused }
        #expect(try await client.job(waiting).state == .waiting)
        let resumed = try await cluster.weft(["worker", "resume"])
        #expect(resumed.output == "The pause is over; the worker works\n", "\(resumed.errors)")
        #expect(try await client.wait(for: waiting, atMost: .seconds(20)).state == .succeeded)
        _ = try await client.cancel(job)
        try await client.shutdown()
        #expect(up.stop() == 0, "\(up.logText)")
    }

    @Test(.timeLimit(.minutes(2))) func onlyCodeThatTheOwnerTrustsRuns() async throws {
        let cluster = try LocalCluster(products: try LocalCluster.products())
        defer { cluster.remove() }
        let folder = cluster.home.appendingPathComponent("worker")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        chmod(cluster.home.path, 0o700)
        let key = cluster.directory.appendingPathComponent("ann.key").path
        let signer = try await cluster.weft(["sign", "--key", key, "--id"]).output.trimmingCharacters(in: .newlines)
        try "require_signed_by: [\(signer)]\n".write(
            to: folder.appendingPathComponent("worker.yaml"), atomically: true, encoding: .utf8)
        let up = try await cluster.startUp(arguments: ["--isolation", "none", "--name", "here"])
        let client = try cluster.client()
        try await eventually("the worker to join") { try await self.state(client, "here")?.state == .connected }

        let unsigned = try await client.submit(
            JobSpec(
                name: "unsigned", payload: .process(ProcessPayload(command: ["true"])),
                requirements: Requirements(isolation: .none))
        ).job.id
        let why = try await client.explain(unsigned)
        #expect(why.kind == .neverHere)
        #expect(why.reasons.map(\.field) == ["signatures"])
        #expect(why.suggestion?.contains("sign the job (`weft sign`)") == true)

        let command = ["run", "--isolation", "none", "--sign", "--key"]
        let signed = try await cluster.weft(command + [key, "--", "echo", "trusted"])
        #expect(signed.output == "trusted\n", "\(signed.errors)")
        let stranger = try await cluster.weft(
            command + [cluster.directory.appendingPathComponent("eve.key").path, "--detach", "--", "echo", "no"])
        let other = try #require(JobID(text: stranger.output.trimmingCharacters(in: .newlines)))
        #expect(try await client.explain(other).reasons.first?.message.contains("this job is signed by") == true)
        #expect(try await client.job(other).state == .waiting)
        // The rules change while it runs.
        try "hand_back_after: 60\n".write(
            to: folder.appendingPathComponent("worker.yaml"), atomically: true, encoding: .utf8)
        #expect(try await client.wait(for: unsigned, atMost: .seconds(20)).state == .succeeded)
        try await client.shutdown()
        #expect(up.stop() == 0, "\(up.logText)")
    }

    @Test(.timeLimit(.minutes(2))) func whatIsFrozenForLongIsFinishedByAnotherWorker() async throws {
        let cluster = try LocalCluster(products: try LocalCluster.products())
        defer { cluster.remove() }
        let coordinator = try await cluster.startCoordinator()
        let folder = cluster.directory.appendingPathComponent("first/worker")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        chmod(cluster.directory.appendingPathComponent("first").path, 0o700)
        try "hand_back_after: 1\n".write(
            to: folder.appendingPathComponent("worker.yaml"), atomically: true, encoding: .utf8)
        let first = try cluster.startWorker("first", arguments: ["--isolation", "none"])
        let client = try cluster.client()
        try await eventually("the first to join") { try await self.state(client, "first")?.state == .connected }
        // It cannot end before it stands still, however slow the machine is.
        let gate = cluster.directory.appendingPathComponent("gate").path
        let command = ["sh", "-c", "until [ -e '\(gate)' ]; do sleep 0.1; done; echo done"]
        let job = try await client.submit(
            JobSpec(
                name: "moves", payload: .process(ProcessPayload(command: command)),
                resources: Resources(cpuMillis: 100, memoryBytes: 32 << 20),
                requirements: Requirements(isolation: .none))
        ).job.id
        try await eventually("it runs on the first") { try await self.running(client, job) }
        let second = try cluster.startWorker("second", arguments: ["--isolation", "none"])
        try await eventually("the second to join") { try await self.state(client, "second")?.state == .connected }
        let home = cluster.directory.appendingPathComponent("first").path
        let paused = try await cluster.weft(["worker", "pause", "--data-dir", home])
        #expect(paused.output.hasSuffix("1 attempt stands still\n"), "\(paused.output)\(paused.errors)")
        try #require(FileManager.default.createFile(atPath: gate, contents: nil))
        #expect(try await client.wait(for: job, atMost: .seconds(20)).state == .succeeded)
        let task = try await client.tasks(of: job, withAttempts: true).items.first
        #expect(task?.attempts?.last { $0.state == .completed }?.nodeName == "second")
        try await client.shutdown()
        for process in [first, second] { #expect(process.stop() == 0, "\(process.logText)") }
        coordinator.stop()
    }
}
