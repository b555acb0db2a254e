import BitCollections
import DequeModule
import HeapModule
import WeftModel

/// Placing: which replica goes to which node next. By priority, then by who holds least, then by age.
extension Engine {
    /// How many jobs of a lane are looked at when the first ones cannot be placed.
    private static let laneLookahead = 32
    /// How many waiting replicas of a job are looked at.
    private static let replicaLookahead = 64
    /// How many nodes with room are asked for one replica.
    private static let nodeLookahead = 256
    /// Among how many nodes with room the fastest is looked for, where it is known how fast their devices are.
    private static let speedLookahead = 16
    /// The same for those that have the data.
    private static let dataLookahead = 64
    /// How many of a task's blobs are looked for on each.
    private static let blobLookahead = 8
    /// How many nodes without room are asked to take one beforehand.
    private static let spareLookahead = 8

    /// Places until nothing more can be placed.
    mutating func dispatch() {
        if let until = holdRestoredUntil, now >= until { releaseRestored() }
        var choices = Heap<Choice>()
        for index in classes.keys where classes[index]!.hasNodes {
            for key in classes[index]!.lanes.keys { if let choice = choice(index, key) { choices.insert(choice) } }
        }
        var mayPrefetch = true
        let allowance = prefetchAllowance
        while let choice = choices.popMin() {
            guard let now = self.choice(choice.workClass, choice.lane) else { continue }
            // Placing can only move a lane back: what is first at its true place is first.
            if choice < now {
                choices.insert(now)
            } else if !classes[choice.workClass]!.hasRoom {
                // Waits for none of these nodes: their owners do not want it.
                guard
                    classes[choice.workClass]!.spare.contains(where: { nodes[$0].takes(workOf: choice.lane.submitter) })
                else { continue }
                // Nobody is given anything beforehand while one whose turn is sooner waits for a node to become free.
                mayPrefetch = mayPrefetch && attempts.count - occupying < allowance && prefetchOne(choice)
                if mayPrefetch, let next = self.choice(choice.workClass, choice.lane) { choices.insert(next) }
            } else if placeOne(choice), let next = self.choice(choice.workClass, choice.lane) {
                choices.insert(next)
            }
        }
    }

    /// A lane that something might be placed from, and how soon its turn is.
    private struct Choice: Comparable {
        var workClass: Int
        var lane: LaneKey
        var held: Int64
        var head: JobID

        static func < (left: Choice, right: Choice) -> Bool {
            (-left.lane.priority, left.held, left.head) < (-right.lane.priority, right.held, right.head)
        }
    }

    private func choice(_ index: Int, _ lane: LaneKey) -> Choice? {
        guard classes[index]!.hasNodes, let head = classes[index]!.lanes[lane]?.jobs.first else { return nil }
        return Choice(workClass: index, lane: lane, held: usage[lane.submitter] ?? 0, head: head)
    }

    /// Places one replica from the lane; false when nothing of it can be placed now.
    private mutating func placeOne(_ choice: Choice) -> Bool {
        defer {
            if classes[choice.workClass]!.lanes[choice.lane]?.isEmpty == true {
                classes[choice.workClass]!.lanes[choice.lane] = nil
            }
        }
        if placeOne(choice, from: 0) { return true }
        // The oldest jobs may all wait for nodes of other owners, for ever perhaps: then others have their turn.
        let far = max(Self.laneLookahead, classes[choice.workClass]!.lanes[choice.lane]?.farPosition ?? 0)
        if placeOne(choice, from: far) { return true }
        if let lane = classes[choice.workClass]!.lanes[choice.lane] {
            let next = far + Self.laneLookahead
            classes[choice.workClass]!.lanes[choice.lane]!.farPosition = next < lane.jobs.count ? next : 0
        }
        return false
    }

    /// Gives a node without room a replica of the lane's first job, if that is of short tasks.
    private mutating func prefetchOne(_ choice: Choice) -> Bool {
        while let id = classes[choice.workClass]!.lanes[choice.lane]?.jobs.first {
            if jobs[id]?.hasWork(maxOpen: configuration.maxOpenTasks) == true {
                let waits = jobs[id]!.isRestored && holdRestoredUntil != nil
                guard !waits, let run = jobs[id]!.runMicroseconds, run <= configuration.prefetchHorizon.microseconds
                else { return false }
                return placeReplica(of: id, lookahead: Self.spareLookahead) || placeFresh(of: id)
            }
            dropFromLane(choice, at: 0)
        }
        classes[choice.workClass]!.lanes[choice.lane] = nil
        return true
    }

    private mutating func dropFromLane(_ choice: Choice, at position: Int) {
        let id = classes[choice.workClass]!.lanes[choice.lane]!.jobs[position]
        classes[choice.workClass]!.lanes[choice.lane]!.remove(at: position)
        jobs[id]?.isQueued = false
    }

