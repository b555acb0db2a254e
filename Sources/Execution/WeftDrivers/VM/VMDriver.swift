import Synchronization
import WeftModel
import WeftSandbox

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Runs a program in a virtual machine of its own that is thrown away afterwards: a kernel of its own behind an emulated
/// processor (or KVM's), all of which runs as an ordinary user inside the sandbox.
///
/// The machine is minimal: statically linked programs and busybox scripts, no network, everything in memory.
package final class VMDriver: Driver {
    package let name = "vm"
    package var payloads: [String] { ["process"] }

    /// What runs the machine's processor.
    package enum Accelerator: String, Sendable, Hashable { case kvm, tcg }

    /// What a machine needs, found out once. Its files are in ``stateDirectory``.
    struct Parts: Sendable {
        var assets: VMAssets
        var accelerator: Accelerator
        /// Where a machine finds the modules of its kernel.
        var modules: [String]
        var applets: [String]
        /// The host's clock, for a guest that cannot measure it reliably under emulation.
        var clockKilohertz: Int?
    }

    let process: ProcessDriver
    let launcher: SandboxLauncher?
    let found: Result<VMAssets, VMAssets.Missing>
    let stateDirectory: String
    private let bounds: OutputBounds
    let parts = Mutex<Parts?>(nil)

    /// What a machine takes besides what its payload may use: its kernel, and qemu around it.
    package static let kernelBytes: Int64 = 96 << 20
    package static let emulatorBytes: Int64 = 192 << 20
    private static let bootTimeout = Duration.seconds(60)
    private static let collectTimeout = Duration.seconds(60)
    private static let processorsMax: Int64 = 8
    package static let processCount: Int64 = 1024

    /// What every machine starts from, in ``stateDirectory``: a kernel, and the files that all of them have.
    static let kernelName = "kernel"
    static let commonImageName = "common"

    private static let kernelPath = "/.weft/kernel"
    private static let imagePath = "/.weft/initrd"

    /// - Parameters:
    ///   - process: whose sandbox qemu runs in; shut down by its owner.
    ///   - assets: what ``VMAssets/find(kernelFolders:guestPath:)`` found, or its error.
    ///   - stateDirectory: a directory of the worker's that is this driver's alone; made if missing.
    package init(
        process: ProcessDriver, assets: Result<VMAssets, VMAssets.Missing>, stateDirectory: String,
        bounds: OutputBounds = OutputBounds()
    ) {
        self.process = process
        if case .sandbox(let launcher) = process.wall { self.launcher = launcher } else { launcher = nil }
        found = assets
        self.stateDirectory = stateDirectory
        self.bounds = bounds
    }

    func keptPath(_ name: String) -> String { stateDirectory + "/" + name }

    package func run(_ order: RunOrder, in workspace: Workspace, log: @escaping LogSink) async -> RunReport {
        do {
            guard let launcher else {
                throw AttemptFailure(.refused, "virtual machines need the sandbox, which this worker does without")
            }
            let command = try check(order)
            let parts = try await preparedParts()
            let wanted = command.architecture
            try VMProgram.check(command.command, for: wanted, in: workspace, applets: Set(parts.applets))
            return try await workspace.withDirectoryBeside("vm") { machine in
                try await run(
                    command.command, order, parts, launcher, in: workspace, machine: machine.payloadDirectory, log: log)
            }
        } catch let failure as AttemptFailure {
            return RunReport(end: .failed(failure))
        } catch is CancellationError {
            return RunReport(end: .cancelled)
        } catch {
            return RunReport(end: .failed(AttemptFailure(.sandboxFailed, "\(error)")))
        }
    }

    private func check(_ order: RunOrder) throws -> (command: [String], architecture: ProgramArchitecture?) {
        guard case .process(let command, let name) = order.payload else {
            throw AttemptFailure(.refused, "the vm driver runs no \(order.payload.driver) payloads")
        }
        let hasZero =
            command.contains { $0.utf8.contains(0) }
            || order.environment.contains { $0.key.utf8.contains(0) || $0.value.utf8.contains(0) }
        guard !hasZero else {
            throw AttemptFailure(.notExecutable, "arguments and environment must not contain a NUL byte")
        }
        let architecture = try name.map { name throws in
            guard let architecture = ProgramArchitecture(named: name) else {
                throw AttemptFailure(.notExecutable, "there is no architecture \(name.debugDescription)")
            }
            return architecture
        }
        return (command, architecture)
    }

    // MARK: one machine

    private func run(
        _ command: [String], _ order: RunOrder, _ parts: Parts, _ launcher: SandboxLauncher, in workspace: Workspace,
        machine: String, log: @escaping LogSink
    ) async throws -> RunReport {
        let memory = max(16 << 20, order.resources.memoryBytes)
        let disk = max(1 << 20, order.resources.diskBytes)
        let imageBytes = try writeImage(
            machine + "/initrd", command, order, parts, in: workspace, memoryBytes: memory, diskBytes: disk)
        // The kernel keeps a sixty-fourth of all memory to describe it; the image is there packed and unpacked.
        let guestBytes = memory + memory / 32 + Self.kernelBytes + 2 * imageBytes
        let (output, error) = try Pipe.makeTwo()
        let (port, complaints) = try Pipe.makeTwo()
        let keyboard = try Pipe()
        defer {
            for end in [output.writing, error.writing, port.reading, complaints.reading, keyboard.writing] {
                close(end)
            }
        }
        var handed = [port.writing, complaints.writing, keyboard.reading]
        defer { for end in handed { close(end) } }
        _ = fcntl(port.reading, F_SETFL, 0)

        let stop = RunStop()
        let pump = try OutputPump(
            standardOutput: output.reading, standardError: error.reading, spoolPath: workspace.standardOutputPath,
            bounds: bounds, reactor: launcher.reactor, log: log, trouble: stop.stop)
        let boot = Self.bootTimeout * max(1, 1000 / Double(max(10, order.resources.cpuMillis)))
        let session: GuestSession
        do {
            let files = try GuestFiles(in: workspace, limitBytes: disk)
            session = GuestSession(
                stop: stop, bootTimeout: boot, timeout: order.timeout, collectTimeout: Self.collectTimeout,
                pause: order.pause)
            session.listen(port: port.reading, output: output.writing, error: error.writing, files: files)
        } catch {
            _ = pump.finish()
            throw error
        }
        let backstop = boot + min(order.timeout, .seconds(315_360_000)) + Self.collectTimeout + .seconds(10)
        let spec = SandboxSpec(
            arguments: qemu(parts, order, guestBytes: guestBytes), standardInput: keyboard.reading,
            standardOutput: port.writing, standardError: complaints.writing,
            limits: SandboxLimits(
                memoryBytes: guestBytes + Self.emulatorBytes + imageBytes,
                cpuMillis: max(10, order.resources.cpuMillis),
                processCount: 64, fileSizeBytes: 1 << 20, temporaryBytes: 1 << 20, wallTime: backstop),
            binds: [
                SandboxBind(hostPath: keptPath(Self.kernelName), sandboxPath: Self.kernelPath),
                SandboxBind(hostPath: machine + "/initrd", sandboxPath: Self.imagePath),
            ]
                + (parts.accelerator == .kvm
                    ? [SandboxBind(hostPath: "/dev/kvm", sandboxPath: "/dev/kvm", access: .device)] : []),
            user: process.user, pause: order.pause)
        let ended: Result<SandboxReport, any Error>
        do { ended = .success(try await launcher.run(spec, stop: stop)) } catch { ended = .failure(error) }
        // Nobody writes to the port any more: its reader comes to the end.
        for end in handed { close(end) }
        handed = []
        let heard = await session.finish()
        let captured = pump.finish()
        var report = RunReport(
            end: .cancelled, standardOutput: captured.standardOutput, standardError: captured.standardError,
            usage: Self.usage(heard, ended))
        report.usage?.outputBytes = captured.totalBytes
        #if os(Linux)
            // What came out of the machine; what stayed in it occupies nothing any more.
            report.usage?.diskBytes = await WorkingDirectory.measure(workspace.payloadDirectory, limitBytes: disk)
        #endif
        report.end = Self.end(
            heard, ended, isCancelled: Task.isCancelled, outputFailure: captured.failure, memoryBytes: memory,
            complaints: complaints.reading)
        return report
    }

    private func qemu(_ parts: Parts, _ order: RunOrder, guestBytes: Int64) -> [String] {
        var kernel = "quiet reboot=t panic=-1 loglevel=3 random.trust_cpu=on no_timer_check"
        if parts.accelerator == .tcg, let clock = parts.clockKilohertz { kernel += " tsc_early_khz=\(clock)" }
        let processors = max(1, min(Self.processorsMax, (order.resources.cpuMillis + 999) / 1000))
        return [
            parts.assets.qemuPath, "-M", "microvm,x-option-roms=off,isa-serial=off,rtc=on,auto-kernel-cmdline=off",
        ]
            + (parts.accelerator == .kvm
                ? ["-accel", "kvm", "-cpu", "host"] : ["-accel", "tcg,tb-size=64", "-cpu", "max"])
            + [
                "-smp", "\(processors)", "-m", "\((guestBytes + (1 << 20) - 1) >> 20)M", "-nodefaults",
                "-no-user-config",
                "-nographic", "-no-reboot", "-device", "virtio-serial-device", "-chardev", "stdio,id=port,signal=off",
                "-device", "virtserialport,chardev=port", "-kernel", Self.kernelPath, "-initrd", Self.imagePath,
                "-append", kernel,
            ]
    }

    // MARK: what came of it

    private static func usage(_ heard: GuestSession.Heard, _ ended: Result<SandboxReport, any Error>) -> Usage? {
        guard case .success(let report) = ended else { return nil }
        var usage = Usage(report.usage)
        if let started = heard.startedAt, let stopped = heard.endedAt {
            usage.wallMicroseconds = (stopped - started).microseconds
        }
        // The payload's own, without what its machine took.
        usage.peakMemoryBytes = heard.usage?.peakMemoryBytes ?? usage.peakMemoryBytes
        usage.cpuMicroseconds = heard.usage?.cpuMicroseconds ?? usage.cpuMicroseconds
        return usage
    }

    private static func end(
        _ heard: GuestSession.Heard, _ ended: Result<SandboxReport, any Error>, isCancelled: Bool,
        outputFailure: AttemptFailure?, memoryBytes: Int64, complaints: Int32
    ) -> RunEnd {
        if isCancelled { return .cancelled }
        if let outputFailure { return .failed(outputFailure) }
        if let end = heard.end {
            if case .exited = end, heard.outOfMemoryKills > 0 {
                return .failed(
                    AttemptFailure(.outOfMemory, "it needed more than its \(memoryBytes) bytes of memory"))
            }
            return end
        }
        switch ended {
        case .failure(let error): return .failed(AttemptFailure(.sandboxFailed, "\(error)"))
        case .success(let report):
            var what = "it ended as \(report.end)"
            switch report.end {
            case .outOfMemory: what = "qemu needed more memory than was foreseen"
            case .exited(let code): what = "qemu ended with status \(code)"
            default: break
            }
            let said = readAvailable(complaints)
            let when = heard.hasStarted ? "while the payload ran" : "before the payload started"
            return .failed(
                AttemptFailure(
                    .sandboxFailed,
                    "the virtual machine ended \(when): \(what)"
                        + (said.isEmpty ? "" : "; qemu said \(said.debugDescription)")))
        }
    }

    /// The beginning of what qemu complained about.
    private static func readAvailable(_ descriptor: Int32) -> String {
        let bytes = [UInt8](unsafeUninitializedCapacity: 512) { buffer, count in
            count = max(0, read(descriptor, buffer.baseAddress, buffer.count))
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
