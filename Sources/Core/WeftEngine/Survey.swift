import WeftModel

/// Collects, over the connected nodes, what keeps each from running a class of jobs.
struct Survey {
    let key: ClassKey
    let submitter: String
    private var nodes: [Mismatch: [NodeID]] = [:]
    private var order: [Mismatch] = []
    /// Mismatches of nodes that miss just one thing: the smallest change is among them.
    private var single: [Mismatch: Int] = [:]
    private var best = Resources(cpuMillis: 0, memoryBytes: 0, diskBytes: 0)
    private var devices = DeviceSurvey()
    /// Of the nodes that miss nothing but a wall.
    private var strongestWall = Isolation.none
    /// What nodes without a driver say of it, by its name; walls have drivers of their names.
    private var excuses: [String: String] = [:]
    /// Whose signatures would do on nodes that want one.
    private var accepted: [NodeID] = []
    private var draining: [NodeID] = []
    private var distrusted: [NodeID] = []
    private var choosy: [NodeID] = []
    /// Nodes that their owners have paused, by the reason.
    private var paused: [String: [NodeID]] = [:]

    init(key: ClassKey, submitter: String) {
        self.key = key
        self.submitter = submitter
    }

    mutating func add(_ node: Node, minimumReputation: Int) {
        let capacity = node.record.profile.capacity
        let mismatches = Mismatch.all(of: key, on: node.record.profile)
        if node.record.isDraining { draining.append(node.record.id) }
        if node.record.reputation.score < minimumReputation { distrusted.append(node.record.id) }
        if !node.takes(workOf: submitter) { choosy.append(node.record.id) }
        if node.isPaused { paused[node.record.profile.paused, default: []].append(node.record.id) }
        for mismatch in mismatches {
            if nodes[mismatch] == nil { order.append(mismatch) }
            nodes[mismatch, default: []].append(node.record.id)
        }
        if !key.resources.devices.isEmpty { devices.add(node.record.profile, wanting: key.resources.devices) }
        if mismatches.count == 1 { single[mismatches[0], default: 0] += 1 }
        if mismatches == [.isolation] {
            strongestWall = max(strongestWall, node.record.profile.strongestWall(for: key.driver) ?? .none)
        }
        for signer in node.record.profile.signers.map({ NodeID($0) })
        where mismatches.contains(.signature) && !accepted.contains(signer) { accepted.append(signer) }
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
        if !choosy.isEmpty {
            reasons.append(
                Explanation.Reason(
                    field: "nodes", message: "its owner takes no work of \(submitter)", nodes: Array(choosy.prefix(5)),
                    nodeCount: choosy.count))
        }
        for (reason, ids) in paused.sorted(by: { ($1.value.count, $0.key) < ($0.value.count, $1.key) }).prefix(8) {
            reasons.append(
                Explanation.Reason(
                    field: "nodes", message: "paused by its owner: \(reason)", nodes: Array(ids.prefix(5)),
                    nodeCount: ids.count))
        }
        return reasons
    }

    func infeasible(of connected: Int) -> Explanation {
        let count = connected == 1 ? "the connected node" : "any of the \(connected) connected nodes"
        let smallest = single.min { ($1.value, $0.key.field) < ($0.value, $1.key.field) }?.key
        let suggestion =
            smallest.map(change) ?? order.first.map(change)
            ?? (choosy.isEmpty
                ? "connect another node"
                : "ask an owner to name \(submitter) in worker.yaml's `submitters`, or connect another node")
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
        case .mounts: "it has no driver that shows directories at other paths"
        case .cpus: "fewer than \(key.resources.cpuMillis) milli-cpus (the most is \(best.cpuMillis))"
        case .memory:
            "less than \(mebibytes(key.resources.memoryBytes)) of memory (the most is \(mebibytes(best.memoryBytes)))"
        case .disk: "less than \(mebibytes(key.resources.diskBytes)) of disk (the most is \(mebibytes(best.diskBytes)))"
        case .label(let name): "the label \(name) is not \(key.requirements.labels[name] ?? "")"
        case .driver(let name): "no driver \(name)" + (excuses[name].map { " (\($0))" } ?? "")
        case .enforced(let limit): "it cannot enforce the limit on \(limit.rawValue)"
        case .device(let request, let lack): devices.words(for: request, lack)
        case .signature:
            "its owner runs only code that is signed by \(words(accepted)); "
                + (key.signers.isEmpty ? "this job is not signed" : "this job is signed by \(words(key.signers))")
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
        case .mounts:
            "connect a node that can build a sandbox or has a container engine (see `weft doctor` there), or drop mounts"
        case .driver(let name): "connect a node with the driver \(name) (see `weft doctor` there)"
        case .architecture:
            "connect a node that is \(key.driver.architecture ?? "") or emulates it (see `weft doctor` there)"
        case .signature:
            "have one of \(words(accepted)) sign the job (`weft sign`), or connect a node that requires no signature"
        case .device(let request, let lack): devices.change(for: request, lack)
        case .operatingSystem, .label, .enforced:
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

    private func words(_ signers: [NodeID]) -> String {
        let named = signers.prefix(3).map(\.text).joined(separator: ", ")
        return named + (signers.count > 3 ? " and \(signers.count - 3) more" : "")
    }

}

extension Mismatch {
    /// The field of the spec that asks for it.
    var field: String {
        switch self {
        case .operatingSystem: "requirements.os"
        case .architecture: "requirements.arch"
        case .isolation: "requirements.isolation"
        case .mounts: "mounts"
        case .cpus: "resources.cpus"
        case .memory: "resources.memory"
        case .disk: "resources.disk"
        case .label(let name): "requirements.labels.\(name)"
        case .driver: "requirements.drivers"
        case .enforced: "requirements.enforced"
        case .device: "resources.devices"
        case .signature: "signatures"
        }
    }
}
