#if os(Linux)
    import Glibc
    import TestEngines
    import Testing
    import WeftDrivers
    import WeftModel

    extension ContainerSuite {
        /// What a payload gets and gives, and which limits hold, on every engine.
        @Suite(.serialized) struct RunTests {
            @Test(arguments: TestedEngine.present) func theEngineIsTriedOut(engine: TestedEngine) async throws {
                let host = try ContainerHost(engine)
                guard case .available(let version, let startup, let enforced, _, _) = await host.driver.probe() else {
                    Issue.record("\(await host.driver.probe())")
                    return
                }
                print("container tests: \(version), start to end \(startup)")
                #expect(version.hasPrefix(engine.rawValue))
                #expect(startup > .zero && startup < .seconds(20))
                #expect(Set(enforced) == Set(Limit.allCases))
            }

            /// Podman has the runtime, and takes no notice of it in Docker's API.
            @Test(arguments: TestedEngine.present) func aWallThatIsPromisedIsThere(engine: TestedEngine) async throws {
                let host = try ContainerHost(engine, owner: "walls", wall: .gvisor)
                guard case .available(_, _, _, let isolation, _) = await host.driver.probe() else { return }
                #expect(isolation == .gvisor)
                let kernel = try await host.script("cat /proc/version").output
                #expect(!kernel.isEmpty && kernel != readContainerText("/proc/version"), "\(kernel)")
                await host.driver.shutDown()
            }

            @Test(arguments: TestedEngine.present) func outputStatusAndUsageAreReported(engine: TestedEngine)
                async throws
            {
                let host = try ContainerHost(engine)
                let outcome = try await host.run(
                    ["sh", "-c", "echo $GREETING $FROM_IMAGE $HOME $(id -u) $(pwd); echo oh >&2; exit 7"],
                    environment: ["GREETING": "hello"])
                #expect(outcome.end == .exited(7))
                #expect(outcome.output == "hello yes /work 65534 /work\n")
                #expect(outcome.errors == "oh\n")
                #expect((outcome.report.usage?.wallMicroseconds ?? 0) > 0)
                #expect(host.containers() == "")
            }

            @Test(arguments: TestedEngine.present) func directoriesAreAtOtherPathsToo(engine: TestedEngine) async throws
            {
                let host = try ContainerHost(engine)
                let outcome = try await host.run(
                    [
                        "sh", "-c",
                        "cat /data/word; echo t >/tmp/t; echo y >/opt/x/y/y; cat /work/a/tmp/t deep/y; echo x >/no 2>/dev/null || echo ro",
                    ],
                    files: ["in/word": "given\n"],
                    mounts: [
                        Mount(path: "in", at: "/data"), Mount(path: "a/tmp", at: "/tmp"),
                        Mount(path: "deep", at: "/opt/x/y"),
                    ])
                #expect(outcome.end == .exited(0), "\(outcome.errors)")
                #expect(outcome.output == "given\nt\ny\nro\n")
                let after = try await host.script("ls -d /data /opt/x 2>/dev/null; true")
                #expect(after.output == "")
                await host.driver.shutDown()
            }

            @Test(arguments: TestedEngine.present) func theImagesOwnCommandIsTheDefault(engine: TestedEngine)
                async throws
            {
                let host = try ContainerHost(engine)
                let outcome = try await host.run([], image: .archive(path: try ContainerTestFolder.layoutImage))
                #expect(outcome.end == .exited(0))
                #expect(outcome.output == "default\n")
                await host.driver.shutDown()
            }

            @Test(arguments: TestedEngine.present) func anArchivesOwnNamesAreNotTaken(engine: TestedEngine) async throws
            {
                let host = try ContainerHost(engine)
                #expect(try await host.run(["true"]).end == .exited(0))
                let named = try await host.run(["true"], image: .reference("weft-evil:latest", pull: .never))
                #expect(named.failure == .inputUnavailable)
            }

            @Test(arguments: TestedEngine.present) func standardInputIsReadToItsEnd(engine: TestedEngine) async throws {
                let host = try ContainerHost(engine)
                let text = String(repeating: "0123456789abcdef", count: 40_000)
                let outcome = try await host.run(["md5sum"], input: text)
                #expect(outcome.end == .exited(0))
                #expect(outcome.output == containerShellOutput("md5sum < \(outcome.workspace.standardInputPath)"))
                let unread = try await host.run(["true"], input: text)
                #expect(unread.end == .exited(0))
                let copied = try await host.run(["cat"], input: text)
                #expect(copied.output == text)
            }

            @Test(arguments: TestedEngine.present) func filesGoInAndOut(engine: TestedEngine) async throws {
                let host = try ContainerHost(engine)
                let outcome = try await host.run(
                    ["sh", "-c", "cat in/a.txt > b.txt && mkdir -p out && echo made > out/c.txt"],
                    files: ["in/a.txt": "given"])
                #expect(outcome.end == .exited(0), "\(outcome.errors)")
                #expect(readContainerText(outcome.workspace.payloadDirectory + "/b.txt") == "given")
                guard case .file(let file) = try outcome.workspace.findOutput("out/c.txt") else {
                    Issue.record("the output is missing")
                    return
                }
                #expect(try file.read(offset: 0, length: 100) == Array("made\n".utf8))
                try await host.root.remove(outcome.workspace)
            }

            @Test(arguments: TestedEngine.present) func aCommandThatIsNotThereSaysSo(engine: TestedEngine) async throws
            {
                let host = try ContainerHost(engine)
                let outcome = try await host.run(["no-such-program"])
                #expect(outcome.failure == .notExecutable, "\(outcome.end)")
                #expect(host.containers() == "")
            }

            @Test(arguments: TestedEngine.present) func anImageThatIsNotThereSaysSo(engine: TestedEngine) async throws {
                let host = try ContainerHost(engine)
                let missing = try await host.run(["true"], image: .reference("weft-none:1", pull: .never))
                #expect(missing.failure == .inputUnavailable)
                try writeContainerText("\(try ContainerTestFolder.shared.get().path)/no.tar", "no archive at all")
                let broken = try await host.run(
                    ["true"], image: .archive(path: "\(try ContainerTestFolder.shared.get().path)/no.tar"))
                #expect(broken.failure == .inputUnavailable, "\(broken.end)")
            }

            // MARK: limits

            // What holds for every driver is in DriverLimitTests.

            @Test(arguments: TestedEngine.present) func aChildThatNeedsTooMuchIsTold(engine: TestedEngine) async throws
            {
                let host = try ContainerHost(engine)
                let child = try await host.run(["sh", "-c", "attack strain hog; sleep 0.3"])
                #expect(child.failure == .outOfMemory, "\(child.end)")
                let inTemporary = try await host.script("dd if=/dev/zero of=/tmp/x bs=1M count=100; echo $?")
                #expect(inTemporary.output == "1\n" || inTemporary.failure == .outOfMemory)
                let killed = try await host.script("sh -c 'kill -9 $$'; exit $?")
                #expect(killed.end == .exited(137), "a signal is no want of memory")
            }

            @Test(arguments: TestedEngine.present) func aForkBombEndsWithItsTime(engine: TestedEngine) async throws {
                let host = try ContainerHost(engine)
                let bomb = try await host.script("f() { f | f & }; f; sleep 3; echo over", timeout: .seconds(30))
                #expect(bomb.failure == nil || bomb.failure == .timedOut || bomb.failure == .outOfMemory, "\(bomb.end)")
                #expect(host.containers() == "")
            }

            @Test(arguments: TestedEngine.present) func deletedAndLateFilesCount(engine: TestedEngine) async throws {
                let host = try ContainerHost(engine)
                let atTheEnd = try await host.script("dd if=/dev/zero of=f bs=1M count=33 2>/dev/null; exit 0")
                #expect(atTheEnd.failure == .outOfDisk, "\(atTheEnd.end)")
                let deleted = try await host.script(
                    "exec 9>f; rm f; dd if=/dev/zero bs=1M count=33 >&9 2>/dev/null; sleep 20")
                #expect(deleted.failure == .outOfDisk, "\(deleted.end)")
            }

            @Test(arguments: TestedEngine.present) func outputIsLimited(engine: TestedEngine) async throws {
                let host = try ContainerHost(engine, bounds: OutputBounds(standardOutputBytes: 1 << 20))
                let outcome = try await host.run(["yes"])
                #expect(outcome.failure == .outputTooLarge, "\(outcome.end)")
                let errors = try await host.script("dd if=/dev/zero bs=1M count=20 >&2")
                #expect(errors.end == .exited(0))
                #expect(errors.errors.utf8.count < 1 << 20)
            }

            // MARK: nothing stays

            @Test(arguments: TestedEngine.present) func aCancelledRunLeavesNothing(engine: TestedEngine) async throws {
                let host = try ContainerHost(engine)
                #expect(try await host.run(["true"]).end == .exited(0))
                for milliseconds in [0, 20, 80, 150, 250, 400, 1200] {
                    let running = Task { try await host.run(["sh", "-c", "attack try only:daemon; sleep 60"]) }
                    try await Task.sleep(for: .milliseconds(milliseconds))
                    running.cancel()
                    #expect(try await running.value.end == .cancelled)
                    #expect(host.containers() == "")
                }
                #expect(containerShellOutput("pgrep -f '[a]ttack try only:daemon'") == "")
            }

            @Test(arguments: TestedEngine.present) func whatADeadWorkerLeftIsSwept(engine: TestedEngine) async throws {
                let host = try ContainerHost(engine, owner: "dead")
                let other = try ContainerHost(engine, owner: "alive")
                #expect(try await host.run(["true"]).end == .exited(0))
                let command = try #require(engine.daemon?.command)
                let image =
                    containerShellOutput("\(command) images -q localhost/weft-dead").split(separator: "\n").first ?? ""
                #expect(!image.isEmpty)
                for owner in ["dead", "alive"] {
                    try containerShell(
                        "\(command) run -d --network none --ulimit nproc=4096:4096 --ulimit nofile=1024:1024 "
                            + "--label weft.worker=\(owner) \(image) sleep 600 >/dev/null")
                }
                #expect(host.containers() != "")
                let restarted = try ContainerHost(engine, owner: "dead")
                try await restarted.driver.sweep()
                #expect(host.containers() == "")
                #expect(other.containers() != "", "another worker's are its own")
                #expect(containerShellOutput("\(command) images -q localhost/weft-dead") == "")
                try await other.driver.sweep()
                #expect(other.containers() == "")
            }

            @Test(arguments: TestedEngine.present) func theImagesOfArchivesGoWithTheDriver(engine: TestedEngine)
                async throws
            {
                let host = try ContainerHost(engine, owner: "short")
                #expect(try await host.run(["true"]).end == .exited(0))
                let command = try #require(engine.daemon?.command)
                #expect(containerShellOutput("\(command) images -q localhost/weft-short") != "")
                await host.driver.shutDown()
                #expect(containerShellOutput("\(command) images -q localhost/weft-short") == "")
            }

            @Test func withoutAnEngineTheDriverSaysWhatToInstall() async throws {
                let driver = ContainerDriver(
                    engine: ContainerEngine(socketPath: "/nonexistent/engine.sock"),
                    options: ContainerOptions(owner: "tests", stateDirectory: "/tmp"))
                guard case .unavailable(let reason, let hint) = await driver.probe() else {
                    Issue.record("an engine answers where none is")
                    return
                }
                #expect(reason.contains("/nonexistent/engine.sock"))
                #expect(hint.contains("install Docker or Podman"))
            }
        }
    }
#endif
