package import WeftModel

/// The votes on one task: who answered what. Which of them came first over the network does not matter.
package struct Ballot: Hashable, Sendable {
    package struct Vote: Hashable, Sendable {
        package let member: Member
        package let answer: Digest
        /// Its place in the order in which the task's replicas were handed out.
        package let order: Int
    }

    package let task: TaskID
    /// By ``Vote/order``; one of each member.
    package private(set) var votes: [Vote] = []
    /// Votes that no longer count, because their member was caught in a lie before they were confirmed.
    package private(set) var struck: [Vote] = []
    /// Whether it was drawn to be checked: one answer does not do.
    package var isDrawn = false

    package init(task: TaskID) { self.task = task }

    /// Adds a vote; false if the member has voted before, then or now.
    @discardableResult package mutating func add(_ answer: Digest, of member: Member, order: Int) -> Bool {
        guard !votes.contains(where: { $0.member == member }), !struck.contains(where: { $0.member == member })
        else { return false }
        let position = votes.firstIndex { ($0.order, $0.member) > (order, member) } ?? votes.count
        votes.insert(Vote(member: member, answer: answer, order: order), at: position)
        return true
    }

    /// Says anew which answer the votes of these orders are for.
    package mutating func restate(_ answers: [Int: Digest]) {
        votes = votes.map { Vote(member: $0.member, answer: answers[$0.order] ?? $0.answer, order: $0.order) }
    }

    /// Takes away a vote of a member that was convicted.
    package mutating func strike(_ member: Member) {
        guard let position = votes.firstIndex(where: { $0.member == member }) else { return }
        struck.append(votes.remove(at: position))
    }
}

/// One answer to a task and those who gave it, each of another group.
struct Side {
    var answer: Digest
    /// The first of them to be asked.
    var lead: Member
    var supporters: Int
    /// The probability that all of them are wrong.
    var lie = 0.0
    /// The probability that the answer is wrong, given all votes.
    var bound = 0.0
}
