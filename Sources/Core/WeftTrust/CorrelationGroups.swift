/// A group of nodes that may act as one, so that one's answer does not confirm another's.
package struct GroupID: Hashable, Sendable, Comparable, Codable {
    package let number: Int

    package static func < (left: GroupID, right: GroupID) -> Bool { left.number < right.number }
}

/// Which nodes share an owner, a network or any other key that makes their errors depend on each other. Who shares a key
/// is of one group, and so is who is linked through others.
struct CorrelationGroups: Sendable {
    private struct Group: Sendable {
        var members = 0
        var isExamined = false
        var isConvicted = false
        var isExcluded = false
    }

    private var groups: [Group] = []
    /// By member.
    private var numbers: [Int] = []
    private var keys: [String: Int] = [:]
    private(set) var count = 0
    /// Groups of whom at least one answer was verified; those of them of whom one was wrong.
    private(set) var examined = 0
    private(set) var convicted = 0
    private(set) var excluded = 0

    /// Those that may vote.
    var active: Int { count - excluded }

    /// The group of a new member. Empty keys say nothing.
    mutating func add(keys shared: [String]) -> GroupID {
        let known = Set(shared.compactMap { keys[$0] })
        let number = known.min() ?? groups.count
        if number == groups.count {
            groups.append(Group())
            count += 1
        }
        for other in known.sorted() where other != number { merge(other, into: number) }
        for key in shared where !key.isEmpty { keys[key] = number }
        groups[number].members += 1
        numbers.append(number)
        return GroupID(number: number)
    }

    subscript(member: Int) -> GroupID { GroupID(number: numbers[member]) }

    func isExcluded(_ group: GroupID) -> Bool { groups[group.number].isExcluded }

    mutating func examine(_ group: GroupID) {
        guard !groups[group.number].isExamined else { return }
        groups[group.number].isExamined = true
        examined += 1
    }

    mutating func convict(_ group: GroupID) {
        examine(group)
        guard !groups[group.number].isConvicted else { return }
        groups[group.number].isConvicted = true
        convicted += 1
    }

    /// Its members have been right for so long that what was wrong once counts no more.
    mutating func absolve(_ group: GroupID) {
        guard groups[group.number].isConvicted else { return }
        groups[group.number].isConvicted = false
        convicted -= 1
    }

    /// One of its members gets no more work; the group is no longer one that may vote.
    mutating func exclude(_ group: GroupID) {
        guard !groups[group.number].isExcluded else { return }
        groups[group.number].isExcluded = true
        excluded += 1
    }

    private mutating func merge(_ other: Int, into number: Int) {
        for member in numbers.indices where numbers[member] == other { numbers[member] = number }
        for (key, group) in keys where group == other { keys[key] = number }
        let gone = groups[other]
        groups[number].members += gone.members
        if gone.isExamined { examined -= 1 }
        if gone.isConvicted { convicted -= 1 }
        if gone.isExcluded { excluded -= 1 }
        if gone.isExcluded { exclude(GroupID(number: number)) }
        if gone.isExamined { examine(GroupID(number: number)) }
        if gone.isConvicted { convict(GroupID(number: number)) }
        groups[other] = Group()
        count -= 1
    }
}
