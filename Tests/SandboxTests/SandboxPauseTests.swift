#if os(Linux)
    import Glibc
    import Testing
    import WeftSandbox

    extension SandboxSuite {
        /// Runs that stand still: by the freezer as root, by signals where there is none.
        @Suite
        struct SandboxPauseTests {
            let sandbox: SandboxFixture

            init() async throws { sandbox = try await SandboxFixture.shared.value }

            /// Of ticks that the run in this directory has said.
            private func ticks(_ directory: String) -> Int { readFile("\(directory).out").utf8.count / 5 }

            private func limits(_ wallTime: Duration) -> SandboxLimits {
                var limits = SandboxFixture.limits
                limits.wallTime = wallTime
                return limits
            }

            private static func script(_ count: Int) -> [String] {
                ["/bin/sh", "-c", "i=0; while [ $i -lt \(count) ]; do echo tick; sleep 0.05; i=$((i+1)); done"]
            }

            @Test func aPausedRunStandsStillAndSoDoesItsClock() async throws {
                let sandbox = sandbox
                let directory = sandbox.makeDirectory()
                let pause = RunPause()
                let limits = limits(.seconds(4))
                let run = Task {
                    try await sandbox.run(Self.script(30), limits: limits, directory: directory, pause: pause)
                }
                for round in 0..<2 {
                    #expect(try await eventually { ticks(directory) > 5 + 8 * round })
                    pause.pause()
                    usleep(200_000)
                    let before = ticks(directory)
                    try await Task.sleep(for: .seconds(2))
                    #expect(ticks(directory) == before)
                    pause.resume()
                }
                let outcome = try await run.value
                #expect(outcome.end == .exited(code: 0), "\(outcome.errors)")
                #expect(ticks(directory) == 30)
                #expect(outcome.report.usage.wall > .milliseconds(5500))
            }

            @Test func timeThatRanOutBeforeOrAfterAPauseIsOut() async throws {
                let sandbox = sandbox
                let pause = RunPause()
                let limits = limits(.milliseconds(900))
                let began = ContinuousClock.now
                let run = Task { try await sandbox.run(["/bin/sleep", "30"], limits: limits, pause: pause) }
                try await Task.sleep(for: .milliseconds(300))
                pause.pause()
                try await Task.sleep(for: .seconds(2))
                pause.resume()
                #expect(try await run.value.end == .timedOut)
                let took = ContinuousClock.now - began
                #expect(took > .milliseconds(2800) && took < .seconds(5), "\(took)")
            }

            @Test func whatStandsStillCanBeKilledInEveryWay() async throws {
                let marker = "marker-pause-\(getpid())"
                let sandbox = sandbox
                for kills in [false, true] {
                    let launcher = try await SandboxLauncher.start(stateDirectory: "\(sandbox.folder)/state")
                    let pause = RunPause()
                    let run = Task {
                        try await sandbox.run(["/program/attack", "stubborn", marker], on: launcher, pause: pause)
                    }
                    #expect(try await eventually { processes(marked: marker).count == 3 })
                    pause.pause()
                    usleep(200_000)
                    if kills {
                        kill(try #require(launcher.processIdentifier), SIGKILL)
                    } else {
                        run.cancel()
                    }
                    _ = try await run.value
                    #expect(try await eventually { processes(marked: marker).isEmpty })
                    await launcher.shutdown()
                }
            }

            @Test func aTreeWithoutWallsStandsStillAndCanBeKilled() async throws {
                let sandbox = sandbox
                let directory = sandbox.makeDirectory()
                let pause = RunPause()
                let out = open("\(directory).out", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o644)
                let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
                defer {
                    close(out)
                    close(null)
                }
                let script = "setsid -w sh -c 'while :; do echo tick; sleep 0.05; done'"
                let spec = SandboxSpec(
                    arguments: ["/bin/sh", "-c", script], workingDirectory: directory, standardInput: null,
                    standardOutput: out, standardError: out, limits: SandboxLimits(wallTime: .seconds(1)), pause: pause)
                let run = Task { try await sandbox.launcher.runOpen(spec) }
                #expect(try await eventually { ticks(directory) > 3 })
                pause.pause()
                usleep(300_000)
                let before = ticks(directory)
                try await Task.sleep(for: .seconds(2))
                #expect(ticks(directory) == before)
                pause.resume()
                #expect(try await run.value.end == .timedOut)
                #expect(ticks(directory) > before, "it had time left")
            }
        }
    }
#endif
