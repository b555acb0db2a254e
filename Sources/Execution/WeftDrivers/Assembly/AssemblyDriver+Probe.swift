import WeftModel

extension AssemblyDriver {
    /// Assembles and runs a program for each processor, as a job's would be.
    package func probe() async -> DriverAvailability {
        guard let toolchain else {
            return .unavailable(
                reason: "there is no assembler: neither clang with lld nor GNU as with ld was found",
                hint: "install clang and lld, or binutils, or run scripts/setup-drivers.sh assembly")
        }
        await process.findEmulators()
        guard let first = architectures.first, let native = ProgramArchitecture(named: first) else {
            let can = toolchain.architectures.map(\.rawValue).joined(separator: ", ")
            return .unavailable(
                reason: "what can be assembled (\(can)) cannot be run here", hint: "install qemu-user-static")
        }
        let available = await process.probe()
        guard case .available(_, _, let enforced, let isolation, _) = available else { return available }
        var startup: Duration?
        for name in architectures {
            guard let architecture = ProgramArchitecture(named: name) else { continue }
            do {
                let took = try await tryOut(architecture)
                if architecture == native { startup = took }
            } catch {
                return .unavailable(reason: "a program for \(name) could not be made: \(error)", hint: "")
            }
        }
        return .available(
            version: toolchain.label, startup: startup ?? .zero, enforced: enforced, isolation: isolation,
            architectures: architectures)
    }

    private struct ProbeFailure: Error, CustomStringConvertible { var description: String }

    private func tryOut(_ architecture: ProgramArchitecture) async throws -> Duration {
        let root = try WorkspaceRoot(path: stateDirectory)
        let workspace = try root.makeWorkspace(
            for: AttemptID(
                task: TaskID(job: JobID(0), index: 0), replica: 0, lease: LeaseID(epoch: 0, sequence: 0)))
        let path = try workspace.prepareInput("probe.s")
        try workspace.write(Array(Self.exitSource(architecture).utf8), to: path, isExecutable: false)
        let order = RunOrder(
            .assembly(sourcePath: path, architecture: architecture.rawValue, arguments: []),
            resources: Resources(cpuMillis: 1000, memoryBytes: 256 << 20, diskBytes: 1 << 20), timeout: .seconds(20))
        let clock = ContinuousClock()
        let start = clock.now
        let report = await run(order, in: workspace) { _ in true }
        let took = clock.now - start
        try await root.remove(workspace)
        guard report.end == .exited(TinyProgram.status) else {
            throw ProbeFailure(description: "it ended as \(report.end)")
        }
        return took
    }

    /// Ends with ``TinyProgram/status``.
    private static func exitSource(_ architecture: ProgramArchitecture) -> String {
        let status = TinyProgram.status
        let code =
            switch architecture {
            case .arm64: "mov x0, #\(status)\n mov x8, #93\n svc #0"
            case .riscv64: "li a0, \(status)\n li a7, 93\n ecall"
            default: "mov $\(status), %edi\n mov $60, %eax\n syscall"
            }
        return ".globl _start\n_start:\n \(code)\n"
    }
}
