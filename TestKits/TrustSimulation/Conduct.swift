/// How a node of the pool treats the tasks that it is given.
package enum Conduct: Hashable, Sendable {
    case honest
    /// Invents an answer, each time.
    case alwaysWrong
    /// Invents one answer in so many thousand.
    case sometimesWrong(permille: Int)
    /// Is honest for so many tasks, and invents answers from then on.
    case sleeper(after: Int)
    /// Gives the same wrong answer as all others of its kind, each time.
    case colluder
    /// The same, from when so many thousandths of all tasks were begun; honest before.
    case sleepingColluder(permille: Int)
    /// Every third time it gives the answer of the task that it had before.
    case lazy
    /// Knows the scheme, what it thinks of it, and what its accomplices have answered. Lies so often (of thousand answers)
    /// while fewer than half of its answers are checked, and backs the lies of accomplices always.
    case cunning(permille: Int)

    /// Whether it does its worst together with others.
    var isColluding: Bool {
        switch self {
        case .honest, .alwaysWrong, .sometimesWrong, .sleeper, .lazy: false
        case .colluder, .sleepingColluder, .cunning: true
        }
    }
}

/// An answer, by what it is worth: only answers to one task are compared.
package struct Answer: Hashable, Sendable {
    let code: Int

    static let right = Answer(code: 0)
    /// The one on which all colluders agree.
    static let sharedLie = Answer(code: 1)
    /// Of one node.
    static func invented(by node: Int) -> Answer { Answer(code: 2 + 2 * node) }
    /// What was right for an earlier task.
    static func stale(_ task: Int) -> Answer { Answer(code: 3 + 2 * task) }
}
