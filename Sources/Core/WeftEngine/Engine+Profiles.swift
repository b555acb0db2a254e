import DequeModule
import HeapModule
import WeftModel

/// What nodes say of themselves while they are connected: their owners change their minds.
extension Engine {
    /// The node offers something else from now on, works for others, or does not work for a while.
    mutating func take(_ profile: NodeProfile, of id: NodeID, session: UInt64) {
        guard let index = nodeIndexes[id], nodes[index].session == session else { return }
        let old = nodes[index].record.profile
        var profile = profile
        // Replicas were placed by it: whose a machine is cannot change while it is at work.
        profile.owner = old.owner
        guard profile != old else { return }
        nodes[index].record.profile = profile
        // It may have found its devices since it joined, or lost one.
        if profile.devices != old.devices { nodes[index].hardware = profile.hardwareClass }
        changedNodes.insert(index)
        enrol(index)
        takeRules(of: index)
        countFree(of: index)
        beginPrefetched(on: index)
        updateClasses(of: index)
        publishNode(index)
    }

    /// Anew after the node's profile changed.
    mutating func takeRules(of index: Int) {
        let profile = nodes[index].record.profile
        nodes[index].submitters = profile.submitters.isEmpty ? nil : Set(profile.submitters)
        switch (nodes[index].pausedSince, profile.paused.isEmpty) {
        case (nil, false):
            nodes[index].pausedSince = now
            // What has not begun need not wait for the owner.
            takeBackPrefetched(of: index, because: "the node is paused by its owner")
        case (let since?, true):
            nodes[index].pausedSince = nil
            goOn(index, after: now - since)
        case (nil, true), (.some, false): break
        }
    }

    /// What stood still has so much more time.
    private mutating func goOn(_ index: Int, after pause: Duration) {
        for lease in nodes[index].attempts.sorted() where !attempts[lease]!.isRevoked {
            guard let due = attempts[lease]!.dueAt else { continue }
            let pause = min(pause, max(.zero, configuration.longestPause - attempts[lease]!.paused))
            attempts[lease]!.paused += pause
            attempts[lease]!.dueAt = due + pause
            deadlines.insert(Deadline(at: due + pause, lease: lease))
        }
        dropStaleDeadlines()
    }

    /// What is free is what is offered less what is held: less than nothing where less is offered than before.
    mutating func countFree(of index: Int) {
        var free = Room(of: nodes[index].record.profile)
        for lease in nodes[index].attempts where !attempts[lease]!.isPrefetched {
            free.take(attempts[lease]!.resources, attempts[lease]!.devices)
        }
        nodes[index].free = free
        nodes[index].isShort = free.isNegative
    }

    /// Nobody may hold work frozen for ever.
    mutating func expirePauses() {
        for index in nodes.indices where !nodes[index].attempts.isEmpty {
            guard let since = nodes[index].pausedSince, now - since >= configuration.longestPause else { continue }
            for lease in nodes[index].attempts.sorted() where !attempts[lease]!.isRevoked {
                step.actions.append(
                    .revoke(nodes[index].record.id, attempts[lease]!.id, reason: "its node is paused for too long"))
                lose(lease, because: "its node was paused by its owner for too long")
            }
        }
    }
}
