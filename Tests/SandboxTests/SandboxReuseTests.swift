#if os(Linux)
    import Glibc
    import Testing
    import WeftSandbox

    extension SandboxSuite {
        /// What runs that follow each other in one cell have to do with each other: nothing.
        @Suite
        struct SandboxReuseTests {
            let sandbox: SandboxFixture

            init() async throws { sandbox = try await SandboxFixture.shared.value }

            /// A cell's name: that of its network, which lasts as long as it does.
            private func cell(_ key: String, on launcher: SandboxLauncher? = nil) async throws -> String {
                let outcome = try await sandbox.run(["readlink", "/proc/self/ns/net"], on: launcher, key: key)
                #expect(outcome.end == .exited(code: 0), "\(outcome.errors)")
                return outcome.output
            }

            @Test func runsOfOneJobFollowEachOtherInACellAndThoseOfTwoNever() async throws {
                let first = try await cell("one")
                let other = try await cell("two")
                #expect(first != other)
                #expect(try await cell("one") == first)
                #expect(try await cell("two") == other)
                let alone = try await sandbox.run(["readlink", "/proc/self/ns/net"], key: nil)
                #expect(![first, other].contains(alone.output))
            }

            @Test func aRunWithOtherLimitsGetsAnotherCell() async throws {
                let first = try await cell("limits")
                var limits = SandboxFixture.limits
                limits.openFiles = 100
                let second = try await sandbox.run(
                    ["readlink", "/proc/self/ns/net"], limits: limits, key: "limits")
                #expect(second.output != first)
            }

            @Test(arguments: [SandboxNetwork.none, .loopback])
            func aTaskFindsNothingOfTheOneBefore(network: SandboxNetwork) async throws {
                let key = "leave-\(network)"
                let left = try await sandbox.run(["/program/attack", "leave"], network: network, key: key)
                sandbox.expectHeld(left)
                let found = try await sandbox.run(["/program/attack", "find"], network: network, key: key)
                sandbox.expectHeld(found)
                for attack in ["processes", "descriptors", "capabilities"] {
                    sandbox.expectHeld(try await sandbox.run(["/program/attack", attack], network: network, key: key))
                }
            }

            @Test func aTasksDirectoryIsNotInTheNextOnesSight() async throws {
                let first = try await sandbox.run(["/bin/sh", "-c", "echo secret > /work/secret"], key: "work")
                #expect(first.end == .exited(code: 0))
                let script = """
                    ls -A /work; ls -A /work/..; cat /work/../*/secret
                    grep -c ' /work ' /proc/self/mountinfo
                    """
                let next = try await sandbox.run(["/bin/sh", "-c", script], key: "work")
                #expect(!next.output.contains("secret"))
                // Its own directory alone, and not the one that holds everybody's.
                #expect(next.output.hasSuffix("\n1\n"), "\(next.output)")
                #expect(readFile("\(first.directory)/secret") == "secret\n")
            }

            @Test func theEnvironmentIsEachTasksOwn() async throws {
                let first = try await sandbox.run(["/usr/bin/env"], environment: ["SECRET": "1"], key: "environment")
                #expect(first.output == "SECRET=1\n")
                let next = try await sandbox.run(["/usr/bin/env"], environment: ["B": "2"], key: "environment")
                #expect(next.output == "B=2\n")
            }

            @Test func usageIsEachTasksOwn() async throws {
                let key = "usage"
                let heavy = try await sandbox.run(["/program/attack", "touch-memory", "80000000"], key: key)
                #expect(heavy.report.usage.peakMemoryBytes ?? 0 > 70_000_000)
                let spin = try await sandbox.run(["/program/attack", "spin", "0.5"], key: key)
                #expect(spin.report.usage.cpuUser > .milliseconds(50))
                #expect(spin.report.usage.peakMemoryBytes ?? 0 < 40_000_000)
                let light = try await sandbox.run(["/bin/true"], key: key)
                #expect(light.report.usage.cpuUser + light.report.usage.cpuSystem < .milliseconds(40))
            }

            @Test func aTaskThatRanOutOfMemoryIsNotHeldAgainstTheNext() async throws {
                guard await sandbox.launcher.probe().enforces(.memory) else { return }
                var limits = SandboxFixture.limits
                limits.memoryBytes = 32 << 20
                for _ in 0..<2 {
                    let hungry = try await sandbox.run(["/program/attack", "memory"], limits: limits, key: "memory")
                    #expect(hungry.end == .outOfMemory)
                    let next = try await sandbox.run(["/bin/true"], limits: limits, key: "memory")
                    #expect(next.end == .exited(code: 0))
                }
            }

            @Test func aForkBombLeavesTheNextTaskItsProcesses() async throws {
                var limits = SandboxFixture.limits
                limits.processCount = 20
                limits.wallTime = .milliseconds(300)
                #expect(
                    try await sandbox.run(["/program/attack", "fork-bomb"], limits: limits, key: "fork").end
                        == .timedOut)
                limits.wallTime = .seconds(20)
                let next = try await sandbox.run(["/program/attack", "fork"], limits: limits, key: "fork")
                sandbox.expectHeld(next)
                #expect((next.output.split(separator: " ").first.flatMap { Int($0) } ?? 0) >= 10, "\(next.output)")
            }

            @Test func aMissingExecutableDoesNotSpoilTheCell() async throws {
                let first = try await cell("missing")
                let missing = try await sandbox.run(["/nope"], key: "missing")
                guard case .failed("exec", ENOENT, _) = missing.end else {
                    Issue.record("ended as \(missing.end)")
                    return
                }
                #expect(try await cell("missing") == first)
            }

            @Test func aCellWhoseInitWasKilledIsReplaced() async throws {
                let launcher = try await SandboxLauncher.start(stateDirectory: "\(sandbox.folder)/state")
                let first = try await cell("killed", on: launcher)
                let process = try #require(launcher.processIdentifier)
                // Its own, and that of the spare cell if that is there by now.
                let inits = children(of: process)
                #expect((1...2).contains(inits.count))
                for first in inits { kill(first, SIGKILL) }
                let second = try await cell("killed", on: launcher)
                #expect(second != first)
                await launcher.shutdown()
            }

            @Test func aCellThatIsKilledUnderATaskIsReportedAndReplaced() async throws {
                let launcher = try await SandboxLauncher.start(stateDirectory: "\(sandbox.folder)/state")
                _ = try await cell("under", on: launcher)
                let marker = "marker-under-\(getpid())"
                let sandbox = sandbox
                let run = Task {
                    try await sandbox.run(["/program/attack", "stubborn", marker], on: launcher, key: "under")
                }
                #expect(try await eventually { processes(marked: marker).count == 3 })
                for first in children(of: try #require(launcher.processIdentifier)) { kill(first, SIGKILL) }
                guard case .failed("init", _, _) = try await run.value.end else {
                    Issue.record("a lost cell must be reported")
                    return
                }
                #expect(processes(marked: marker).isEmpty)
                #expect(try await sandbox.run(["/bin/true"], on: launcher, key: "under").end == .exited(code: 0))
                await launcher.shutdown()
            }

            @Test func cancellingEndsOneTaskAndNotItsNeighbour() async throws {
                let sandbox = sandbox
                let marker = "marker-neighbour-\(getpid())"
                for _ in 0..<2 { _ = try await cell("neighbour") }
                let directory = sandbox.makeDirectory()
                let neighbour = Task {
                    try await sandbox.run(
                        ["/bin/sh", "-c", "touch up; while [ ! -e stop ]; do sleep 0.01; done"], directory: directory,
                        key: "neighbour")
                }
                #expect(try await eventually { access("\(directory)/up", F_OK) == 0 })
                let run = Task { try await sandbox.run(["/program/attack", "stubborn", marker], key: "neighbour") }
                #expect(try await eventually { processes(marked: marker).count == 3 })
                run.cancel()
                #expect(try await run.value.end == .cancelled)
                #expect(processes(marked: marker).isEmpty)
                try writeFile("\(directory)/stop", "")
                #expect(try await neighbour.value.end == .exited(code: 0))
            }

            @Test func idleCellsAreBounded() async throws {
                let launcher = try await SandboxLauncher.start(stateDirectory: "\(sandbox.folder)/state")
                let process = try #require(launcher.processIdentifier)
                for number in 0..<40 {
                    #expect(
                        try await sandbox.run(["/bin/true"], on: launcher, key: "bounded-\(number)").end
                            == .exited(code: 0))
                }
                #expect(try await eventually { children(of: process).count <= 32 })
                await launcher.shutdown()
                #expect(kill(process, 0) != 0)
            }
        }
    }
#endif
