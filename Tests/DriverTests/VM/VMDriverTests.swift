#if os(Linux)
    import Glibc
    import Testing
    import WeftDrivers
    import WeftModel
    import WeftSandbox

    enum VMTestAssets {
        /// What machines are made of on this host; nil where something is missing.
        static let found = try? VMAssets.find(
            kernelFolders: [getenv("WEFT_VM_KERNEL").map { String(cString: $0) }, ".build/drivers/kernel"]
                .compactMap(\.self))
    }

    /// Real machines, where this host can make them (`scripts/setup-drivers.sh vm`).
    @Suite(.serialized, .enabled(if: VMTestAssets.found != nil, "qemu, a kernel or weft-guest is missing"))
    struct VMDriverTests {
        struct Shared: Sendable {
            let host: DriverHost
            let driver: VMDriver
        }

        static let shared = Task {
            let host = try await DriverHost(emulated: false)
            let assets = try #require(VMTestAssets.found)
            return Shared(
                host: host,
                driver: VMDriver(process: host.process, assets: .success(assets), stateDirectory: host.folder + "/vm"))
        }

        private func run(
            _ command: [String], files: [DriverHost.File] = [], input: String? = nil,
            environment: [String: String] = [:], memoryBytes: Int64 = 64 << 20, diskBytes: Int64 = 16 << 20,
            timeout: Duration = .seconds(30), architecture: String? = nil
        ) async throws -> DriverHost.Outcome {
            let shared = try await Self.shared.value
            let before = try await Self.machines()
            let outcome = try await shared.host.run(
                .process(command: command, architecture: architecture), on: shared.driver, files: files, input: input,
                environment: environment, memoryBytes: memoryBytes, diskBytes: diskBytes, cpuMillis: 1000,
                timeout: timeout)
            #expect(try await Self.machines() == before, "no qemu is left")
            #expect(access(outcome.workspace.payloadDirectory + ".vm", F_OK) != 0, "no image is left")
            return outcome
        }

        private func shell(_ script: String, timeout: Duration = .seconds(30)) async throws -> DriverHost.Outcome {
            try await run(["sh", "-c", script], timeout: timeout)
        }

        /// Processes of this suite's launcher that look like a machine, by their numbers: other suites have machines, too.
        private static func machines() async throws -> [String] {
            let launcher = try await shared.value.host.launcher.processIdentifier
            return names(in: "/proc").filter { name in
                guard let process = Int32(name),
                    readContainerText("/proc/\(name)/cmdline")?.contains("qemu-system") == true
                else { return false }
                var ancestor = process
                while ancestor > 1, ancestor != launcher { ancestor = parent(of: ancestor) }
                return ancestor == launcher
            }
        }

        /// 0 when it is gone.
        private static func parent(of process: Int32) -> Int32 {
            let status = readContainerText("/proc/\(process)/stat") ?? ""
            let fields = status.split(separator: ")").last?.split(separator: " ") ?? []
            return fields.count > 1 ? Int32(fields[1]) ?? 0 : 0
        }

        @Test func aMachineStandsStillAndCanBeEnded() async throws {
            let shared = try await Self.shared.value
            let start: @Sendable (RunPause, @escaping LogSink) async throws -> RunReport = { pause, log in
                // An emulated machine starts in its own time, on a busy host above all.
                let order = PauseCheck.order(.process(command: PauseCheck.command), pause, timeout: .seconds(16))
                return await shared.driver.run(order, in: try shared.host.makeWorkspace(), log: log)
            }
            let before = try await Self.machines()
            try await PauseCheck.standsStill(for: .seconds(14), start)
            try await PauseCheck.canBeEnded(start)
            #expect(try await Self.machines() == before, "no qemu is left")
        }

        @Test func theProbeSaysWhatRunsTheMachine() async throws {
            let answer = await (try await Self.shared.value).driver.probe()
            guard case .available(let version, let startup, let enforced, _, _) = answer else {
                return #expect(Bool(false), "\(answer)")
            }
            #expect(version.contains("tcg") || version.contains("kvm"))
            #expect(startup > .zero && enforced.contains(.memory))
        }

        @Test func outputErrorsStatusInputAndEnvironmentPass() async throws {
            let outcome = try await run(
                ["sh", "-c", "cat; echo \"$WORD $0 $1\"; echo oh >&2; exit 7", "name", "two words"], input: "given\n",
                environment: ["WORD": "hello"])
            #expect(outcome.end == .exited(7), "\(outcome.end)")
            #expect(outcome.output == "given\nhello name two words\n")
            #expect(outcome.errors == "oh\n")
            #expect((outcome.report.usage?.wallMicroseconds ?? 0) > 0)
            #expect((outcome.report.usage?.peakMemoryBytes ?? 0) > 0)
        }

        @Test func aStaticProgramRunsAndASignalIsAStatus() async throws {
            let host = try await Self.shared.value.host
            let program = try CompiledPrograms.build(CompiledPrograms.talker, for: .amd64, in: host.folder)
            let outcome = try await run(["./bin/talker", "one"], files: [.init("bin/talker", program)])
            #expect(outcome.end == .exited(7), "\(outcome.end)")
            #expect(outcome.output == "one\n" && outcome.errors == "complaint\n")
            #expect(try await shell("kill -TERM $$").end == .exited(143))
        }

        @Test func filesGoInAndComeOut() async throws {
            let host = try await Self.shared.value.host
            let outcome = try await run(
                ["./job.sh"],
                files: [
                    .init(
                        "job.sh",
                        "#!/bin/sh\nset -e\nmkdir -p out/deep\ntr a-z A-Z < data/in > out/deep/text\n"
                            + "echo more >> data/in\nln -s /etc out/link\nmkfifo out/pipe\ndd if=/dev/zero of=big bs=1M count=5\n"
                            + "printf x > ' odd\nname'\n", isExecutable: true),
                    .init("data/in", "some words\n"),
                ])
            #expect(outcome.end == .exited(0), "\(outcome.end) \(outcome.errors)")
            #expect(try host.produced("out/deep/text", in: outcome.workspace) == "SOME WORDS\n")
            #expect(try host.produced("data/in", in: outcome.workspace) == "some words\nmore\n")
            #expect(try host.produced("big", in: outcome.workspace)?.utf8.count == 5 << 20)
            #expect(try host.produced("out/link", in: outcome.workspace) == nil)
            #expect(try host.produced(" odd\nname", in: outcome.workspace) == "x")
        }

        @Test func aForkBombHarmsNoOtherMachine() async throws {
            let bomb = try await shell("bomb() { bomb | bomb & }; bomb; sleep 1; echo alive", timeout: .seconds(20))
            #expect(bomb.end == .exited(0) || bomb.failure?.kind.isPayloadsOwn == true, "\(bomb.end)")
            #expect(try await shell("true").end == .exited(0))
        }

        @Test func whatCannotRunThereIsSaidClearly() async throws {
            let host = try await Self.shared.value.host
            let shell = try ProducedFile(reading: "/bin/dash")
            let dynamic = try await run(
                ["./dash"], files: [.init("dash", try shell.read(offset: 0, length: Int(shell.sizeBytes)))])
            #expect(dynamic.failure?.message.contains("statically") == true, "\(dynamic.end)")
            let foreign = try await run(["./arm"], files: [.init("arm", TinyProgram.bytes(.arm64))])
            #expect(foreign.failure?.message.contains("arm64") == true)
            let missing = try await run(["gcc"])
            #expect(missing.failure?.kind == .notExecutable)
            #expect(missing.failure?.message.contains("busybox") == true)
            let script = try await run(["./s"], files: [.init("s", "#!/usr/bin/python3\n", isExecutable: true)])
            #expect(script.failure?.message.contains("python3") == true)
            let closed = try await run(
                ["./closed"], files: [.init("closed", TinyProgram.bytes(.amd64), isExecutable: false)])
            #expect(closed.failure?.kind == .notExecutable, "\(closed.end)")
            _ = host
        }

        @Test func cancellingEndsTheMachineAtAnyTime() async throws {
            for delay in [0, 300, 1500, 4000] {
                let running = Task { try await shell("sleep 100") }
                try await Task.sleep(for: .milliseconds(delay))
                running.cancel()
                #expect(try await running.value.end == .cancelled)
            }
        }

        @Test func tenMachinesLeaveNothingBehind() async throws {
            let host = try await Self.shared.value.host
            let files = Self.count(host.folder)
            for _ in 0..<10 {
                let outcome = try await shell("echo hello; (sleep 1000 &) ; setsid sleep 1000 & exit 3")
                #expect(outcome.end == .exited(3), "\(outcome.end)")
                #expect(outcome.output == "hello\n")
                try await host.root.remove(outcome.workspace)
            }
            #expect(Self.count(host.folder) == files)
            #expect(try await Self.machines().isEmpty)
        }

        private static func count(_ folder: String) -> Int {
            let pipe = popen("find '\(folder)' | wc -l", "r")
            defer { pclose(pipe) }
            var text = [CChar](repeating: 0, count: 32)
            guard let pipe, fgets(&text, 32, pipe) != nil else { return -1 }
            return Int(String(decoding: text.prefix { $0 >= 48 && $0 <= 57 }.map { UInt8($0) }, as: UTF8.self)) ?? -1
        }
    }
#endif
