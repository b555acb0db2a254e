import SeededNumbers
import Testing
import WeftDevices
import WeftDrivers
import WeftModel
import WeftStorage
import WeftWorker

@Suite struct MachineTests {
    @Test(arguments: 0..<50) func theLedgerNeverGivesOutMoreThanThereIs(seed: UInt64) {
        var generator = SeededRandom(seed: seed)
        let capacity = Resources(
            cpuMillis: 4000, memoryBytes: 1000, diskBytes: 1000, devices: [DeviceRequest(kind: "gpu", count: 2)])
        var ledger = SlotLedger(capacity: capacity, attemptLimit: 5)
        var held: [AttemptID] = []
        for number in 0..<400 {
            if Bool.random(using: &generator), let id = held.randomElement(using: &generator) {
                ledger.release(id)
                ledger.release(id)
                held.removeAll { $0 == id }
            } else {
                let wanted = Resources(
                    cpuMillis: .random(in: -10...5000, using: &generator),
                    memoryBytes: .random(in: 0...1100, using: &generator),
                    diskBytes: .random(in: 0...1100, using: &generator),
                    devices: [DeviceRequest(kind: "gpu", count: .random(in: 0...3, using: &generator))])
                if ledger.hold(wanted, for: attempt(UInt64(number))) == .held { held.append(attempt(UInt64(number))) }
            }
            let used = ledger.holders.values
            #expect(used.reduce(0) { $0 + $1.cpuMillis } == 4000 - ledger.free.cpuMillis)
            #expect(used.reduce(0) { $0 + $1.memoryBytes } == 1000 - ledger.free.memoryBytes)
            #expect(ledger.free.cpuMillis >= 0 && ledger.free.memoryBytes >= 0 && ledger.free.diskBytes >= 0)
            #expect(ledger.free.devices[0].count >= 0 && held.count <= 5 && used.count == held.count)
        }
        for id in held { ledger.release(id) }
        #expect(ledger.free == capacity)
    }

    @Test func reconnectingStartsWithinATenthOfASecondAndStaysUnderOneForMinutes() {
        var backoff = Backoff()
        #expect(backoff.nextDelay(fraction: 1) <= .milliseconds(100))
        for _ in 0..<150 { #expect(backoff.nextDelay(fraction: 1) <= .seconds(1)) }
        for _ in 0..<1000 { #expect(backoff.nextDelay(fraction: 1) <= .seconds(15)) }
        #expect(backoff.nextDelay(fraction: 0) >= .seconds(7))
        backoff.reset()
        #expect(backoff.nextDelay(fraction: 1) <= .milliseconds(100))
    }

    @Test func standardErrorKeepsItsBeginningAndItsEnd() {
        var text = KeptText(limit: 10)
        for number in 0..<1000 { text.append("\(number % 10)".utf8) }
        #expect(String(decoding: text.bytes(), as: UTF8.self) == "0123456789\n[weft: 980 bytes left out]\n0123456789")
        var short = KeptText(limit: 10)
        short.append("0123456789abc".utf8)
        #expect(String(decoding: short.bytes(), as: UTF8.self) == "0123456789abc")
    }

    @Test func quotasOfControlGroupsAndTheirParentsCount() {
        let files = [
            "/sys/fs/cgroup/cpu.max": "max 100000\n", "/sys/fs/cgroup/a/cpu.max": "150000 100000\n",
            "/sys/fs/cgroup/a/b/cpu.max": "max 100000\n", "/sys/fs/cgroup/a/memory.max": "1073741824\n",
            "/sys/fs/cgroup/a/b/memory.max": "max\n",
        ]
        let unified = ControlGroups(
            membership: "0::/a/b\n", mounts: "30 25 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n",
            readFile: { files[$0] })
        #expect(unified.cpuMillis() == 1500)
        #expect(unified.memoryBytes() == 1 << 30)
        let separate = ControlGroups(
            membership: "4:memory:/docker/x\n3:cpu,cpuacct:/docker/x\n0::/\n",
            mounts: """
                33 32 0:29 /docker/x /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct
                34 32 0:30 /docker/x /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory
                """,
            readFile: {
                [
                    "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "50000\n",
                    "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
                    "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
                ][$0]
            })
        #expect(separate.cpuMillis() == 500)
        #expect(separate.memoryBytes() == nil)
        let broken = ControlGroups(membership: "garbage\n::\n1:2", mounts: "- - -\n", readFile: { _ in "x" })
        #expect(broken.cpuMillis() == nil && broken.memoryBytes() == nil)
    }

    @Test func thisMachineIsDescribed() {
        let hardware = HostHardware.detect()
        #expect((hardware.cpuMillis ?? 0) > 0 && (hardware.memoryBytes ?? 0) > 1 << 20)
        #expect(["x86_64", "arm64"].contains(hardware.architecture) && !hardware.hostName.isEmpty)
        #expect((freeDiskBytes(at: "/") ?? 0) > 0)
        #expect(freeDiskBytes(at: "/no/such/path") == nil)
    }

    @Test func theCacheEvictsWhatIsLongestUnusedAndNothingThatIsPinned() async throws {
        let store = MemoryBlobStore()
        let cache = try await BlobCache(store: store, boundBytes: 1000) { _, _, _ in }
        let old = try await cache.put([UInt8](repeating: 1, count: 400))
        let pinned = try await cache.put([UInt8](repeating: 2, count: 400))
        await cache.unpin(old.digest)
        let new = try await cache.put([UInt8](repeating: 3, count: 400))
        #expect(try await store.size(of: old.digest) == nil)
        #expect(try await store.size(of: pinned.digest) == 400)
        #expect(try await store.size(of: new.digest) == 400)
        await #expect(throws: BlobError.self) { try await cache.put([UInt8](repeating: 4, count: 400)) }
    }

    @Test func oneWorkerUsesADataDirectoryAtATime() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/a/b"
        let first = try DataDirectory(path: path)
        #expect(throws: WorkerError.self) { try DataDirectory(path: path) }
        #expect(first.path.hasSuffix("/a/b"))
    }
}
