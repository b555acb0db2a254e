#if os(Linux)
    import Glibc
    import TestEngines
    import Testing
    import WeftDrivers
    import WeftModel

    extension ContainerSuite {
        /// Images run without an engine.
        @Suite(.serialized) struct RuncTests {
            static let runtimes: [RuncDriver.Runtime] = [.runc, .runsc].filter { runtime in
                let isThere =
                    geteuid() == 0 && ContainerTestFolder.hasBusybox
                    && system("command -v \(runtime.rawValue) >/dev/null 2>&1") == 0
                if !isThere {
                    print("container tests: \(runtime.rawValue) skipped: it takes root, itself, busybox and cc")
                }
                return isThere
            }

            struct Host {
                let driver: RuncDriver
                let root: WorkspaceRoot
                let folder: String

                init(_ runtime: RuncDriver.Runtime) async throws {
                    _ = try ContainerTestFolder.image.get()
                    folder = try ContainerTestFolder.shared.get().makeDirectory()
                    try containerShell("mkdir \(folder)/state")
                    driver = RuncDriver(
                        runtime: runtime, processes: try await OpenProcesses.start(stateDirectory: "\(folder)/open"),
                        options: ContainerOptions(owner: "tests", stateDirectory: "\(folder)/state", processCount: 64),
                        name: runtime.rawValue)
                    root = try WorkspaceRoot(path: folder + "/work")
                }

                func run(
                    _ number: UInt64, _ command: [String], image: String? = nil, timeout: Duration = .seconds(30),
                    input: String? = nil
                ) async throws -> (report: RunReport, workspace: Workspace) {
                    let workspace = try root.makeWorkspace(for: containerAttempt(number))
                    if let input { try writeContainerText(workspace.standardInputPath, input) }
                    let image = try image ?? ContainerTestFolder.savedImage
                    let order = RunOrder(
                        .container(image: .archive(path: image), command: command), environment: ["GREETING": "hello"],
                        standardInputPath: input == nil ? nil : workspace.standardInputPath,
                        resources: ContainerHost.resources, timeout: timeout)
                    return (await driver.run(order, in: workspace) { _ in true }, workspace)
                }

                /// Folders of containers and their control groups that are left.
                func leftovers() -> String {
                    containerShellOutput("ls -d \(folder)/work/*.bundle \(folder)/state/*/weft-* 2>/dev/null")
                        + containerShellOutput("find /sys/fs/cgroup -maxdepth 3 -name 'weft-tests-*' 2>/dev/null")
                }
            }

            private func text(_ report: RunReport) -> String {
                guard case .memory(let bytes) = report.standardOutput else { return "" }
                return String(decoding: bytes, as: UTF8.self)
            }

            private func failure(_ report: RunReport) -> AttemptFailure.Kind? {
                guard case .failed(let failure) = report.end else { return nil }
                return failure.kind
            }

            @Test(arguments: runtimes) func aContainerRunsAndLeavesNothing(runtime: RuncDriver.Runtime) async throws {
                let host = try await Host(runtime)
                print("container tests: \(runtime.rawValue): \(await host.driver.probe())")
                let (report, workspace) = try await host.run(
                    1, ["sh", "-c", "cat; echo $GREETING $FROM_IMAGE $(id -u) $(pwd); echo made > out; exit 7"],
                    input: "given ")
                #expect(report.end == .exited(7), "\(String(decoding: report.standardError.bytes(), as: UTF8.self))")
                #expect(text(report) == "given hello yes 65534 /work\n")
                #expect(readContainerText(workspace.payloadDirectory + "/out") == "made\n")
                let (own, _) = try await host.run(2, [], image: try ContainerTestFolder.layoutImage)
                #expect(text(own) == "default\n")
                let (missing, _) = try await host.run(3, ["no-such-program"])
                if runtime == .runc { #expect(failure(missing) == .notExecutable, "\(missing.end)") }
                #expect(missing.end != .exited(0))
                #expect(host.leftovers() == "")
                await host.driver.shutDown()
            }

            @Test(arguments: runtimes) func limitsHold(runtime: RuncDriver.Runtime) async throws {
                let host = try await Host(runtime)
                let (hog, _) = try await host.run(1, ["attack", "hog"])
                #expect(failure(hog) == .outOfMemory, "\(hog.end)")
                let (late, _) = try await host.run(2, ["sleep", "60"], timeout: .seconds(1))
                #expect(failure(late) == .timedOut)
                let (large, _) = try await host.run(
                    3,
                    [
                        "sh", "-c",
                        "i=0; while true; do dd if=/dev/zero of=f$i bs=1M count=4 2>/dev/null; i=$((i+1)); done",
                    ])
                #expect(failure(large) == .outOfDisk, "\(large.end)")
                if runtime == .runc {
                    let (forks, _) = try await host.run(4, ["attack", "forks"])
                    #expect(Int(text(forks).split(separator: "\n").first ?? "") ?? 9999 <= 64, "\(text(forks))")
                }
                #expect(host.leftovers() == "")
                await host.driver.shutDown()
            }

            @Test(arguments: runtimes) func aCancelledRunLeavesNothing(runtime: RuncDriver.Runtime) async throws {
                let host = try await Host(runtime)
                for (number, milliseconds) in [0, 60, 150, 400].enumerated() {
                    let running = Task { try await host.run(UInt64(number + 1), ["sleep", "60"]).report.end }
                    try await Task.sleep(for: .milliseconds(milliseconds))
                    running.cancel()
                    #expect(try await running.value == .cancelled)
                    #expect(host.leftovers() == "")
                }
                await host.driver.shutDown()
            }

            @Test(arguments: runtimes.filter { $0 == .runc }) func programsDoNotEscape(
                runtime: RuncDriver.Runtime
            ) async throws {
                let host = try await Host(runtime)
                let names = AttackTests.programs.joined(separator: " ")
                let (report, _) = try await host.run(
                    1, ["sh", "-c", "for a in \(names); do echo $a $(attack $a); done"])
                let lines = text(report).split(separator: "\n")
                #expect(lines.count == AttackTests.programs.count)
                for line in lines { #expect(line.hasSuffix(" held"), "\(line)") }
                await host.driver.shutDown()
            }
        }
    }
#endif