    private mutating func placeOne(_ choice: Choice, from start: Int) -> Bool {
        var position = start
        while position < start + Self.laneLookahead {
            guard let id = classes[choice.workClass]!.lanes[choice.lane]?.job(at: position) else { break }
            guard jobs[id]?.hasWork(maxOpen: configuration.maxOpenTasks) == true else {
                dropFromLane(choice, at: position)
                continue
            }
            let waits = jobs[id]!.isRestored && holdRestoredUntil != nil
            if !waits, placeReplica(of: id, lookahead: Self.replicaLookahead) || placeFresh(of: id) { return true }
            position += 1
        }
        return false
    }

    /// Places a replica of a task that is already open: finishing what is begun comes before beginning.
    private mutating func placeReplica(of id: JobID, lookahead: Int) -> Bool {
        var lookahead = lookahead
        for _ in 0..<jobs[id]!.wanting.count where lookahead > 0 {
            let offset = jobs[id]!.wanting.removeFirst()
            guard let open = jobs[id]!.open[offset], open.waiting > 0 else { continue }
            lookahead -= 1
            if let node = nextNode(for: offset, of: id) {
                jobs[id]!.open[offset]!.waiting -= 1
                assign(offset, of: id, to: node)
                return true
            }
            jobs[id]!.wanting.append(offset)
        }
        return false
    }

    private mutating func placeFresh(of id: JobID) -> Bool {
        let total = jobs[id]!.range.count
        guard jobs[id]!.nextFresh < total, mayBegin(id) else { return false }
        defer { if jobs[id]!.nextFresh == total { watchForStragglers(id) } }
        while jobs[id]!.nextFresh < total, jobs[id]!.open.count < configuration.maxOpenTasks {
            let offset = jobs[id]!.nextFresh
            if jobs[id]!.ended.contains(Int(offset)) || jobs[id]!.open[offset] != nil {
                jobs[id]!.nextFresh += 1
                continue
            }
            guard let node = nextNode(for: offset, of: id) else { return false }
            jobs[id]!.nextFresh += 1
            open(offset, of: id, wanting: jobs[id]!.verification.replicas)
            // The first replica is placed here and now; its entry in the queue would be a stale one.
            jobs[id]!.wanting.removeLast()
            jobs[id]!.open[offset]!.waiting -= 1
            assign(offset, of: id, to: node)
            return true
        }
        return false
    }

    private mutating func nextNode(for offset: UInt32, of id: JobID) -> Int? {
        let task = jobs[id]!.open[offset]
        if task?.isChecked == true { return drawnNode(for: offset, of: id) }
        let workClass = jobs[id]!.workClass
        let submitter = jobs[id]!.record.submitter
        let hasBudget = jobs[id]!.verification.maxError != nil
        let isChoosy = task == nil && choosyJobs.contains(id)
        func mayRun(_ task: OpenTask?, of submitter: String, on node: Int) -> Bool {
            self.mayRun(task, of: submitter, on: node) && (!hasBudget || mayAnswer(task, of: id, on: node))
                && (!isChoosy || hasPeers(node, for: id))
        }
        // Only the cursors move: the copies share their storage.
        var ready = classes[workClass]!.ready
        if !ready.isEmpty {
            let speeds = classes[workClass]!.speeds
            let blobs = jobs[id]!.hasBlobs ? Array(jobs[id]!.blobs(at: offset).prefix(Self.blobLookahead)) : []
            let node =
                speeds.isEmpty && blobs.isEmpty
                ? ready.next(limit: Self.nodeLookahead) { mayRun(task, of: submitter, on: $0) }
                : ready.best(
                    of: blobs.isEmpty ? Self.speedLookahead : Self.dataLookahead, limit: Self.nodeLookahead,
                    rank: { node in
                        NodeRank(speed: speeds[node] ?? 0, heldBlobs: blobs.count { nodes[node].data.contains($0) })
                    }, where: { mayRun(task, of: submitter, on: $0) })
            classes[workClass]!.ready = ready
            // Who would emulate is asked only when the others may not, so that this costs nothing where nobody would.
            if node != nil || classes[workClass]!.readyToEmulate.isEmpty { return node }
        }
        if !classes[workClass]!.readyToEmulate.isEmpty {
            var emulating = classes[workClass]!.readyToEmulate
            let node = emulating.next(limit: Self.nodeLookahead) { mayRun(task, of: submitter, on: $0) }
            classes[workClass]!.readyToEmulate = emulating
            return node
        }
        guard let microseconds = jobs[id]!.runMicroseconds else { return nil }
        var spare = classes[workClass]!.spare
        let share = prefetchShare(among: classes[workClass]!.nodeCount)
        func depth(of node: Int) -> Int { min(share, prefetchDepth(of: node, forTasksOf: microseconds)) }
        // One node after the other: many for one are cheaper to send than one for each of many.
        let found = spare.next(limit: Self.spareLookahead, stays: true) { node in
            nodes[node].prefetched.count < depth(of: node) && mayRun(task, of: submitter, on: node)
        }
        classes[workClass]!.spare = spare
        if let node = found { nodes[node].prefetchDepth = depth(of: node) }
        return found
    }

