package import WeftModel

/// Who is checked, and by whom: drawn from a seed that nobody outside the coordinator may know.
package struct Lottery: Hashable, Sendable {
    private let seed: UInt64

    package init(seed: UInt64) { self.seed = seed }

    /// Tasks in the order of their ranks are in random order.
    func rank(_ task: TaskID) -> UInt64 {
        mix(mix(seed &+ task.job.number &* 0x9E37_79B9_7F4A_7C15) &+ UInt64(task.index))
    }

    /// Which of `count` candidates, in an order that does not depend on them, answers next to a task that has `votes`.
    package func candidate(of count: Int, for task: TaskID, votes: Int) -> Int {
        Int(mix(rank(task) &+ UInt64(votes) &* 0xD1B5_4A32_D192_ED03).multipliedFullWidth(by: UInt64(count)).high)
    }

    /// Whether the task is one of a share of all tasks that is drawn at random.
    package func draws(_ task: TaskID, share: Double) -> Bool {
        Double(mix(rank(task) ^ 0xA076_1D64_78BD_642F) >> 11) < share * 0x1p53
    }

    /// The finaliser of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
    private func mix(_ value: UInt64) -> UInt64 {
        var mixed = value &+ 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
