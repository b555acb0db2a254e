import FoundationEssentials
import Glibc
import Synchronization
import Testing
import WeftDrivers
import WeftFormats
import WeftModel
import WeftWire
import WeftWorker

/// Which of its drivers a worker takes for an order, and what it hands to it.
@Suite struct DriverChoiceTests {
    /// Says its own name, and notes the payload and the bytes that were put in place for it.
    private final class Recorder: Sendable {
        struct Run: Sendable {
            var payload: RunPayload
            var digest: Digest?
            var code: [UInt8]?
            var mode: UInt32?
        }
        let runs = Mutex<[Run]>([])

        func driver(
            _ name: String, payloads: [String]? = nil, enforced: [Limit] = [.time], isolation: Isolation = .process,
            architectures: [String] = []
        ) -> ScriptedDriver {
            ScriptedDriver(
                name, payloads: payloads, enforced: enforced, isolation: isolation, architectures: architectures
            ) { order, workspace, _ in
                let manager = FileManager.default
                var status = stat()
                let isThere = stat(workspace.codePath, &status) == 0
                self.runs.withLock {
                    $0.append(
                        Run(
                            payload: order.payload, digest: order.codeDigest,
                            code: manager.contents(atPath: workspace.codePath).map { [UInt8]($0) },
                            mode: isThere ? UInt32(status.st_mode) & 0o777 : nil))
                }
                return RunReport(end: .exited(0), standardOutput: .memory(Array(name.utf8)))
            }
        }
    }

    private func order(
        _ number: UInt64, _ payload: JobOrder.Payload = .process(command: ["x"], standardInput: nil),
        isolation: Isolation = .process, architecture: String? = nil, enforced: [Limit] = [], drivers: [String] = []
    ) -> TestOrder {
        var order = WorkerTests.order(number)
        order.order.payload = payload
        order.order.isolation = isolation
        order.order.architecture = architecture
        order.order.enforced = enforced
        order.order.drivers = drivers
        return order
    }

