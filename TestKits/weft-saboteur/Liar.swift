import SeededNumbers
import WeftModel
import WeftWorker

/// Decides which answers are wrong and makes them so: a byte of one blob differs, everything else looks right.
struct Liar: Sendable {
    let seed: UInt64
    /// 0 to 1.
    let rate: Double
    /// Whether the wrong answer is the same for all replicas of a task.
    let colludes: Bool

    /// The largest blob that is altered; of a larger one only the beginning is kept.
    private static let blobBytes = 64 << 20

    func tamper(
        _ attempt: AttemptID, _ completion: inout Completion, _ content: inout ProducedContent
    ) async throws {
        var dice = SeededRandom(seed: seed ^ mix(attempt))
        guard dice.fraction() < rate else { return }
        var targets = completion.outputs.indices.filter { completion.outputs[$0].blob != nil }.map(Optional.some)
        if completion.standardOutput != nil { targets.append(nil) }
        guard !targets.isEmpty else {
            // Nothing was written: say that something was.
            completion.standardOutput = try await content.put([UInt8(truncatingIfNeeded: dice.next() % 95 + 32), 10])
            return
        }
        switch targets[Int(dice.next() % UInt64(targets.count))] {
        case .some(let position):
            completion.outputs[position].blob = try await alter(completion.outputs[position].blob!, &content, &dice)
        case nil:
            completion.standardOutput = try await alter(completion.standardOutput!, &content, &dice)
        }
    }

    private func alter(
        _ blob: BlobReference, _ content: inout ProducedContent, _ dice: inout SeededRandom
    ) async throws -> BlobReference {
        var bytes: [UInt8] = []
        if blob.sizeBytes <= Self.blobBytes { bytes = try await content.bytes(of: blob, limit: Self.blobBytes) }
        if bytes.isEmpty { return try await content.put([0]) }
        let position = Int(dice.next() % UInt64(bytes.count))
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        if digits.contains(bytes[position]) {
            // Another digit: a number that looks as good as the right one.
            bytes[position] =
                (bytes[position] - digits.lowerBound + 1 + UInt8(dice.next() % 9)) % 10 + digits.lowerBound
        } else {
            bytes[position] ^= 1
        }
        return try await content.put(bytes)
    }

    private func mix(_ attempt: AttemptID) -> UInt64 {
        var dice = SeededRandom(seed: attempt.task.job.number &* 0x9e37_79b9_7f4a_7c15 &+ UInt64(attempt.task.index))
        var value = dice.next()
        if !colludes {
            dice = SeededRandom(seed: value ^ attempt.lease.number &+ UInt64(attempt.replica))
            value = dice.next()
        }
        return value
    }
}