    /// Whether a node without room may be given anything beforehand.
    func mayPrefetch(_ node: Int) -> Bool {
        nodes[node].isFilling && nodes[node].prefetched.count < configuration.maxPrefetch
            && nodes[node].restsUntil == nil
            && nodes[node].noPrefetchUntil == nil && nodes[node].attempts.count > nodes[node].prefetched.count
    }

    /// How many tasks that run for so long the node ends within the horizon.
    private func prefetchDepth(of node: Int, forTasksOf microseconds: Int64) -> Int {
        let running = nodes[node].attempts.count - nodes[node].prefetched.count
        return min(
            configuration.maxPrefetch,
            Int(configuration.prefetchHorizon.microseconds / max(1, microseconds)) * running)
    }

    /// Whether the node's owner takes work of this submitter, and the task may go there.
    func mayRun(_ task: OpenTask?, of submitter: String, on node: Int) -> Bool {
        nodes[node].takes(workOf: submitter) && mayRun(task, on: node)
    }

    /// Replicas of one task never share a node or an owner.
    func mayRun(_ task: OpenTask?, on node: Int) -> Bool {
        guard configuration.plantedDefect != .sharesNode, let open = task else { return true }
        if let hardware = open.hardware, nodes[node].hardware != hardware { return false }
        return !open.votes.contains { sharesOwner($0.node, node) }
            && !open.running.contains { sharesOwner(attempts[$0]!.node, node) }
    }

    private mutating func assign(_ offset: UInt32, of id: JobID, to node: Int) {
        leaseSequence += 1
        let taken =
            jobs[id]!.open[offset]!.votes.map(\.attempt.replica)
            + jobs[id]!.open[offset]!.running.map { attempts[$0]!.id.replica }
        // The least that is free.
        var replica: UInt16 = 0
        while taken.contains(replica) { replica += 1 }
        let attempt = AttemptID(
            task: jobs[id]!.task(offset), replica: replica, lease: LeaseID(epoch: epoch, sequence: leaseSequence))
        lease(attempt, on: node, offset: offset, occupying: jobs[id]!.resources)
        step.actions.append(.assign(nodes[node].record.id, attempt))
    }

    /// Books an attempt on a node: resources, fair share, deadline. What the node has no room for waits on it.
    mutating func lease(_ id: AttemptID, on node: Int, offset: UInt32, occupying resources: Resources) {
        let job = id.task.job
        let submitter = jobs[job]!.record.submitter
        attempts[id.lease] = Attempt(id: id, node: node, assignedAt: now, resources: resources, submitter: submitter)
        nodes[node].attempts.insert(id.lease)
        usage[submitter, default: 0] += resources.cpuMillis
        jobs[job]!.open[offset]!.running.append(id.lease)
        bind(offset, of: job, to: node)
        if nodes[node].hasFree(resources) {
            occupy(id.lease)
        } else {
            attempts[id.lease]!.isPrefetched = true
            nodes[node].prefetched.append(id.lease)
            if nodes[node].prefetched.count >= nodes[node].prefetchDepth { nodes[node].isFilling = false }
        }
        updateReadiness(of: node)
        if jobs[job]!.record.state == .waiting { move(job, to: .running) }
    }

    /// The attempt has its room on its node, and its time runs.
    private mutating func occupy(_ lease: LeaseID) {
        let attempt = attempts[lease]!
        attempts[lease]!.devices = nodes[attempt.node].free.take(attempt.resources)
        attempts[lease]!.isPrefetched = false
        occupying += 1
        if attempt.isRevoked { return }  // it is overdue sooner than that
        let patience =
            (jobs[attempt.id.task.job]?.timeout ?? .zero) + configuration.timeoutGrace
        attempts[lease]!.dueAt = now + patience
        deadlines.insert(Deadline(at: now + patience, lease: lease))
        dropStaleDeadlines()
    }

    /// Room has become free on a node: what waits on it begins, in its order.
    mutating func beginPrefetched(on node: Int) {
        defer {
            if nodes[node].prefetched.count <= nodes[node].prefetchDepth / 2 { nodes[node].isFilling = true }
        }
        while let lease = nodes[node].prefetched.first, nodes[node].free.fits(attempts[lease]!.resources) {
            nodes[node].prefetched.removeFirst()
            occupy(lease)
        }
    }
}
