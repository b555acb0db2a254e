import DequeModule
import WeftModel

/// Which nodes can run which jobs, kept up to date instead of searched for.
extension Engine {
    /// The class of a spec's jobs, made if there is none; counts one more job in it.
    mutating func enterClass(of spec: JobSpec) -> Int {
        let key = ClassKey(spec)
        if let index = classIndexes[key] {
            classes[index]!.jobs += 1
            return index
        }
        let index = nextClass
        nextClass += 1
        classIndexes[key] = index
        var workClass = WorkClass(key: key)
        workClass.jobs = 1
        for node in nodes.indices {
            guard let fit = fit(key, nodes[node]) else { continue }
            nodes[node].classes.insert(index)
            workClass.nodeCount += 1
            if fit == .emulated { workClass.emulating.insert(node) }
            if !key.resources.devices.isEmpty { workClass.speeds[node] = nodes[node].speed(for: key) }
            workClass.place(node, hasRoom: nodes[node].hasRoom(for: key.resources), mayPrefetch: mayPrefetch(node))
        }
        classes[index] = workClass
        return index
    }

    mutating func leaveClass(_ index: Int) {
        classes[index]!.jobs -= 1
        guard classes[index]!.jobs == 0 else { return }
        classIndexes[classes[index]!.key] = nil
        classes[index] = nil
        for node in nodes.indices { nodes[node].classes.remove(index) }
    }

    /// Puts a job with work into its lane.
    mutating func enqueue(_ id: JobID) {
        guard jobs[id]?.isQueued == false, jobs[id]!.hasWork(maxOpen: configuration.maxOpenTasks) else { return }
        let key = LaneKey(priority: jobs[id]!.record.spec.priority, submitter: jobs[id]!.record.submitter)
        let workClass = jobs[id]!.workClass
        jobs[id]!.isQueued = true
        if classes[workClass]!.lanes[key] == nil { classes[workClass]!.lanes[key] = Lane() }
        if configuration.plantedDefect == .ordersByWallClock {
            let clocks = Dictionary(uniqueKeysWithValues: jobs.values.map { ($0.id, $0.record.submittedAt) })
            classes[workClass]!.lanes[key]!.insert(id) {
                (clocks[$0] ?? now, $0) < (clocks[$1] ?? now, $1)
            }
        } else {
            classes[workClass]!.lanes[key]!.insert(id, areInOrder: <)
        }
    }

    /// Anew after the node's profile, connection, drain or reputation changed.
    mutating func updateClasses(of node: Int) {
        for index in classes.keys {
            let key = classes[index]!.key
            if let fit = fit(key, nodes[node]) {
                let isEmulated = fit == .emulated
                if classes[index]!.emulating.contains(node) != isEmulated {
                    classes[index]!.remove(node)
                    if isEmulated { classes[index]!.emulating.insert(node) }
                }
                if nodes[node].classes.insert(index).inserted { classes[index]!.nodeCount += 1 }
                if !key.resources.devices.isEmpty { classes[index]!.speeds[node] = nodes[node].speed(for: key) }
            } else if nodes[node].classes.remove(index) != nil {
                classes[index]!.nodeCount -= 1
                classes[index]!.remove(node)
            }
        }
        updateReadiness(of: node)
    }

    /// Anew after the node's free resources changed.
    mutating func updateReadiness(of node: Int) {
        let mayPrefetch = mayPrefetch(node)
        let mayWork = nodes[node].restsUntil == nil && nodes[node].prefetched.isEmpty
        // Nodes are large; this is asked for every task.
        let free = nodes[node].free
        for index in nodes[node].classes {
            let hasRoom = mayWork && free.fits(classes[index]!.key.resources)
            classes[index]!.place(node, hasRoom: hasRoom, mayPrefetch: mayPrefetch)
        }
    }

    /// Whether a node could take a job of this class if nothing else ran on it.
    func meets(_ key: ClassKey, _ node: Node) -> Bool { fit(key, node) != nil }

    private enum Fit { case native, emulated }

    /// How a node could take a job of this class if nothing else ran on it; nil if it could not.
    private func fit(_ key: ClassKey, _ node: Node) -> Fit? {
        guard node.isConnected, !node.record.isDraining, !node.isPaused,
            node.record.reputation.score >= configuration.minimumReputation,
            let choice = node.record.profile.driver(for: key.driver),
            Mismatch.first(of: key, on: node.record.profile) == nil
        else { return nil }
        return choice.isEmulated ? .emulated : .native
    }

    /// The grace after a restart is over: what nobody brought back is placed anew.
    mutating func releaseRestored() {
        holdRestoredUntil = nil
        for node in awaited {
            nodes[node].record.isConnected = false
            changedNodes.insert(node)
        }
        awaited.removeAll()
        for id in jobs.keys.sorted() where jobs[id]!.isRestored {
            jobs[id]!.isRestored = false
            // Only an attempt that the restart took away could still have decided these.
            for offset in jobs[id]!.open.keys.sorted() where jobs[id]!.open[offset]!.isAbandoned {
                evaluate(offset, of: id)
            }
        }
        // What the book of trust then wants decided anew is, before anything is placed.
        settle()
    }
}
