import DequeModule
package import WeftModel

extension Engine {
    /// Why a job (or one task of it) waits, and the smallest change that would place it; nil for a job not in memory.
    package func explain(_ id: JobID, task index: UInt32?) -> Explanation? {
        guard let job = jobs[id] else { return nil }
        if job.record.state.isFinal {
            return Explanation(kind: .notWaiting, summary: "the job has ended: \(job.record.state.rawValue)")
        }
        let offset = index.map { $0 &- job.range.first }
        if let offset {
            guard offset < job.range.count else { return nil }
            if job.ended.contains(Int(offset)) { return Explanation(kind: .notWaiting, summary: "the task has ended") }
            if let open = job.open[offset], open.waiting == 0 {
                let count = open.running.count
                return Explanation(
                    kind: .notWaiting, summary: "the task is running on \(count) \(count == 1 ? "node" : "nodes")")
            }
        } else if job.counts.waiting == 0, job.open.values.allSatisfy({ $0.waiting == 0 }) {
            return Explanation(kind: .notWaiting, summary: "every task that has not ended is running")
        }
        return explainWaiting(job, offset: offset)
    }

    private func explainWaiting(_ job: Job, offset: UInt32?) -> Explanation {
        if job.isRestored, holdRestoredUntil != nil {
            return Explanation(
                kind: .notNow, summary: "the coordinator has just restarted and waits for workers to come back")
        }
        let connected = nodes.indices.filter { nodes[$0].isConnected }
        guard !connected.isEmpty else {
            return Explanation(
                kind: .neverHere, summary: "no node is connected",
                reasons: [Explanation.Reason(field: "nodes", message: "no node is connected")],
                suggestion: "start a worker with `weft worker`, or run `weft up`")
        }
        let key = ClassKey(job.record.spec)
        var survey = Survey(key: key)
        for index in connected { survey.add(nodes[index], minimumReputation: configuration.minimumReputation) }
        let willing = connected.filter { meets(key, nodes[$0]) }
        guard !willing.isEmpty else { return survey.infeasible(of: connected.count) }

        let replicas = job.record.spec.verification.replicas
        let owners = Set(
            willing.map { index -> String in
                let owner = nodes[index].record.profile.owner
                return owner.isEmpty ? "node:" + nodes[index].record.id.text : "owner:" + owner
            })
        if owners.count < replicas {
            let needs = "\(replicas) replicas need \(replicas) nodes of different owners"
            return Explanation(
                kind: .neverHere, summary: "\(needs); \(owners.count) can run this job",
                reasons: survey.reasons
                    + [Explanation.Reason(field: "verification.replicas", message: needs, nodeCount: owners.count)],
                suggestion: "connect \(replicas - owners.count) more, or lower verification.replicas to \(owners.count)"
            )
        }
        let free = willing.filter { nodes[$0].hasRoom(for: key.resources) }
        if free.isEmpty {
            let resting = willing.filter { nodes[$0].restsUntil != nil }
            if resting.count == willing.count {
                return Explanation(
                    kind: .notNow, summary: "every node that can run it has just failed, and rests for a while",
                    reasons: survey.reasons + [
                        Explanation.Reason(
                            field: "nodes", message: "its last attempt failed for reasons of its own",
                            nodes: resting.prefix(5).map { nodes[$0].record.id }, nodeCount: resting.count)
                    ])
            }
            return Explanation(
                kind: .notNow,
                summary: willing.count == 1
                    ? "the only node that can run it is busy" : "all \(willing.count) nodes that can run it are busy",
                reasons: survey.reasons
                    + [
                        Explanation.Reason(
                            field: "queue", message: "busy with other work",
                            nodes: willing.prefix(5).map { nodes[$0].record.id }, nodeCount: willing.count)
                    ])
        }
        if let offset, job.open[offset] != nil, !free.contains(where: { mayRun(job.open[offset], on: $0) }) {
            return Explanation(
                kind: .notNow, summary: "its next replica waits for a node that has not run this task yet",
                reasons: survey.reasons)
        }
        return Explanation(
            kind: .notNow, summary: "work of higher priority, or that came earlier, is before it",
            reasons: survey.reasons)
    }
}

/// Collects, over the connected nodes, what keeps each from running a class of jobs.
private struct Survey {
    let key: ClassKey
    private var nodes: [Mismatch: [NodeID]] = [:]
    private var order: [Mismatch] = []
    /// Mismatches of nodes that miss just one thing: the smallest change is among them.
    private var single: [Mismatch: Int] = [:]
    private var best = Resources(cpuMillis: 0, memoryBytes: 0, diskBytes: 0)
    /// Of the nodes that miss nothing but a wall.
    private var strongestWall = Isolation.none
    /// What nodes without a driver say of it, by its name; walls have drivers of their names.
    private var excuses: [String: String] = [:]
    private var draining: [NodeID] = []
    private var distrusted: [NodeID] = []

    init(key: ClassKey) { self.key = key }

