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
        for node in nodes.indices where meets(key, nodes[node]) {
            nodes[node].classes.insert(index)
            place(node, in: &workClass)
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
        if configuration.plantedDefect == .ordersByWallClock {
            let clocks = Dictionary(uniqueKeysWithValues: jobs.values.map { ($0.id, $0.record.submittedAt) })
            classes[workClass]!.lanes[key, default: Lane()].insert(id) {
                (clocks[$0] ?? now, $0) < (clocks[$1] ?? now, $1)
            }
        } else {
            classes[workClass]!.lanes[key, default: Lane()].insert(id, areInOrder: <)
        }
    }

    /// Anew after the node's profile, connection, drain or reputation changed.
    mutating func updateClasses(of node: Int) {
        for (index, workClass) in classes {
            if meets(workClass.key, nodes[node]) {
                nodes[node].classes.insert(index)
            } else if nodes[node].classes.remove(index) != nil {
                classes[index]!.remove(node)
            }
        }
        updateReadiness(of: node)
    }

    /// Anew after the node's free resources changed.
    mutating func updateReadiness(of node: Int) {
        for index in nodes[node].classes { place(node, in: &classes[index]!) }
    }

    /// Among the nodes with room, those that may be given something beforehand, or neither.
    private func place(_ index: Int, in workClass: inout WorkClass) {
        let node = nodes[index]
        if node.hasRoom(for: workClass.key.resources) {
            workClass.ready.insert(index)
            workClass.spare.remove(index)
        } else {
            workClass.ready.remove(index)
            if mayPrefetch(index) { workClass.spare.insert(index) } else { workClass.spare.remove(index) }
        }
    }

    /// Whether a node could take a job of this class if nothing else ran on it.
    func meets(_ key: ClassKey, _ node: Node) -> Bool {
        node.isConnected && !node.record.isDraining
            && node.record.reputation.score >= configuration.minimumReputation
            && Mismatch.first(of: key, on: node.record.profile) == nil
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
    }
}

/// A requirement of a job that a node does not meet.
enum Mismatch: Hashable, Sendable {
    case operatingSystem, architecture, isolation, cpus, memory, disk
    case label(String)
    case driver(String)
    case enforced(Limit)
    case device(String)

    static func first(of key: ClassKey, on profile: NodeProfile) -> Mismatch? {
        var found: Mismatch?
        visit(key, profile) { mismatch in
            found = mismatch
            return false
        }
        return found
    }

    static func all(of key: ClassKey, on profile: NodeProfile) -> [Mismatch] {
        var found: [Mismatch] = []
        visit(key, profile) { mismatch in
            found.append(mismatch)
            return true
        }
        return found
    }

    /// Calls `report` for each mismatch until it returns false.
    private static func visit(_ key: ClassKey, _ profile: NodeProfile, report: (Mismatch) -> Bool) {
        let wants = key.requirements
        let capacity = profile.capacity
        if let system = wants.operatingSystem, system != profile.operatingSystem, !report(.operatingSystem) { return }
        if let architecture = wants.architecture, architecture != profile.architecture, !report(.architecture) {
            return
        }
        if profile.isolation < wants.isolation, !report(.isolation) { return }
        if key.resources.cpuMillis > capacity.cpuMillis, !report(.cpus) { return }
        if key.resources.memoryBytes > capacity.memoryBytes, !report(.memory) { return }
        if key.resources.diskBytes > capacity.diskBytes, !report(.disk) { return }
        for request in key.resources.devices where request.count > capacity.count(of: request.kind) {
            if !report(.device(request.kind)) { return }
        }
        for (name, value) in wants.labels.sorted(by: { $0.key < $1.key }) where profile.labels[name] != value {
            if !report(.label(name)) { return }
        }
        for driver in [key.driver] + wants.drivers where !profile.drivers.contains(where: { $0.name == driver }) {
            if !report(.driver(driver)) { return }
        }
        for limit in wants.enforced where !profile.enforced.contains(limit) {
            if !report(.enforced(limit)) { return }
        }
    }
}
