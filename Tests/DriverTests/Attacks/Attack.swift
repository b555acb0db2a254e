/// One way a payload might try to get out of its wall, to see more than its own, or to take more than its share.
///
/// The attacks of this folder are one program (``AttackProgram``), which runs behind every driver that claims a wall. Docs
/// and tests are made from the same list: docs/attacks.md says of each what it tries and why it does no harm.
struct Attack: Sendable {
    enum Holds: Sendable {
        /// What it tries fails, behind every wall.
        case blocked
        /// It fails at the machine's kernel. Where a payload has a kernel of its own it may work there, and reaches no
        /// more than that one.
        case blockedByTheMachine
        /// It may work, and does no harm, for this reason.
        case harmless(because: String)
    }

    /// What is looked at from outside, when the payload is over.
    enum Witness: String, Sendable {
        case secret = "the host's secret was not said, and its folder is unchanged"
        case victim = "a process of the payload's user outside lives on"
        case processes = "no process is left"
        case listeners = "listeners outside heard nothing"
        case settings = "host name, clock, kernel settings, modules, swap are unchanged"
        case outputs = "what is no plain file is not taken for an output"
        case next = "the next payload finds nothing of it"
        case end = "the payload ended by itself, and the next one runs"
    }

    let name: String
    /// In a few words, for people.
    let tries: String
    let holds: Holds
    let witness: Witness
    /// C statements. `BLOCKED(call)` has to fail; `DENIED(call)` has to fail for want of permission.
    let code: String

    init(
        _ name: String, _ tries: String, holds: Holds = .blocked, seen witness: Witness = .end, _ code: String
    ) {
        self.name = name
        self.tries = tries
        self.holds = holds
        self.witness = witness
        self.code = code
    }

    /// As docs/attacks.md has it.
    var row: String {
        let why =
            switch holds {
            case .blocked: "blocked"
            case .blockedByTheMachine: "blocked; harmless in a kernel of its own"
            case .harmless(let reason): "harmless: \(reason)"
            }
        return "| `\(name)` | \(tries) | \(why) | \(witness.rawValue) |"
    }

    /// In the order in which they run.
    static let all = ofFiles + ofProcesses + ofPrivileges + ofTheKernel + ofTheNetwork + ofShares + ofLeavings
}
