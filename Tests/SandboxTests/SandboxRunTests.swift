#if os(Linux)
    import Glibc
    import Testing
    import WeftSandbox

    extension SandboxSuite {
        @Suite
        struct SandboxRunTests {
            let sandbox: SandboxFixture

            init() async throws { sandbox = try await SandboxFixture.shared.value }

            @Test(arguments: [0, 1, 42, 255]) func anExitCodeIsReported(code: Int) async throws {
                #expect(try await sandbox.shell("exit \(code)").end == .exited(code: Int32(code)))
            }

            @Test func aSignalIsReported() async throws {
                #expect(try await sandbox.shell("kill -SEGV $$").end == .signalled(signal: SIGSEGV))
                #expect(try await sandbox.shell("kill -KILL $$").end == .signalled(signal: SIGKILL))
            }

            @Test func outputAndErrorsGoWhereTheyShould() async throws {
                let outcome = try await sandbox.shell("echo out; echo err >&2")
                #expect(outcome.output == "out\n")
                #expect(outcome.errors == "err\n")
            }

            @Test func inputIsRead() async throws {
                let outcome = try await sandbox.run(["/bin/cat"], input: "one\ntwo\n")
                #expect(outcome.output == "one\ntwo\n")
            }

            @Test func theEnvironmentIsExactlyTheOneAskedFor() async throws {
                let outcome = try await sandbox.run(
                    ["/usr/bin/env"], environment: ["A": "1", "B": "two words\nand a line"])
                #expect(outcome.output == "A=1\nB=two words\nand a line\n")
                #expect(try await sandbox.run(["/usr/bin/env"], environment: [:]).output == "")
            }

            @Test func argumentsArriveByteForByte() async throws {
                let arguments = ["", " ", "a b", "'\"\\$`", "\n\t\u{1}\u{7f}", "-rf", "ünïcödé 🧵", "*"]
                let outcome = try await sandbox.run(["/program/attack", "arguments"] + arguments)
                let expected = arguments.map { $0.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
                #expect(outcome.output == expected.map { $0 + "\n" }.joined())
            }

            @Test func aLongArgumentAndManyVariablesFit() async throws {
                let long = String(repeating: "x", count: 100_000)
                let environment = Dictionary(uniqueKeysWithValues: (0..<2000).map { ("NAME_\($0)", "value \($0)") })
                let outcome = try await sandbox.run(
                    ["/bin/sh", "-c", "printf %s \"$0\" | wc -c; env | grep -c NAME_", long], environment: environment)
                #expect(outcome.output == "100000\n2000\n")
            }

            @Test func aCommandIsLookedUpInThePath() async throws {
                #expect(try await sandbox.run(["true"]).end == .exited(code: 0))
                let outcome = try await sandbox.run(["true"], environment: ["PATH": "/nowhere"])
                #expect(
                    outcome.end
                        == .failed(
                            step: "exec", errno: ENOENT, message: "cannot execute true: No such file or directory"))
            }

            @Test func aMissingExecutableIsAClearError() async throws {
                let outcome = try await sandbox.run(["/nope/nothing"])
                #expect(
                    outcome.end
                        == .failed(
                            step: "exec", errno: ENOENT,
                            message: "cannot execute /nope/nothing: No such file or directory"))
                guard case .failed("exec", EACCES, _) = try await sandbox.run(["/etc/passwd"]).end else {
                    Issue.record("a file that is no program cannot be executed")
                    return
                }
            }

            /// As when it was just written, and another thread of its writer is about to start something.
            @Test func anExecutableThatIsStillBeingWrittenIsWaitedFor() async throws {
                let directory = sandbox.makeDirectory()
                let program = "\(directory)/program"
                try writeFile(program, "#!/bin/sh\necho ran\n")
                #expect(chmod(program, 0o755) == 0)
                let writer = open(program, O_WRONLY | O_CLOEXEC)
                try #require(writer >= 0)
                async let outcome = sandbox.run(["./program"], directory: directory)
                try await Task.sleep(for: .milliseconds(100))
                close(writer)
                #expect(try await outcome.output == "ran\n")
            }

            @Test func anExecutableThatStaysOpenForWritingIsAClearError() async throws {
                let directory = sandbox.makeDirectory()
                let program = "\(directory)/program"
                try writeFile(program, "#!/bin/sh\n")
                #expect(chmod(program, 0o755) == 0)
                let writer = open(program, O_WRONLY | O_CLOEXEC)
                try #require(writer >= 0)
                defer { close(writer) }
                let outcome = try await sandbox.run(["./program"], directory: directory)
                #expect(
                    outcome.end
                        == .failed(step: "exec", errno: ETXTBSY, message: "cannot execute ./program: Text file busy"))
            }

            @Test func aMissingWorkingDirectoryIsAClearError() async throws {
                let null = open("/dev/null", O_RDWR | O_CLOEXEC)
                defer { close(null) }
                let report = try await sandbox.launcher.run(
                    SandboxSpec(
                        arguments: ["true"], workingDirectory: "\(sandbox.folder)/nowhere", standardInput: null,
                        standardOutput: null, standardError: null))
                guard case .failed(_, ENOENT, let message) = report.end else {
                    Issue.record("ended as \(report.end)")
                    return
                }
                #expect(message.contains("nowhere"))
            }

            @Test func whatCannotBeIsRefusedBeforeAnythingStarts() async throws {
                let launcher = sandbox.launcher
                let spec = SandboxSpec(arguments: ["true"], standardInput: 0, standardOutput: 1, standardError: 2)
                func fieldRefused(_ change: (inout SandboxSpec) -> Void) async -> String? {
                    var spec = spec
                    change(&spec)
                    do { _ = try await launcher.run(spec) } catch SandboxError.invalidSpec(let field, _) {
                        return field
                    } catch {}
                    return nil
                }
                #expect(await fieldRefused { $0.arguments = [] } == "arguments")
                #expect(await fieldRefused { $0.arguments = ["a\0b"] } == "arguments")
                #expect(await fieldRefused { $0.environment = ["A=B": "x"] } == "environment")
                #expect(await fieldRefused { $0.workingDirectory = "relative" } == "path")
                #expect(await fieldRefused { $0.readOnlyPaths = ["/usr/../etc"] } == "path")
                #expect(await fieldRefused { $0.readOnlyPaths = ["/proc/1"] } == "path")
                #expect(await fieldRefused { $0.user = 0 } == "user")
                #expect(await fieldRefused { $0.limits.memoryBytes = 1 } == "limits.memoryBytes")
                #expect(await fieldRefused { $0.limits.wallTime = .zero } == "limits.wallTime")
            }

            @Test func theWorkingDirectoryIsWritableAndKeepsWhatIsWritten() async throws {
                let directory = sandbox.makeDirectory()
                try writeFile("\(directory)/given", "from outside")
                let outcome = try await sandbox.run(
                    ["/bin/sh", "-c", "pwd; cat given; echo >> given; mkdir new; echo made > new/file"],
                    directory: directory)
                #expect(outcome.output == "/work\nfrom outside")
                #expect(readFile("\(directory)/new/file") == "made\n")
            }

            @Test func readOnlyPathsAppearWhereTheyAre() async throws {
                let shared = sandbox.makeDirectory()
                try writeFile("\(shared)/data", "shared")
                chmod("\(shared)/data", 0o666)
                let output = "\(shared).log"
                let files = [
                    open("/dev/null", O_RDWR | O_CLOEXEC), open(output, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644),
                ]
                defer { for file in files { close(file) } }
                let report = try await sandbox.launcher.run(
                    SandboxSpec(
                        arguments: ["/bin/sh", "-c", "cat \(shared)/data; echo x > \(shared)/data && echo BROKEN"],
                        standardInput: files[0], standardOutput: files[1], standardError: files[0],
                        readOnlyPaths: [shared]))
                #expect(report.end == .exited(code: 2) || report.end == .exited(code: 1))
                #expect(readFile(output) == "shared")
            }

            @Test func aTaskHasTheUsualDevicesAndFolders() async throws {
                let outcome = try await sandbox.shell(
                    """
                    head -c 4 /dev/zero | wc -c; head -c 4 /dev/urandom | wc -c; echo x > /dev/null; echo hi >> /dev/stdout
                    cat < /dev/null; hostname; id -un; echo t > /tmp/t && cat /tmp/t; echo s > /dev/shm/s && cat /dev/shm/s
                    ls /proc/self/exe > /dev/null && grep -c processor /proc/cpuinfo > /dev/null && echo proc
                    """)
                #expect(outcome.output == "4\n4\nhi\nweft\nweft\nt\ns\nproc\n", "\(outcome.errors)")
            }

            @Test func theScriptingLanguageOfTheSystemRuns() async throws {
                let script =
                    "import os, threading, socket; t = threading.Thread(target=print, args=(6*7,)); t.start(); t.join()"
                let outcome = try await sandbox.run(["/usr/bin/python3", "-c", script])
                #expect(outcome.output == "42\n", "\(outcome.errors)")
            }

            @Test func usageIsReported() async throws {
                let spin = try await sandbox.run(["/program/attack", "spin", "0.3"])
                #expect(spin.end == .exited(code: 0))
                #expect(spin.report.usage.wall >= .milliseconds(300))
                #expect(spin.report.usage.wall < .seconds(10))
                #expect(spin.report.usage.cpuUser > .milliseconds(30))
                let memory = try await sandbox.run(["/program/attack", "touch-memory", "50000000"])
                #expect(memory.report.usage.peakMemoryBytes ?? 0 > 40_000_000)
                #expect(memory.report.usage.peakMemoryBytes ?? 0 < 256 << 20)
                let disk = try await sandbox.shell("head -c 1000000 /dev/zero > file; mkdir d; ln -s / d/root")
                #expect(disk.report.usage.diskBytes ?? 0 >= 1_000_000)
                #expect(disk.report.usage.diskBytes ?? 0 < 1_100_000)
            }

            @Test func usageCountsDescendantsThatNobodyWaitedFor() async throws {
                let outcome = try await sandbox.shell("/program/attack spin 0.4 & sleep 0.5")
                let usage = outcome.report.usage
                #expect(usage.cpuUser + usage.cpuSystem > .milliseconds(50))
            }

            @Test func theProcessorLimitThrottles() async throws {
                guard await sandbox.launcher.probe().enforces(.cpu) else {
                    var limits = SandboxFixture.limits
                    limits.cpuMillis = 100
                    let outcome = try await sandbox.run(["/bin/true"], limits: limits)
                    #expect(outcome.report.unenforced.contains(.cpu), "what is not enforced must be named")
                    return
                }
                var limits = SandboxFixture.limits
                limits.cpuMillis = 100
                let outcome = try await sandbox.run(["/program/attack", "spin", "1"], limits: limits)
                let usage = outcome.report.usage
                #expect(usage.cpuUser + usage.cpuSystem < .milliseconds(250))
            }

            @Test func limitsOfDescriptorsFilesAndCoresHold() async throws {
                let outcome = try await sandbox.attack("limits")
                sandbox.expectHeld(outcome)
                #expect(outcome.output.hasPrefix("256 0 \(64 << 20)\n"))
            }

            @Test func aSandboxMayTalkToItselfOverLoopback() async throws {
                sandbox.expectHeld(try await sandbox.attack("loopback", network: .loopback))
            }

            @Test func theMachineSaysWhatItCanEnforce() async throws {
                let capabilities = await sandbox.launcher.probe()
                #expect(capabilities.mode == (isRoot ? .root : .rootless))
                #expect(capabilities.unavailable == nil)
                #expect(Set(capabilities.limits.map(\.name)) == Set(SandboxLimit.allCases.map(\.rawValue)))
                for limit in capabilities.limits where !limit.isAvailable {
                    #expect(limit.hint != nil, "\(limit.name)")
                }
                let limits = SandboxLimits(memoryBytes: 64 << 20, cpuMillis: 500, processCount: 8)
                let report = try await sandbox.run(["true"], limits: limits).report
                #expect(
                    Set(report.unenforced) == Set([.memory, .cpu, .processes].filter { !capabilities.enforces($0) }))
            }

            @Test func startingASandboxIsFast() async throws {
                let startup = try await sandbox.launcher.measureStartup(runs: 50)
                // Far above what it takes, since other tests may share the processors.
                #expect(startup.p50Microseconds < 50_000)
                print("sandbox start-up: p50 \(startup.p50Microseconds) µs, p99 \(startup.p99Microseconds) µs")
            }
        }
    }
#endif
