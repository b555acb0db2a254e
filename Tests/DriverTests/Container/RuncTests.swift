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

                init(
                    _ runtime: RuncDriver.Runtime, owner: String = "tests", processCount: Int64 = 64,
                    keptImages: Int = 8
                ) async throws {
                    _ = try ContainerTestFolder.image.get()
                    folder = try ContainerTestFolder.shared.get().makeDirectory()
                    try containerShell("mkdir \(folder)/state")
                    var options = ContainerOptions(
                        owner: owner, stateDirectory: "\(folder)/state", processCount: processCount,
                        keptImages: keptImages)
                    options.digest = ContainerHost.digest
                    driver = RuncDriver(
                        runtime: runtime, processes: try await OpenProcesses.start(stateDirectory: "\(folder)/open"),
                        options: options, name: runtime.rawValue)
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

                /// The directories of images that are unpacked.
                func images(_ runtime: RuncDriver.Runtime) -> [Substring] {
                    containerShellOutput("ls \(folder)/state/images-\(runtime.rawValue) 2>/dev/null").split(
                        separator: "\n")
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
                if runtime == .runc { #expect(missing.failure?.kind == .notExecutable, "\(missing.end)") }
                #expect(missing.end != .exited(0))
                #expect(host.leftovers() == "")
                await host.driver.shutDown()
            }

            @Test(arguments: runtimes) func anImageIsUnpackedOnceAndNobodyWritesToIt(
                runtime: RuncDriver.Runtime
            ) async throws {
                let host = try await Host(runtime, keptImages: 1)
                for number in UInt64(1)...2 {
                    let (report, _) = try await host.run(
                        number, ["sh", "-c", "touch /mine /bin/mine; chmod 777 /bin; ls / /bin | grep mine; true"])
                    #expect(report.end == .exited(0) && text(report) == "")
                    #expect(host.images(runtime) == ["1"])
                }
                async let first = host.run(3, ["true"])
                async let second = host.run(4, [], image: try ContainerTestFolder.layoutImage)
                #expect(try await first.report.end == .exited(0))
                #expect(try await second.report.end == .exited(0))
                #expect(host.images(runtime).count == 1)
                let (broken, _) = try await host.run(5, ["true"], image: "/etc/passwd")
                guard case .failed(let failure) = broken.end, failure.kind == .inputUnavailable else {
                    Issue.record("\(broken.end)")
                    return
                }
                #expect(host.images(runtime).count == 1)
                await host.driver.shutDown()
                #expect(host.images(runtime) == [])
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
        }
    }
#endif
