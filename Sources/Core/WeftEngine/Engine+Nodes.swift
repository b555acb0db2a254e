import WeftModel

extension Engine {
    mutating func join(_ arrival: NodeArrival) {
        let index: Int
        if let known = nodeIndexes[arrival.node] {
            index = known
            if let session = nodes[index].session {
                guard arrival.session > session else { return }
                step.actions.append(
                    .disconnect(arrival.node, session: session, reason: "the node has opened a newer link"))
            }
            nodes[index].record.profile = arrival.profile
        } else {
            guard nodes.count < configuration.maxNodes else {
                step.actions.append(
                    .disconnect(arrival.node, session: arrival.session, reason: "this coordinator knows too many nodes")
                )
                return
            }
            index = nodes.count
            let record = NodeRecord(
                id: arrival.node, profile: arrival.profile,
                reputation: Reputation(score: configuration.reputationAtStart),
                firstSeenAt: now, lastSeenAt: now)
            nodes.append(Node(record: record, lastHeard: now, free: Room(of: arrival.profile)))
            nodeIndexes[arrival.node] = index
        }
        nodes[index].session = arrival.session
        nodes[index].record.network = arrival.network
        nodes[index].record.isConnected = true
        nodes[index].lastHeard = now
        nodes[index].record.lastSeenAt = now
        changedNodes.insert(index)

        nodes[index].hardware = arrival.profile.hardwareClass
        enrol(index)
        let brought = Set((arrival.running + arrival.finished).map(\.lease))
        for lease in nodes[index].attempts.sorted() where !brought.contains(lease) {
            lose(lease, because: "the node came back without it")
        }
        takeRules(of: index)
        countFree(of: index)
        beginPrefetched(on: index)
        reattach(arrival, index)
        updateClasses(of: index)
        publish(.nodeJoined(arrival.node, name: arrival.profile.name))
        if awaited.remove(index) != nil, awaited.isEmpty { releaseRestored() }
    }

    /// Takes up what the node runs or has finished, if it is still of use.
    private mutating func reattach(_ arrival: NodeArrival, _ index: Int) {
        for id in arrival.running {
            if let attempt = attempts[id.lease], attempt.node == index, attempt.id == id {
                if attempt.isRevoked {
                    step.actions.append(.revoke(arrival.node, id, reason: "it was revoked while the link was down"))
                }
            } else if let job = jobs[id.task.job], adopt(id, on: index, occupying: job.resources) {
                attempts[id.lease]!.startedAt = now
            } else {
                step.actions.append(.revoke(arrival.node, id, reason: "nobody waits for it any more"))
            }
        }
        // After what runs: an attempt that was stopped is finished too, and must not displace the one that replaced it.
        // What has finished occupies nothing: only its task waits for it.
        for attempt in arrival.finished where attempts[attempt.lease] == nil {
            _ = adopt(attempt, on: index, occupying: Resources(cpuMillis: 0, memoryBytes: 0, diskBytes: 0))
        }
    }

    /// Makes an attempt of an earlier life of this coordinator one of this life, if its task still needs it. A node
    /// brings what waits on it, too, and what it stops while the next one runs: more than it has room for.
    private mutating func adopt(_ id: AttemptID, on index: Int, occupying resources: Resources) -> Bool {
        guard configuration.plantedDefect != .losesLeaseOnRestart else { return false }
        guard attempts[id.lease] == nil, mayHold(id, index), let job = jobs[id.task.job],
            let offset = job.offset(of: id.task),
            !job.record.state.isFinal, !job.ended.contains(Int(offset)), mayRun(job.open[offset], on: index),
            job.verification.maxError == nil || mayAnswer(job.open[offset], of: id.task.job, on: index),
            job.open[offset]?.failed.contains(id.lease) != true,
            nodes[index].free.fits(resources) || nodes[index].prefetched.count < configuration.maxPrefetch
        else { return false }
        if jobs[id.task.job]!.open[offset] == nil {
            open(offset, of: id.task.job, wanting: jobs[id.task.job]!.verification.replicas)
        }
        guard jobs[id.task.job]!.open[offset]!.waiting > 0 else { return false }
        jobs[id.task.job]!.open[offset]!.waiting -= 1
        lease(id, on: index, offset: offset, occupying: resources)
        return true
    }

    mutating func leave(_ id: NodeID, session: UInt64, reason: String, drained: Bool) {
        guard let index = nodeIndexes[id], nodes[index].session == session else { return }
        nodes[index].session = nil
        nodes[index].record.isConnected = false
        nodes[index].record.lastSeenAt = now
        nodes[index].lastHeard = now
        changedNodes.insert(index)
        keepPerformance(of: index)
        updateClasses(of: index)
        publish(.nodeLeft(id, name: nodes[index].record.profile.name, reason: reason))
        if drained {
            for lease in nodes[index].attempts.sorted() { lose(lease, because: "the node was drained") }
        }
    }

    mutating func hear(_ id: NodeID, session: UInt64) {
        guard let index = nodeIndexes[id], nodes[index].session == session else { return }
        nodes[index].lastHeard = now
    }

    mutating func drain(_ id: NodeID, _ isDraining: Bool) {
        guard let index = nodeIndexes[id], nodes[index].record.isDraining != isDraining else { return }
        nodes[index].record.isDraining = isDraining
        changedNodes.insert(index)
        updateClasses(of: index)
        publishNode(index)
    }

    /// Nodes that have said nothing for a lease's length lose their attempts, linked or not.
    mutating func expireSilentNodes() {
        guard configuration.plantedDefect != .leaseNeverExpires else { return }
        for index in nodes.indices where nodes[index].isConnected || !nodes[index].attempts.isEmpty {
            guard now - nodes[index].lastHeard >= configuration.leaseDuration else { continue }
            let id = nodes[index].record.id
            if let session = nodes[index].session {
                leave(id, session: session, reason: "it was silent for too long", drained: false)
                step.actions.append(.disconnect(id, session: session, reason: "no heartbeat"))
            }
            for lease in nodes[index].attempts.sorted() { lose(lease, because: "its node was silent for too long") }
        }
    }

    mutating func publishNode(_ index: Int) {
        let record = nodes[index].record
        publish(
            .nodeChanged(
                record.id, name: record.profile.name, score: record.reputation.score, isDraining: record.isDraining,
                paused: record.profile.paused))
    }
}
