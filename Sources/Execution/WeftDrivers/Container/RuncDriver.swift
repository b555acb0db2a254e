#if os(Linux)
    import Glibc
    import Synchronization
    import WeftModel
    import WeftSandbox

    /// Runs images from archives where there is no container engine: unpacks them and has `runc` make the container, or
    /// gVisor's `runsc`. The worker has to be root.
    package final class RuncDriver: Driver {
        package enum Runtime: String, Sendable {
            case runc
            /// A kernel of its own in user space.
            case runsc
        }

        package let name: String
        package let runtime: Runtime
        private let processes: OpenProcesses
        private let options: ContainerOptions
        private let search: [String]
        private let images: UnpackedImages

        /// - Parameters:
        ///   - processes: what starts the runtime, and ends whatever it leaves.
        ///   - search: folders in which the runtime is looked for.
        package init(
            runtime: Runtime, processes: OpenProcesses, options: ContainerOptions, name: String = "runc",
            search: [String] = RuncDriver.usualFolders
        ) {
            self.runtime = runtime
            self.processes = processes
            self.options = options
            self.name = name
            self.search = search
            images = UnpackedImages(directory: "\(options.stateDirectory)/images-\(runtime.rawValue)", options: options)
        }

        package static let usualFolders = [
            "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin",
        ]

        /// Whether it is worth trying.
        package static func isInstalled(_ runtime: Runtime) -> Bool {
            usualFolders.contains { access("\($0)/\(runtime.rawValue)", X_OK) == 0 }
        }

        /// The kinds of payload that it runs.
        package var payloads: [String] { ["container"] }

        package func shutDown() async {
            // What cannot be removed now is at the next start.
            try? await images.removeAll()
            await processes.shutDown()
        }

        private var executable: String? {
            search.map { "\($0)/\(runtime.rawValue)" }.first { access($0, X_OK) == 0 }
        }

        private var stateRoot: String { options.stateDirectory + "/" + runtime.rawValue }

        package func probe() async -> DriverAvailability {
            guard geteuid() == 0 else {
                return .unavailable(
                    reason: "\(runtime.rawValue) without a container engine takes root",
                    hint: "run the worker as root, or install Docker or Podman")
            }
            guard let executable else {
                return .unavailable(
                    reason: "\(runtime.rawValue) is not installed",
                    hint: "apt-get install \(runtime.rawValue) (scripts/setup-drivers.sh containers)")
            }
            do {
                try await sweep()
                let run = try RuncRun(
                    executable: executable, runtime: runtime, stateRoot: stateRoot, options: options,
                    folder: options.makeProbePath())
                let started = ContinuousClock.now
                let status = try await run.probe(processes)
                guard status == 0 else {
                    return .unavailable(
                        reason: "\(runtime.rawValue) ended with status \(status) for a program that does nothing",
                        hint: "")
                }
                return .available(
                    version: runtime.rawValue, startup: ContinuousClock.now - started,
                    enforced: [.cpu, .memory, .processes, .disk, .time, .network].sorted(),
                    isolation: runtime == .runsc ? .gvisor : .process)
            } catch {
                return .unavailable(reason: "\(error)", hint: "")
            }
        }

        /// Removes what a worker left behind when it was killed. To be called before anything runs.
        package func sweep() async throws {
            try await images.removeAll()
            guard let executable else { return }
            try await RuncRun.sweep(executable: executable, stateRoot: stateRoot, processes: processes)
            try options.sweepProbes()
        }

        /// Nobody else knows the digest of an archive without one, so that it is unpacked anew.
        private func digest(of archive: String, _ order: RunOrder) async throws -> Digest {
            if let known = order.codeDigest { return known }
            if let made = try await options.digest?(archive) { return made }
            return Digest(bytes: (0..<32).map { _ in UInt8.random(in: .min ... .max) })!
        }

        package func run(_ order: RunOrder, in workspace: Workspace, log: @escaping LogSink) async -> RunReport {
            do {
                guard case .container(let image, let command) = order.payload else {
                    throw AttemptFailure(.refused, "this driver runs containers only")
                }
                guard case .archive(let path) = image else {
                    throw AttemptFailure(
                        .inputUnavailable,
                        "this worker has no container engine to pull an image with: give the image as an archive")
                }
                guard let executable else {
                    throw AttemptFailure(.sandboxFailed, "\(runtime.rawValue) is not there any more")
                }
                let digest = try await digest(of: path, order)
                let unpacked = try await images.acquire(digest, from: path)
                let report: RunReport
                do {
                    let run = try RuncRun(
                        executable: executable, runtime: runtime, stateRoot: stateRoot, options: options,
                        folder: workspace.payloadDirectory + ".bundle")
                    report = await run.run(unpacked, command, order, workspace, processes, log)
                } catch {
                    report = RunReport(end: RunEnd(engineFailure: error))
                }
                // Also when the task has been cancelled.
                await Task { await images.release(digest) }.value
                return report
            } catch EngineError.tooLarge {
                return RunReport(
                    end: .failed(
                        AttemptFailure(
                            .inputUnavailable, "the image unpacks to more than \(options.imageBytesMax) bytes")))
            } catch {
                return RunReport(end: RunEnd(engineFailure: error))
            }
        }
    }
#endif
