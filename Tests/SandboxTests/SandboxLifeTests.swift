#if os(Linux)
    import Glibc
    import Testing
    import WeftSandbox

    extension SandboxSuite {
        /// What happens to sandboxes when runs are cancelled and processes die, and what is left behind.
        @Suite
        struct SandboxLifeTests {
            let sandbox: SandboxFixture

            init() async throws { sandbox = try await SandboxFixture.shared.value }

            @Test func cancellingKillsTheWholeTree() async throws {
                let marker = "marker-cancel-\(getpid())"
                let sandbox = sandbox
                let run = Task { try await sandbox.run(["/program/attack", "stubborn", marker]) }
                #expect(try await eventually { processes(marked: marker).count == 3 })
                run.cancel()
                #expect(try await run.value.end == .cancelled)
                #expect(processes(marked: marker).isEmpty)
            }

            @Test func aRunCancelledBeforeItBeginsNeverStarts() async throws {
                let sandbox = sandbox
                let directory = sandbox.makeDirectory()
                for _ in 0..<20 {
                    let run = Task { try await sandbox.run(["/bin/sleep", "30"], directory: directory) }
                    run.cancel()
                    #expect(try await run.value.end == .cancelled)
                }
            }

            @Test func aKilledLauncherTakesItsSandboxesAlongAndIsReplaced() async throws {
                let launcher = try await SandboxLauncher.start(stateDirectory: "\(sandbox.folder)/state")
                let marker = "marker-launcher-\(getpid())"
                let sandbox = sandbox
                let runs = (0..<3).map { _ in
                    Task { try await sandbox.run(["/program/attack", "stubborn", marker], on: launcher) }
                }
                #expect(try await eventually { processes(marked: marker).count == 9 })
                let process = try #require(launcher.processIdentifier)
                kill(process, SIGKILL)
                for run in runs {
                    guard case .failed("launcher", _, _) = try await run.value.end else {
                        Issue.record("a lost launcher must be reported")
                        continue
                    }
                }
                #expect(try await eventually { processes(marked: marker).isEmpty })
                #expect(try await sandbox.run(["/bin/true"], on: launcher).end == .exited(code: 0))
                #expect(launcher.processIdentifier != process)
                await launcher.shutdown()
            }

            @Test func shuttingDownEndsWhatRunsAndRefusesMore() async throws {
                let launcher = try await SandboxLauncher.start(stateDirectory: "\(sandbox.folder)/state")
                let marker = "marker-shutdown-\(getpid())"
                let sandbox = sandbox
                let run = Task { try await sandbox.run(["/program/attack", "stubborn", marker], on: launcher) }
                #expect(try await eventually { !processes(marked: marker).isEmpty })
                let process = try #require(launcher.processIdentifier)
                await launcher.shutdown()
                guard case .failed("launcher", _, _) = try await run.value.end else {
                    Issue.record("a run that was shut down must not look finished")
                    return
                }
                #expect(try await eventually { processes(marked: marker).isEmpty })
                #expect(kill(process, 0) != 0)
                await #expect(throws: SandboxError.shutDown) { try await sandbox.run(["/bin/true"], on: launcher) }
            }

            @Test func aKilledWorkerTakesItsSandboxesAlong() async throws {
                let marker = "marker-worker-\(getpid())"
                let worker = try TestProcess.start(
                    filter: "SandboxVictim",
                    environment: ["WEFT_TEST_VICTIM": marker, "WEFT_TEST_PARENT": sandbox.folder])
                #expect(try await eventually(within: .seconds(20)) { processes(marked: marker).count == 3 })
                kill(worker.process, SIGKILL)
                _ = worker.wait()
                #expect(try await eventually { processes(marked: marker).isEmpty })
                // The next worker clears away the control groups of the dead one. (The launcher may still be ending.)
                #expect(
                    try await eventually {
                        SandboxLauncher.sweepControlGroups()
                        return controlGroups(ofWorker: worker.process).isEmpty
                    })
            }

            @Test func manyRunsLeaveNothingBehind() async throws {
                _ = try await sandbox.run(["/bin/true"])
                let launcher = try #require(sandbox.launcher.processIdentifier)
                let mounts = readFile("/proc/self/mountinfo")
                let descriptors = names(in: "/proc/self/fd").count
                let theirs = names(in: "/proc/\(launcher)/fd").count
                let directory = sandbox.makeDirectory()
                for _ in 0..<200 {
                    let outcome = try await sandbox.run(["/bin/true"], directory: directory)
                    #expect(outcome.end == .exited(code: 0))
                }
                #expect(children(of: launcher).isEmpty)
                #expect(controlGroups(ofWorker: getpid()).isEmpty)
                #expect(readFile("/proc/self/mountinfo") == mounts)
                #expect(names(in: "/proc/\(launcher)/fd").count == theirs)
                #expect(names(in: "/proc/self/fd").count <= descriptors + 2)
            }

            @Test func sixteenRunAtOnceAndEachGetsItsOwnResult() async throws {
                let sandbox = sandbox
                try await withThrowingTaskGroup(of: (Int, SandboxFixture.Outcome).self) { group in
                    for number in 0..<48 {
                        if number >= 16, let (done, outcome) = try await group.next() { check(done, outcome) }
                        group.addTask {
                            (number, try await sandbox.shell("echo \(number) > f; sleep 0.05; cat f; exit \(number)"))
                        }
                    }
                    for try await (done, outcome) in group { check(done, outcome) }
                }
                #expect(children(of: try #require(sandbox.launcher.processIdentifier)).isEmpty)
                #expect(controlGroups(ofWorker: getpid()).isEmpty)
            }

            private func check(_ number: Int, _ outcome: SandboxFixture.Outcome) {
                #expect(outcome.end == .exited(code: Int32(number)), "\(outcome.errors)")
                #expect(outcome.output == "\(number)\n")
            }

            @Test func aMissingLauncherIsAClearError() async throws {
                let folder = sandbox.folder
                await #expect(throws: SandboxError.self) {
                    try await SandboxLauncher.start(executablePath: "/nowhere/weft-sandbox", stateDirectory: folder)
                }
                let capabilities = await SandboxCapabilities.probe(
                    executablePath: "/bin/true", stateDirectory: "\(sandbox.folder)/state")
                #expect(capabilities.mode == .unavailable)
                #expect(capabilities.unavailable?.detail.contains("protocol") == true)
            }

            /// The whole suite again: as a user without privileges, and with cells that are used again and again.
            @Test(
                .enabled(if: isRoot, "already an ordinary user"), .timeLimit(.minutes(3)),
                arguments: [(12345, false), (12345, true), (0, true)] as [(UInt32, Bool)])
            func theWallsHoldForAnOrdinaryUserAndInUsedCellsToo(user: UInt32, reuses: Bool) async throws {
                let path = "\(sandbox.folder)/again-\(user)-\(reuses).log"
                let run = try TestProcess.start(
                    filter: "SandboxAttackTests|SandboxRunTests|SandboxReuseTests",
                    environment: reuses ? ["WEFT_TEST_REUSE": "all"] : [:], asUser: user == 0 ? nil : user, output: path
                )
                let status = run.wait()
                let log = readFile(path)
                #expect(status == 0, "\(log.suffix(8000))")
                #expect(log.contains("Test run with") && log.contains("passed"))
                #expect(!log.contains("Test run with 0 tests"))
            }
        }
    }

    /// Not a test of its own: the worker that `aKilledWorkerTakesItsSandboxesAlong` kills.
    @Suite struct SandboxVictim {
        static let marker = getenv("WEFT_TEST_VICTIM").map { String(cString: $0) }

        @Test(.enabled(if: SandboxVictim.marker != nil, "started by another test only"))
        func runUntilKilled() async throws {
            let sandbox = try await SandboxFixture.shared.value
            _ = try await sandbox.run(["/program/attack", "stubborn", Self.marker ?? ""])
        }
    }

    /// These tests' own executable, started again with other tests selected.
    struct TestProcess {
        let process: pid_t

        static func start(
            filter: String, environment: [String: String], asUser user: UInt32? = nil, output: String = "/dev/null"
        ) throws -> TestProcess {
            var own = [CChar](repeating: 0, count: 4096)
            try #require(readlink("/proc/self/exe", &own, own.count - 1) > 0)
            let path = String(decoding: own.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            var arguments = [path, "--testing-library", "swift-testing", "--filter", filter]
            if let user {
                arguments = ["/usr/bin/setpriv", "--reuid=\(user)", "--regid=\(user)", "--clear-groups"] + arguments
            }
            var actions = posix_spawn_file_actions_t()
            posix_spawn_file_actions_init(&actions)
            defer { posix_spawn_file_actions_destroy(&actions) }
            posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
            posix_spawn_file_actions_adddup2(&actions, 1, 2)
            var values = ["PATH": "/usr/bin:/bin", "HOME": "/tmp"]
            for name in ["LD_LIBRARY_PATH", "WEFT_SANDBOX_LAUNCHER"] {
                if let value = getenv(name) { values[name] = String(cString: value) }
            }
            values.merge(environment) { $1 }
            var list = arguments.map { strdup($0) } + [nil]
            var variables = values.map { strdup("\($0.key)=\($0.value)") } + [nil]
            defer { for pointer in list + variables { free(pointer) } }
            var process: pid_t = 0
            let code = posix_spawn(&process, arguments[0], &actions, nil, &list, &variables)
            try #require(code == 0, "\(String(cString: strerror(code)))")
            return TestProcess(process: process)
        }

        /// The exit code, or 128 and the signal.
        func wait() -> Int32 {
            var status: Int32 = 0
            while waitpid(process, &status, 0) < 0 && errno == EINTR {}
            return status & 0x7f == 0 ? status >> 8 & 0xff : 128 + (status & 0x7f)
        }
    }
#endif