    mutating func add(_ node: Node, minimumReputation: Int) {
        let capacity = node.record.profile.capacity
        let mismatches = Mismatch.all(of: key, on: node.record.profile)
        if node.record.isDraining { draining.append(node.record.id) }
        if node.record.reputation.score < minimumReputation { distrusted.append(node.record.id) }
        for mismatch in mismatches {
            if nodes[mismatch] == nil { order.append(mismatch) }
            nodes[mismatch, default: []].append(node.record.id)
        }
        if mismatches.count == 1 { single[mismatches[0], default: 0] += 1 }
        if mismatches == [.isolation] {
            strongestWall = max(strongestWall, node.record.profile.strongestWall(for: key.driver) ?? .none)
        }
        for mismatch in mismatches {
            let name: String
            switch mismatch {
            case .driver(let driver): name = driver
            case .isolation: name = key.requirements.isolation.rawValue
            default: continue
            }
            guard excuses[name] == nil else { continue }
            guard let excuse = node.record.profile.excuse(for: name) else { continue }
            excuses[name] = "\(node.record.profile.name): \(excuse.prefix(300))"
        }
        best.cpuMillis = max(best.cpuMillis, capacity.cpuMillis)
        best.memoryBytes = max(best.memoryBytes, capacity.memoryBytes)
        best.diskBytes = max(best.diskBytes, capacity.diskBytes)
    }

    var reasons: [Explanation.Reason] {
        var reasons = order.map { mismatch in
            Explanation.Reason(
                field: field(mismatch), message: message(mismatch), nodes: Array(nodes[mismatch]!.prefix(5)),
                nodeCount: nodes[mismatch]!.count)
        }
        if !draining.isEmpty {
            reasons.append(
                Explanation.Reason(
                    field: "nodes", message: "draining", nodes: Array(draining.prefix(5)), nodeCount: draining.count))
        }
        if !distrusted.isEmpty {
            reasons.append(
                Explanation.Reason(
                    field: "nodes", message: "reputation too low to be given work", nodes: Array(distrusted.prefix(5)),
                    nodeCount: distrusted.count))
        }
        return reasons
    }

    func infeasible(of connected: Int) -> Explanation {
        let count = connected == 1 ? "the connected node" : "any of the \(connected) connected nodes"
        let smallest = single.min { ($1.value, $0.key.field) < ($0.value, $1.key.field) }?.key
        let suggestion = smallest.map(change) ?? order.first.map(change) ?? "connect another node"
        return Explanation(
            kind: .neverHere, summary: "it cannot run on \(count)", reasons: reasons, suggestion: suggestion)
    }

    private func message(_ mismatch: Mismatch) -> String {
        switch mismatch {
        case .operatingSystem: "the operating system is not \(key.requirements.operatingSystem ?? "")"
        case .architecture: "the architecture is not \(key.driver.architecture ?? ""), and it is not emulated"
        case .isolation:
            "no wall as strong as \(key.requirements.isolation.rawValue)"
                + (strongestWall == .none ? "" : " (the strongest is \(strongestWall.rawValue))")
                + (excuses[key.requirements.isolation.rawValue].map { " (\($0))" } ?? "")
        case .cpus: "fewer than \(key.resources.cpuMillis) milli-cpus (the most is \(best.cpuMillis))"
        case .memory:
            "less than \(mebibytes(key.resources.memoryBytes)) of memory (the most is \(mebibytes(best.memoryBytes)))"
        case .disk: "less than \(mebibytes(key.resources.diskBytes)) of disk (the most is \(mebibytes(best.diskBytes)))"
        case .label(let name): "the label \(name) is not \(key.requirements.labels[name] ?? "")"
        case .driver(let name): "no driver \(name)" + (excuses[name].map { " (\($0))" } ?? "")
        case .enforced(let limit): "it cannot enforce the limit on \(limit.rawValue)"
        case .device(let kind): "too few devices of kind \(kind)"
        }
    }

    private func change(_ mismatch: Mismatch) -> String {
        switch mismatch {
        case .cpus: "lower resources.cpus to \(best.cpuMillis)m"
        case .memory: "lower resources.memory to \(mebibytes(best.memoryBytes))"
        case .disk: "lower resources.disk to \(mebibytes(best.diskBytes))"
        case .isolation where key.requirements.isolation <= .process:
            "connect a node whose machine can build a sandbox (see `weft doctor`)"
        case .isolation:
            (strongestWall == .none ? "" : "lower requirements.isolation to \(strongestWall.rawValue), or ")
                + "connect a node with a driver for \(key.driver.payload) payloads that has the wall "
                + "\(key.requirements.isolation.rawValue) (see `weft doctor` there)"
        case .driver(let name): "connect a node with the driver \(name) (see `weft doctor` there)"
        case .architecture:
            "connect a node that is \(key.driver.architecture ?? "") or emulates it (see `weft doctor` there)"
        case .operatingSystem, .label, .enforced, .device:
            "drop \(mismatch.field), or connect a node that meets it"
        }
    }

    /// The field of the spec that asks for it.
    private func field(_ mismatch: Mismatch) -> String {
        switch mismatch {
        case .architecture where key.requirements.architecture == nil: "payload.\(key.driver.payload).arch"
        case .driver(key.driver.payload) where !key.requirements.drivers.contains(key.driver.payload):
            "payload.\(key.driver.payload)"
        default: mismatch.field
        }
    }

    private func mebibytes(_ bytes: Int64) -> String { "\(bytes >> 20)MiB" }
}

extension Mismatch {
    /// The field of the spec that asks for it.
    var field: String {
        switch self {
        case .operatingSystem: "requirements.os"
        case .architecture: "requirements.arch"
        case .isolation: "requirements.isolation"
        case .cpus: "resources.cpus"
        case .memory: "resources.memory"
        case .disk: "resources.disk"
        case .label(let name): "requirements.labels.\(name)"
        case .driver: "requirements.drivers"
        case .enforced: "requirements.enforced"
        case .device: "resources.devices"
        }
    }
}
