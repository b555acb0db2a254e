import Foundation
import LocalCluster
import Testing
import WeftClient
import WeftFormats
import WeftModel

/// `kill -9`, at random moments, of real processes at work.
@Suite(.serialized) struct CrashTests {
    /// Tasks leave a line for each run in a file outside, which only a worker without walls allows.
    private static func spec(tasks: UInt32, recording path: String, replicas: Int = 1) -> JobSpec {
        let script = "echo $WEFT_TASK_INDEX >> '\(path)'; sleep 0.02; echo $((WEFT_TASK_INDEX * 3))"
        return JobSpec(
            name: "crash", payload: .process(ProcessPayload(command: ["sh", "-c", script])),
            array: ArrayRange(first: 0, count: tasks), resources: Resources(cpuMillis: 250, memoryBytes: 32 << 20),
            requirements: Requirements(isolation: .none),
            verification: Verification(replicas: replicas, quorum: replicas))
    }

    private static func runs(_ path: String) throws -> [Substring] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    }

    private static func connected(_ client: WeftClient) async -> Int {
        let nodes = try? await client.nodes()  // the coordinator is down at times
        return nodes?.count { $0.state == .connected } ?? 0
    }

    /// Every task of the job, each once, each with the right answer.
    private static func check(_ job: JobID, tasks: Int, with client: WeftClient) async throws {
        var seen: Set<UInt32> = []
        var cursor: String?
        repeat {
            let page = try await client.results(of: job, cursor: cursor)
            for task in page.items {
                #expect(seen.insert(task.index).inserted, "task \(task.id) is listed twice")
                #expect(task.state == .succeeded)
                let answer = "\(task.index * 3)\n"
                #expect(task.completion?.standardOutput?.digest == Hashing.sha256(Array(answer.utf8)))
            }
            cursor = page.next
        } while cursor != nil
        #expect(seen.count == tasks)
    }

    @Test(.timeLimit(.minutes(4)))
    func aCoordinatorKilledAt25RandomMomentsLosesNothingAndRunsNoFinishedTaskAgain() async throws {
        let cluster = try LocalCluster(products: try LocalCluster.products())
        defer { cluster.remove() }
        let slots = 8
        let tasks = 1000
        let kills = 25
        var coordinator = try await cluster.startCoordinator()
        let port = try #require(cluster.port)
        let arguments = ["--isolation", "none", "--cpus", "1"]
        let workers = [
            try cluster.startWorker("one", arguments: arguments), try cluster.startWorker("two", arguments: arguments),
        ]
        defer { for worker in workers { worker.stop() } }
        let client = try cluster.client()
        try await eventually("both workers") { await Self.connected(client) == 2 }

        let runs = cluster.directory.appendingPathComponent("runs").path
        let heads = cluster.directory.appendingPathComponent("head.json").path
        let job = try await client.submit(Self.spec(tasks: UInt32(tasks), recording: runs)).job.id
        var acknowledged = [job]
        var random = SystemRandomNumberGenerator()
        var slowest = Duration.zero
        var killedAtWork = 0
        for round in 0..<kills {
            try await Task.sleep(for: .milliseconds(Int.random(in: 5...180, using: &random)))
            if try await !client.job(job).state.isFinal { killedAtWork += 1 }
            // A job acknowledged right before the crash must be there after it.
            let small = JobSpec(
                name: "small \(round)", payload: .process(ProcessPayload(command: ["true"])),
                resources: Resources(cpuMillis: 100, memoryBytes: 16 << 20),
                requirements: Requirements(isolation: .none))
            acknowledged.append(try await client.submit(small).job.id)
            coordinator.kill()
            let restart = ContinuousClock.now
            coordinator = try await cluster.startCoordinator(port: port)
            try await eventually("the workers to come back", within: .seconds(5)) { await Self.connected(client) == 2 }
            slowest = max(slowest, ContinuousClock.now - restart)
            if round == kills / 2 {
                let kept = try await cluster.weft(["log", "audit", "--save", heads])
                #expect(kept.status == 0, "\(kept.errors)")
            }
        }
        for id in acknowledged {
            let ended = try await client.wait(for: id, atMost: .seconds(60))
            #expect(ended.state == .succeeded, "job \(id) is \(ended.state)")
        }
        try await Self.check(job, tasks: tasks, with: client)
        let audit = try await cluster.weft(["log", "audit", "--since", heads])
        #expect(audit.status == 0, "\(audit.errors)")
        let lines = try Self.runs(runs)
        let extra = lines.count - tasks
        #expect(Set(lines).count == tasks)
        #expect(extra <= kills * slots, "\(extra) runs more than tasks")
        #expect(slowest < .seconds(2), "the workers took \(slowest) to come back")
        print(
            "\(kills) kills (\(killedAtWork) at work): \(tasks) tasks, \(extra) runs more, workers back in at most \(slowest)"
        )
        try await client.shutdown()
        coordinator.stop()
    }

    @Test(.timeLimit(.minutes(3)))
    func workersKilledAtRandomMomentsCostOnlyWhatTheyWereRunning() async throws {
        let cluster = try LocalCluster(products: try LocalCluster.products())
        defer { cluster.remove() }
        let coordinator = try await cluster.startCoordinator()
        let arguments = ["--isolation", "none", "--cpus", "1"]
        let names = ["one", "two", "three"]
        var workers = try names.map { try cluster.startWorker($0, arguments: arguments) }
        defer { for worker in workers { worker.stop() } }
        let client = try cluster.client()
        try await eventually("the workers") { await Self.connected(client) == 3 }

        let runs = cluster.directory.appendingPathComponent("runs").path
        let job = try await client.submit(Self.spec(tasks: 300, recording: runs, replicas: 2)).job.id
        var random = SystemRandomNumberGenerator()
        for _ in 0..<10 {
            try await Task.sleep(for: .milliseconds(Int.random(in: 50...250, using: &random)))
            let index = Int.random(in: 0..<workers.count, using: &random)
            workers[index].kill()
            workers[index] = try cluster.startWorker(names[index], arguments: arguments)
            try await eventually("the worker to come back", within: .seconds(5)) { await Self.connected(client) == 3 }
        }
        let ended = try await client.wait(for: job, atMost: .seconds(90))
        #expect(ended.state == .succeeded)
        try await Self.check(job, tasks: 300, with: client)
        let extra = try Self.runs(runs).count - 600
        #expect(extra <= 10 * 4 * 2, "\(extra) runs more than asked for")
        try await client.shutdown()
        coordinator.stop()
    }
}
