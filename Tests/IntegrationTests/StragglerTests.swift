import LocalCluster
import Testing
import WeftClient
import WeftFormats
import WeftModel

/// One slow machine among others, through the real programs.
@Suite struct StragglerTests {
    @Test(.timeLimit(.minutes(2)))
    func aTaskThatASlowMachineHoldsUpEndsOnAnother() async throws {
        let cluster = try LocalCluster(products: try LocalCluster.products())
        defer { cluster.remove() }
        let coordinator = try await cluster.startCoordinator()
        defer { coordinator.stop() }
        // Without a wall a payload sees below whose directory it runs, and dawdles there.
        let workers = try ["slow", "quick"].map { name in
            try cluster.startWorker(name, arguments: ["--isolation", "none", "--cpus", "1"])
        }
        defer { for worker in workers { worker.stop() } }
        let client = try cluster.client()
        try await eventually("both workers") {
            try await client.nodes().count { $0.state == .connected } == workers.count
        }
        let script = "case $PWD in */slow/*) sleep 100;; *) sleep 0.2;; esac; echo $WEFT_TASK_INDEX"
        let job = try await client.submit(
            JobSpec(
                name: "dawdling", payload: .process(ProcessPayload(command: ["sh", "-c", script])),
                array: ArrayRange(first: 0, count: 6), resources: Resources(cpuMillis: 1000, memoryBytes: 32 << 20),
                requirements: Requirements(isolation: .none))
        ).job.id
        let ended = try await client.wait(for: job, atMost: .seconds(60))
        #expect(ended.state == .succeeded)
        #expect(try await client.stats().backups == 1)
        // The slow one is told to stop.
        try await eventually("nothing runs any more", within: .seconds(5)) {
            try await client.stats().attemptsRunning == 0
        }
        try await client.shutdown()
    }
}
