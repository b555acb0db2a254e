import WeftSandbox

/// A command that another driver has the process driver run behind its wall, in place of a payload's own.
struct WalledCommand: Sendable {
    var arguments: [String]
    /// The whole environment.
    var environment: [String: String]
    /// What the sandbox shows besides what every payload sees; without a wall there are no binds.
    var binds: [SandboxBind]
    /// What an end means, where it means something else than for a payload.
    var ending: @Sendable (SandboxEnd) -> RunEnd?

    init(
        arguments: [String], environment: [String: String], binds: [SandboxBind] = [],
        ending: @escaping @Sendable (SandboxEnd) -> RunEnd? = { _ in nil }
    ) {
        self.arguments = arguments
        self.environment = environment
        self.binds = binds
        self.ending = ending
    }
}