    @Test func theWeakestWallThatIsStrongEnoughRunsIt() async throws {
        let recorder = Recorder()
        let fixture = try await Fixture(drivers: [
            recorder.driver("vm", payloads: ["process"], enforced: [.time, .network], isolation: .vm),
            recorder.driver("process", architectures: ["x86_64", "arm64"]),
            recorder.driver("arm", payloads: ["process"], isolation: .vm, architectures: ["arm"]),
        ])
        try await fixture.run {
            let end = await fixture.answer()
            let profile = try NodeProfile(wire: try await end.letIn().profile)
            #expect(profile.drivers.map(\.name) == ["vm", "process", "arm"])
            #expect(profile.drivers.map(\.isolation) == [.vm, .process, .vm])
            #expect(profile.isolation == .process && profile.enforced == [.time])
            let wanted: [(TestOrder, String?)] = [
                (order(1), "process"), (order(2, isolation: .none), "process"), (order(3, isolation: .gvisor), "vm"),
                (order(4, isolation: .vm), "vm"), (order(5, architecture: "arm64"), "process"),
                (order(6, architecture: "arm"), "arm"), (order(7, isolation: .vm, architecture: "arm64"), nil),
                (order(8, enforced: [.network]), "vm"), (order(9, enforced: [.disk]), nil),
                (order(10, architecture: "sparc"), nil), (order(11, drivers: ["vm"]), "vm"),
                (order(12, drivers: ["docker"]), nil),
            ]
            for (order, driver) in wanted {
                try await end.assign(order)
                let report = try await end.finished()
                #expect(report.standardOutputText == driver, "\(order.attempt)")
                if driver == nil { #expect(report.failureKind == .refused) }
            }
        }
        #expect(recorder.runs.withLock { $0[4].payload } == .process(command: ["x"], architecture: "arm64"))
        #expect(recorder.runs.withLock { $0.allSatisfy { $0.code == nil } })
    }

    @Test func theBytesThatRunLieBesideTheWorkingDirectoryAndCannotBeChanged() async throws {
        let recorder = Recorder()
        let fixture = try await Fixture(drivers: [
            recorder.driver("wasm"), recorder.driver("assembly", architectures: ["x86_64", "riscv64"]),
            recorder.driver("container"),
        ])
        let module = Array(repeating: UInt8(7), count: 300)
        let blob = Hashing.sha256(module)
        try await fixture.run {
            let end = await fixture.answer()
            try await end.letIn()
            try await end.assign(
                order(
                    1,
                    .wasm(
                        module: .blob(blob), arguments: ["a"], standardInput: nil, isDeterministic: true, seed: 9,
                        fuel: 100)))
            let request = try await end.next { if case .blobRequest(let wire) = $0.body { wire } else { nil } }
            #expect(request.digest == blob.wire)
            var data = Weft_Wire_V1_BlobData()
            data.request = request.request
            data.totalBytes = UInt64(module.count)
            data.bytes = Data(module)
            try await end.send(Message(.blobData(data)))
            #expect(try await end.finished().standardOutputText == "wasm")
            try await end.assign(
                order(
                    2,
                    .assembly(source: .inline([1, 2]), architecture: .riscv64, arguments: [], standardInput: nil),
                    architecture: "riscv64"))
            #expect(try await end.finished().standardOutputText == "assembly")
            try await end.assign(
                order(
                    3, .container(image: .reference("alpine:3", pull: .never), command: ["id"], standardInput: nil)))
            #expect(try await end.finished().standardOutputText == "container")
            try await end.assign(
                order(4, .container(image: .archive(.inline([3])), command: [], standardInput: nil)))
            #expect(try await end.finished().standardOutputText == "container")
        }
        let runs = recorder.runs.withLock { $0 }
        #expect(runs.map(\.code) == [module, [1, 2], nil, [3]])
        #expect(runs.map(\.digest) == [blob, nil, nil, nil])
        #expect(runs.map(\.mode) == [0o444, 0o444, nil, 0o444])
        guard case .wasm(let path, ["a"], let mode) = runs[0].payload else {
            Issue.record("\(runs[0].payload)")
            return
        }
        #expect(mode == WasmMode(isDeterministic: true, seed: 9, fuel: 100))
        #expect(!FileManager.default.fileExists(atPath: path))
        #expect(runs[2].payload == .container(image: .reference("alpine:3", pull: .never), command: ["id"]))
        guard case .assembly(_, "riscv64", []) = runs[1].payload, case .container(.archive, []) = runs[3].payload else {
            Issue.record("\(runs)")
            return
        }
    }

    @Test func whatCannotBeHadIsSaidAndStopsNobody() async throws {
        let recorder = Recorder()
        var missing = recorder.driver("wasm")
        missing.availability = .unavailable(reason: "libwasmtime.so was not found", hint: "make setup-drivers")
        var hopeless = recorder.driver("vm", payloads: ["process"])
        hopeless.availability = .unavailable(reason: "no qemu", hint: "")
        let fixture = try await Fixture(drivers: [missing, hopeless, recorder.driver("process")])
        try await fixture.run {
            let end = await fixture.answer()
            let profile = try NodeProfile(wire: try await end.letIn().profile)
            #expect(profile.drivers.map(\.name) == ["process"])
            #expect(
                profile.notes == [
                    "driver wasm: libwasmtime.so was not found; make setup-drivers", "driver vm (process): no qemu",
                ])
            try await end.assign(
                order(
                    1,
                    .wasm(
                        module: .inline([1]), arguments: [], standardInput: nil, isDeterministic: false, seed: 0,
                        fuel: nil)))
            #expect(try await end.finished().failureKind == .refused)
            try await end.assign(order(2))
            #expect(try await end.finished().standardOutputText == "process")
        }
    }

    @Test func anOwnerWhoWantsStrongWallsUsesNoOthers() async throws {
        let recorder = Recorder()
        let fixture = try await Fixture(
            drivers: [recorder.driver("process"), recorder.driver("vm", payloads: ["process"], isolation: .vm)],
            isolation: .vm)
        try await fixture.run {
            let end = await fixture.answer()
            let profile = try NodeProfile(wire: try await end.letIn().profile)
            #expect(profile.drivers.map(\.name) == ["vm"])
            #expect(profile.notes == ["driver process: its wall is `process`, and the owner wants `vm` at least"])
            // An older coordinator has no word for a virtual machine.
            #expect(profile.isolation == .process && profile.enforced == [])
            try await end.assign(order(1, isolation: .none))
            #expect(try await end.finished().standardOutputText == "vm")
        }
    }

    @Test func kindsThatThisBuildHasNoCodeForAreNotesOfTheirOwn() async throws {
        let directory = try TemporaryDirectory()
        let drivers = await WorkerDrivers.all(
            await DriverKit(
                isolation: .process, launcherPath: directory.path + "/weft-sandbox",
                stateDirectory: directory.path + "/sandbox"))
        let tried = await TriedDriver.tryAll(drivers)
        #expect(tried.prefix(4).map(\.driver.name) == ["process", "assembly", "wasm", "vm"])
        // Containers need no sandbox of Weft's, only an engine.
        for tried in tried.prefix(4) {
            guard case .unavailable(let reason, _) = tried.availability else {
                Issue.record("\(tried.driver.name) is available without anything")
                continue
            }
            #expect(!reason.isEmpty)
        }
    }
}
