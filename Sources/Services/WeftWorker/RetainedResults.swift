import WeftModel
import WeftWire

/// A finished attempt as it is kept until the coordinator says that it has it for good.
struct FinishedAttempt: Sendable {
    var attempt: AttemptID
    var message: Weft_Wire_V1_AttemptFinished
    /// Content that travels inside the message, for coordinators that ask for it all the same.
    var inline: [Digest: [UInt8]] = [:]
    /// Blobs kept in the worker's store for the coordinator to fetch.
    var stored: Set<Digest> = []

    var inlineBytes: Int { inline.values.reduce(0) { $0 + $1.count } }
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

    /// The result's blobs that no other result holds; nil when there is no such result.
    mutating func forget(_ attempt: AttemptID) -> [Digest]? {
        guard let result = results.removeValue(forKey: attempt) else { return nil }
        inlineBytes -= result.inlineBytes
        if order.count > 2 * results.count + 64 { order.removeAll { results[$0] == nil } }
        return result.stored.filter { digest in
            let left = holders[digest, default: 1] - 1
            holders[digest] = left > 0 ? left : nil
            return left == 0
        }
    }

    /// Bytes of a blob of one of the results, if they are in memory.
    func inlineContent(_ digest: Digest) -> [UInt8]? {
        for result in results.values { if let bytes = result.inline[digest] { return bytes } }
        return nil
    }

    func holdsStored(_ digest: Digest) -> Bool { holders[digest] != nil }
}
