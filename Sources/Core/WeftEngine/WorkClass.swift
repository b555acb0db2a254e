import DequeModule
import WeftModel

/// Jobs that any node can or cannot run alike: same resources, same requirements, same driver, same signers.
struct ClassKey: Hashable, Sendable {
    var resources: Resources
    var requirements: Requirements
    var driver: DriverWish
    /// Who vouches for the code.
    var signers: [NodeID]

    init(_ spec: JobSpec) {
        resources = spec.resources
        requirements = spec.requirements
        driver = spec.driverWish
        signers = spec.signers
    }
}

/// The queue of one class, and the nodes that have room for one more of it.
struct WorkClass: Sendable {
    var key: ClassKey
    /// Unfinished jobs of this class; the class goes when it is 0.
    var jobs = 0
    var lanes = DenseTable<LaneKey, Lane>()
    /// How many nodes could take one of it if nothing else ran on them.
    var nodeCount = 0
    /// Those of its nodes that would have to emulate what it is built for.
    var emulating: Set<Int> = []
    /// Nodes with room for one more of it.
    var ready = ReadyNodes()
    /// The same of those that are ``emulating``: asked when the others are not to be had.
    var readyToEmulate = ReadyNodes()
    /// How fast a node's devices are for it; of those nodes that have told, and empty for classes that want none.
    var speeds: [Int: Int64] = [:]
    /// Nodes without, that may be given one beforehand.
    var spare = ReadyNodes()

    var hasRoom: Bool { !ready.isEmpty || !readyToEmulate.isEmpty }
    var hasNodes: Bool { hasRoom || !spare.isEmpty }

    /// Among the nodes with room, those that may be given something beforehand, or neither.
    mutating func place(_ node: Int, hasRoom: Bool, mayPrefetch: Bool) {
        let isEmulated = !emulating.isEmpty && emulating.contains(node)
        if hasRoom {
            if isEmulated { readyToEmulate.insert(node) } else { ready.insert(node) }
            spare.remove(node)
        } else {
            if isEmulated { readyToEmulate.remove(node) } else { ready.remove(node) }
            if mayPrefetch { spare.insert(node) } else { spare.remove(node) }
        }
    }

    mutating func remove(_ node: Int) {
        ready.remove(node)
        readyToEmulate.remove(node)
        spare.remove(node)
        emulating.remove(node)
        speeds[node] = nil
    }
}

struct LaneKey: Hashable, Sendable {
    var priority: Int
    var submitter: String
}

/// Jobs of one submitter at one priority, oldest first. Jobs without work are dropped when they are met.
struct Lane: Sendable {
    private(set) var jobs: Deque<JobID> = []
    /// From where jobs are looked at once the oldest ones could not be placed; moves on with each look.
    var farPosition = 0

    var isEmpty: Bool { jobs.isEmpty }

    func job(at position: Int) -> JobID? { position < jobs.count ? jobs[position] : nil }

    /// Keeps the order; near the ends, where it nearly always is, this costs little.
    mutating func insert(_ id: JobID, areInOrder: (JobID, JobID) -> Bool) {
        var position = jobs.count
        if let last = jobs.last, areInOrder(id, last) {
            var low = 0
            var high = jobs.count
            while low < high {
                let middle = (low + high) / 2
                if areInOrder(jobs[middle], id) { low = middle + 1 } else { high = middle }
            }
            position = low
        }
        jobs.insert(id, at: position)
    }

    mutating func remove(at position: Int) { jobs.remove(at: position) }
}

/// A set of node indexes with constant-time insertion and removal, walked round and round so that work spreads.
struct ReadyNodes: Sendable {
    private var members: [Int] = []
    private var positions: [Int: Int] = [:]
    private var cursor = 0

    var isEmpty: Bool { members.isEmpty }
    var count: Int { members.count }

    mutating func insert(_ node: Int) {
        guard positions[node] == nil else { return }
        positions[node] = members.count
        members.append(node)
    }

    mutating func remove(_ node: Int) {
        guard let position = positions.removeValue(forKey: node) else { return }
        let last = members.removeLast()
        if position < members.count {
            members[position] = last
            positions[last] = position
        }
    }

    func contains(_ node: Int) -> Bool { positions[node] != nil }

    func contains(where isWanted: (Int) -> Bool) -> Bool { members.contains(where: isWanted) }

    /// The next node in turn that passes, looking at no more than `limit`. With `stays` its turn is not over: it is found
    /// again, as long as it passes.
    mutating func next(limit: Int, stays: Bool = false, where isAllowed: (Int) -> Bool) -> Int? {
        guard !members.isEmpty else { return nil }
        let start = cursor
        for step in 0..<min(limit, members.count) {
            let position = (start + step) % members.count
            // Moves past the refused too, so that the ones behind a long row of them are reached the next time.
            cursor = (position + 1) % members.count
            if isAllowed(members[position]) {
                if stays { cursor = position }
                return members[position]
            }
        }
        return nil
    }

    /// The best of the next `count` that pass, looking at no more than `limit`; of equally good ones the next in turn.
    mutating func best<Rank: Comparable>(
        of count: Int, limit: Int, rank: (Int) -> Rank, where isAllowed: (Int) -> Bool
    ) -> Int? {
        let start = cursor
        var best: (position: Int, rank: Rank)?
        var passed = 0
        for step in 0..<min(limit, members.count) where passed < count {
            let position = (start + step) % members.count
            if best == nil { cursor = (position + 1) % members.count }
            guard isAllowed(members[position]) else { continue }
            passed += 1
            let rank = rank(members[position])
            if best.map({ rank > $0.rank }) ?? true { best = (position, rank) }
        }
        return best.map { members[$0.position] }
    }
}
