#if os(Linux)
    import WeftModel
    import WeftSandbox

    /// Runs payloads without a wall, for owners who asked for that: each in a session of its own, ended as a tree.
    ///
    /// Only the wall time is limited. What a payload starts is ended with it, daemons too: the launcher's cells inherit
    /// whatever loses its parent. But a payload runs as the worker, and could harm either of them.
    package final class OpenProcesses: Sendable {
        private let launcher: SandboxLauncher

        var reactor: Reactor { launcher.reactor }

        private init(launcher: SandboxLauncher) { self.launcher = launcher }

        /// Starts the helper process.
        ///
        /// - Parameters:
        ///   - executablePath: `weft-sandbox`; by default what ``SandboxLauncher/locate()`` finds.
        ///   - stateDirectory: where short-lived files may be put.
        /// - Throws: `SandboxError.launcherUnavailable`.
        package static func start(executablePath: String? = nil, stateDirectory: String) async throws -> OpenProcesses {
            OpenProcesses(
                launcher: try await SandboxLauncher.start(
                    executablePath: executablePath, stateDirectory: stateDirectory))
        }

        /// The process id of the helper, for diagnostics.
        package var processIdentifier: Int32? { launcher.processIdentifier }

        func makePipes() throws(SystemError) -> (output: Pipe, error: Pipe) { try Pipe.makeTwo() }

        /// As ``SandboxLauncher/run(_:stop:)`` does, as far as it can be done.
        func run(_ spec: SandboxSpec, stop: RunStop) async throws -> SandboxReport {
            try await launcher.runOpen(spec, stop: stop)
        }

        package func shutDown() async { await launcher.shutdown() }
    }
#endif
