import DequeModule
package import WeftModel

/// Where blobs are: a node that has run something with a blob has it, and is preferred for what needs it. Soft state: a guess that is
/// wrong costs a transfer.
extension Engine {
    /// The node has ended an attempt at this task, so its inputs are there.
    mutating func noteData(of task: TaskID, on node: Int) {
        guard jobs[task.job]?.hasBlobs == true, let offset = jobs[task.job]!.offset(of: task) else { return }
        for digest in jobs[task.job]!.blobs(at: offset).prefix(NodeData.limit) { nodes[node].data.add(digest) }
    }

    /// Whether the node has an attempt at something that this blob belongs to: then it may read it.
    package func mayRead(_ digest: Digest, _ id: NodeID) -> Bool {
        guard let index = nodeIndexes[id] else { return false }
        return nodes[index].attempts.contains { lease in
            guard let task = attempts[lease]?.id.task, jobs[task.job]?.hasBlobs == true,
                let offset = jobs[task.job]!.offset(of: task)
            else { return false }
            return jobs[task.job]!.blobs(at: offset).contains(digest)
        }
    }
}

/// The blobs that a node worked with lately.
struct NodeData: Sendable {
    static let limit = 64

    private var digests: Set<Digest> = []
    /// Longest ago first.
    private var order: Deque<Digest> = []

    func contains(_ digest: Digest) -> Bool { digests.contains(digest) }

    mutating func add(_ digest: Digest) {
        guard digests.insert(digest).inserted else { return }
        order.append(digest)
        if order.count > Self.limit { digests.remove(order.removeFirst()) }
    }
}

/// Why one node is better than another that would do as well: its devices are faster, or, of equally fast ones, more of the data is
/// there.
struct NodeRank: Comparable {
    var speed: Int64
    var heldBlobs: Int

    static func < (left: NodeRank, right: NodeRank) -> Bool {
        (left.speed, left.heldBlobs) < (right.speed, right.heldBlobs)
    }
}

extension Job {
    /// Every blob that must be there before the task runs.
    func blobs(at offset: UInt32) -> [Digest] {
        Self.sources(of: record.spec).compactMap { source in
            switch source {
            case .blob(let digest): digest
            case .each(let digests): digests.indices.contains(Int(offset)) ? digests[Int(offset)] : nil
            case .inline, .url: nil
            }
        }
    }

    private static func sources(of spec: JobSpec) -> [InputSource] {
        spec.inputs.map(\.source) + [spec.payload.code, spec.payload.standardInput].compactMap(\.self)
    }

    static func hasBlobs(_ spec: JobSpec) -> Bool {
        sources(of: spec).contains { source in
            switch source {
            case .blob, .each: true
            case .inline, .url: false
            }
        }
    }
}
