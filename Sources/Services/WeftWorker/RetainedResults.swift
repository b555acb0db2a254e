import WeftFormats
import WeftModel
import WeftWire

/// A finished attempt as it is kept until the coordinator says that it has it for good.
struct FinishedAttempt: Sendable {
    /// Without a signature: that is made when the report leaves.
    var report: AttemptReport
    /// What the node signs; nil for a failure.
    var statement: ResultStatement?
    /// Blobs kept, and pinned once each, in the worker's store for the coordinator to fetch.
    var stored: Set<Digest> = []

    var attempt: AttemptID { report.attempt }
    var inlineBytes: Int { report.inlineBlobs.values.reduce(0) { $0 + $1.count } }
    /// About what it takes on the wire.
    var estimatedBytes: Int {
        guard case .completed(let completion) = report.outcome else { return 1024 }
        return completion.outputs.reduce(512 + inlineBytes) { $0 + $1.path.utf8.count + 64 }
    }
}

/// The finished attempts that are not yet acknowledged, oldest first. Kept in memory: a worker that dies loses them,
/// and the coordinator has the attempts done again.
struct RetainedResults: Sendable {
    let countLimit: Int
    let inlineBytesLimit: Int
    private var results: [AttemptID: FinishedAttempt] = [:]
    private var order: [AttemptID] = []
    private var inlineBytes = 0
    /// How many results hold each stored blob.
    private var holders: [Digest: Int] = [:]

    init(countLimit: Int = 16_384, inlineBytesLimit: Int = 256 << 20) {
        self.countLimit = countLimit
        self.inlineBytesLimit = inlineBytesLimit
    }

    /// Whether more work should be taken on.
    var hasRoom: Bool { results.count < countLimit && inlineBytes < inlineBytesLimit }
    var isEmpty: Bool { results.isEmpty }
    var count: Int { results.count }
    subscript(attempt: AttemptID) -> FinishedAttempt? { results[attempt] }
    var all: [FinishedAttempt] { order.compactMap { results[$0] } }

    mutating func keep(_ result: FinishedAttempt) {
        guard results[result.attempt] == nil else { return }
        results[result.attempt] = result
        order.append(result.attempt)
        inlineBytes += result.inlineBytes
        for digest in result.stored { holders[digest, default: 0] += 1 }
    }

    /// The result's stored blobs, each to be unpinned once; nil when there is no such result.
    mutating func forget(_ attempt: AttemptID) -> [Digest]? {
        guard let result = results.removeValue(forKey: attempt) else { return nil }
        inlineBytes -= result.inlineBytes
        if order.count > 2 * results.count + 64 { order.removeAll { results[$0] == nil } }
        for digest in result.stored {
            let left = holders[digest, default: 1] - 1
            holders[digest] = left > 0 ? left : nil
        }
        return Array(result.stored)
    }

    /// Bytes of a blob of one of the results, if they are in memory.
    func inlineContent(_ digest: Digest) -> [UInt8]? {
        for result in results.values { if let bytes = result.report.inlineBlobs[digest] { return bytes } }
        return nil
    }

    func holdsStored(_ digest: Digest) -> Bool { holders[digest] != nil }
}
