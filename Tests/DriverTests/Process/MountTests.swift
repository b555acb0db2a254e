#if os(Linux)
    import Glibc
    import Testing
    import WeftDrivers
    import WeftModel
    import WeftSandbox

    /// Directories of the working directory at absolute paths, in a real sandbox.
    @Suite struct ProcessMountTests {
        private func run(
            _ script: String, mounts: [Mount], on host: DriverHost, driver: ProcessDriver? = nil
        ) async throws -> (report: RunReport, workspace: Workspace) {
            let workspace = try host.makeWorkspace([DriverHost.File("in/word", "given")])
            for mount in mounts { try workspace.prepareDirectory(mount.path) }
            let order = RunOrder(
                .process(command: ["/bin/sh", "-c", script]),
                resources: Resources(cpuMillis: 1000, memoryBytes: 256 << 20, diskBytes: 64 << 20),
                timeout: .seconds(30), reuse: "same", mounts: mounts)
            return (await (driver ?? host.process).run(order, in: workspace) { _ in true }, workspace)
        }

        @Test func whatIsDoneInOnePlaceIsSeenInTheOther() async throws {
            let host = try await DriverHost(emulated: false)
            let mounts = [
                Mount(path: "in", at: "/data"), Mount(path: "a/tmp", at: "/tmp"), Mount(path: "deep", at: "/opt/x/y"),
            ]
            let (report, workspace) = try await run(
                "cat /data/word; echo t >/tmp/t; echo y >/opt/x/y/y; ls -A /tmp", mounts: mounts, on: host)
            #expect(report.end == .exited(0))
            #expect(DriverHost.text(report.standardOutput) == "givent\n")
            #expect(try host.produced("a/tmp/t", in: workspace) == "t\n")
            #expect(try host.produced("deep/y", in: workspace) == "y\n")
            // Not in the sandbox of a run that comes after it, mounts or not.
            let (after, _) = try await run("ls -A /data /tmp /opt/x 2>/dev/null; true", mounts: [], on: host)
            #expect(after.end == .exited(0) && DriverHost.text(after.standardOutput) == "/tmp:\n")
            await host.close()
        }

        @Test func withoutAWallTheyAreRefused() async throws {
            let host = try await DriverHost(emulated: false)
            let open = ProcessDriver(wall: .none(try await OpenProcesses.start(stateDirectory: host.folder + "/open")))
            let (report, _) = try await run("true", mounts: [Mount(path: "in", at: "/data")], on: host, driver: open)
            guard case .failed(let failure) = report.end else { return #expect(Bool(false), "\(report.end)") }
            #expect(failure.kind == .refused)
            await open.shutDown()
            await host.close()
        }
    }
#endif
