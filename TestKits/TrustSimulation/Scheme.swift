/// A way to verify answers, driven by the pool's world.
protocol Scheme {
    /// What to do with one more task while `open` are under way.
    func gate(open: Int) -> Gate
    /// The task's first replica goes to this node.
    mutating func began(_ task: Int, on node: Int, _ desk: inout Desk)
    mutating func answered(_ task: Int, by node: Int, _ answer: Answer, _ desk: inout Desk)
    /// A task whose answer is known beforehand.
    mutating func canary(_ node: Int, isRight: Bool, _ desk: inout Desk)
    /// No task is left to begin, and no replica is running; tasks may be open all the same.
    mutating func drain(_ desk: inout Desk)
    /// Whether the node is given no more work.
    func isExcluded(_ node: Int) -> Bool
    /// The probability that the node's next answer is checked: what one who knows the scheme reckons with.
    func checkRate(of node: Int) -> Double
}

enum Gate { case begin, wait, refuse }

/// What a scheme wants done.
struct Desk {
    /// So many more replicas, on nodes that have none of the task.
    var asked: [(task: Int, count: Int)] = []
    var accepted: [(task: Int, answer: Answer)] = []
    /// Ended without an answer.
    var refused: [Int] = []
}

/// The schemes that are compared.
package enum SchemeKind: Hashable, Sendable {
    /// Two replicas, a third if they differ.
    case twoOfThree
    /// As BOINC does (``BoincScheme``).
    case boinc
    /// Weft's, at this `max_error`.
    case weft(maxError: Double)

    package static let all: [SchemeKind] = [
        .twoOfThree, .boinc, .weft(maxError: 1e-2), .weft(maxError: 1e-3), .weft(maxError: 1e-4),
    ]

    package var name: String {
        switch self {
        case .twoOfThree: "2 of 3"
        case .boinc: "BOINC"
        case .weft(let maxError): "weft \(maxError)"
        }
    }
}
