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

    /// Places until nothing more can be placed.
    mutating func dispatch() {
        if let until = holdRestoredUntil, now >= until { releaseRestored() }
        var blocked: Set<Choice> = []
        while let choice = bestChoice(except: blocked) {
            if !placeOne(choice) { blocked.insert(choice) }
        }
    }

    private struct Choice: Hashable { var workClass: Int, lane: LaneKey }

    private func bestChoice(except blocked: Set<Choice>) -> Choice? {
        var best: (rank: (Int, Int64, JobID), choice: Choice)?
        for (index, workClass) in classes where !workClass.ready.isEmpty {
            for (key, lane) in workClass.lanes {
                guard let head = lane.jobs.first else { continue }
                let rank = (-key.priority, usage[key.submitter] ?? 0, head)
                if let best, best.rank <= rank { continue }
                let choice = Choice(workClass: index, lane: key)
                if blocked.contains(choice) { continue }
                best = (rank, choice)
            }
        }
        return best?.choice
    }

    /// Places one replica from the lane; false when nothing of it can be placed now.
    private mutating func placeOne(_ choice: Choice) -> Bool {
        defer {
            if classes[choice.workClass]?.lanes[choice.lane]?.isEmpty == true {
                classes[choice.workClass]!.lanes[choice.lane] = nil
            }
        }
        if placeOne(choice, from: 0) { return true }
        // The oldest jobs may all wait for nodes of other owners, for ever perhaps: then others have their turn.
        let far = max(Self.laneLookahead, classes[choice.workClass]?.lanes[choice.lane]?.farPosition ?? 0)
        if placeOne(choice, from: far) { return true }
        if let lane = classes[choice.workClass]?.lanes[choice.lane] {
            let next = far + Self.laneLookahead
            classes[choice.workClass]!.lanes[choice.lane]!.farPosition = next < lane.jobs.count ? next : 0
        }
        return false
    }

    private mutating func placeOne(_ choice: Choice, from start: Int) -> Bool {
        var position = start
        while position < start + Self.laneLookahead {
            guard let queued = classes[choice.workClass]?.lanes[choice.lane]?.jobs, position < queued.count
            else { break }
            let id = queued[position]
            guard jobs[id]?.hasWork(maxOpen: configuration.maxOpenTasks) == true else {
                classes[choice.workClass]!.lanes[choice.lane]!.remove(at: position)
                jobs[id]?.isQueued = false
                continue
            }
            if !(jobs[id]!.isRestored && holdRestoredUntil != nil), placeReplica(of: id) || placeFresh(of: id) { return true }
            position += 1
        }
        return false
    }

    /// Places a replica of a task that is already open: finishing what is begun comes before beginning.
    private mutating func placeReplica(of id: JobID) -> Bool {
        var lookahead = Self.replicaLookahead
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
        while jobs[id]!.nextFresh < total, jobs[id]!.open.count < configuration.maxOpenTasks {
            let offset = jobs[id]!.nextFresh
            if jobs[id]!.ended.contains(Int(offset)) || jobs[id]!.open[offset] != nil {
                jobs[id]!.nextFresh += 1
                continue
            }
            guard let node = nextNode(for: offset, of: id) else { return false }
            jobs[id]!.nextFresh += 1
            open(offset, of: id, wanting: jobs[id]!.record.spec.verification.replicas)
            // The first replica is placed here and now; its entry in the queue would be a stale one.
            jobs[id]!.wanting.removeLast()
            jobs[id]!.open[offset]!.waiting -= 1
            assign(offset, of: id, to: node)
            return true
        }
        return false
    }

    private mutating func nextNode(for offset: UInt32, of id: JobID) -> Int? {
        let workClass = jobs[id]!.workClass
        // Only the cursor moves: the copy shares its storage.
        var ready = classes[workClass]!.ready
        let node: Int?
        if let open = jobs[id]!.open[offset] {
            node = ready.next(limit: Self.nodeLookahead) { mayRun(open, on: $0) }
        } else {
            node = ready.next(limit: Self.nodeLookahead) { _ in true }
        }
        classes[workClass]!.ready = ready
        return node
    }

    /// Replicas of one task never share a node or an owner.
    func mayRun(_ task: OpenTask?, on node: Int) -> Bool {
        guard configuration.plantedDefect != .sharesNode, let open = task else { return true }
        return !open.votes.contains { sharesOwner($0.node, node) }
            && !open.running.contains { sharesOwner(attempts[$0]!.node, node) }
    }

    /// Whether two nodes are one, or belong to one owner, so that one's answer does not confirm the other's.
    func sharesOwner(_ node: Int, _ other: Int) -> Bool {
        let owner = nodes[node].record.profile.owner
        return other == node || (!owner.isEmpty && nodes[other].record.profile.owner == owner)
    }

    private mutating func assign(_ offset: UInt32, of id: JobID, to node: Int) {
        leaseSequence += 1
        let open = jobs[id]!.open[offset]!
        let taken = Set(open.votes.map(\.attempt.replica) + open.running.map { attempts[$0]!.id.replica })
        let replica = (0...UInt16.max).first { !taken.contains($0) }!
        let attempt = AttemptID(
            task: jobs[id]!.task(offset), replica: replica, lease: LeaseID(epoch: epoch, sequence: leaseSequence))
        lease(attempt, on: node, offset: offset, occupying: jobs[id]!.record.spec.resources)
        step.actions.append(.assign(nodes[node].record.id, attempt))
    }

    /// Books an attempt on a node: resources, fair share, deadline.
    mutating func lease(_ id: AttemptID, on node: Int, offset: UInt32, occupying resources: Resources) {
        let job = id.task.job
        let submitter = jobs[job]!.record.submitter
        attempts[id.lease] = Attempt(id: id, node: node, assignedAt: now, resources: resources, submitter: submitter)
        nodes[node].attempts.insert(id.lease)
        nodes[node].free.take(resources)
        usage[submitter, default: 0] += resources.cpuMillis
        jobs[job]!.open[offset]!.running.append(id.lease)
        let patience = Duration.seconds(jobs[job]!.record.spec.timeoutSeconds) + configuration.timeoutGrace
        deadlines.insert(Deadline(at: now + patience, lease: id.lease))
        dropStaleDeadlines()
        updateReadiness(of: node)
        if jobs[job]!.record.state == .waiting { move(job, to: .running) }
    }
}
