#if !os(Linux)
    /// The seam for other systems: the same interface, and an honest answer.
    package final class SandboxLauncher: Sendable {
        package static let environmentVariable = "WEFT_SANDBOX_LAUNCHER"

        private static let reason = "this operating system has no sandbox yet: Weft needs Linux namespaces to run tasks"

        package var processIdentifier: Int32? { nil }

        private init() {}

        package static func start(
            executablePath: String? = nil, stateDirectory: String
        ) async throws -> SandboxLauncher {
            throw SandboxError.unsupported(message: reason)
        }

        package static func locate() throws(SandboxError) -> String { throw .unsupported(message: reason) }

        package var reactor: Reactor { preconditionFailure("no launcher can have been started here") }

        package func run(_ spec: SandboxSpec, stop: RunStop = RunStop()) async throws -> SandboxReport {
            throw SandboxError.unsupported(message: Self.reason)
        }

        package func measureStartup(runs: Int) async throws -> SandboxStartup {
            throw SandboxError.unsupported(message: Self.reason)
        }

        package func probe() async -> SandboxCapabilities { Self.capabilities }

        package func shutdown() async {}

        static var capabilities: SandboxCapabilities {
            SandboxCapabilities(
                mode: .unavailable, unavailable: .init(name: "system", isAvailable: false, detail: reason),
                kernelRelease: "", controlGroups: .none)
        }
    }

    extension SandboxCapabilities {
        package static func probe(executablePath: String? = nil, stateDirectory: String) async -> SandboxCapabilities {
            SandboxLauncher.capabilities
        }
    }
#endif
