import Dispatch
import Logging
import WeftComparators
import WeftEngine
import WeftModel
import WeftStorage

/// Answers of one task that the engine wants compared.
struct AnswerComparison: Sendable {
    var task: TaskID
    var pairs: [Agreements.Pair]
}

/// Compares outputs for the engine (docs/comparators.md): one task at a time, beside everything else. Those that take a
/// program wait in a line of their own, so that a slow one holds up nobody else's.
extension Coordinator {
    nonisolated func compareAnswers() async {
        await withTaskGroup(of: Void.self) { lines in
            lines.addTask { await self.compareAnswers(of: self.comparisons) }
            lines.addTask { await self.compareAnswers(of: self.programComparisons) }
            await lines.waitForAll()
        }
    }

    private nonisolated func compareAnswers(of line: Mailbox<AnswerComparison>) async {
        while let batch = await line.next() {
            for comparison in batch {
                do {
                    // nil for a task that has ended meanwhile.
                    guard let spec = await openSpec(of: comparison.task) else { continue }
                    if spec.needsComparatorPrograms, line !== programComparisons {
                        programComparisons.push(comparison)
                        continue
                    }
                    let findings = try await findings(of: comparison, spec)
                    inbox.push(Incident(event: .compared(comparison.task, findings)))
                } catch {
                    // This machine failed, not the answers: nobody is judged by it, and it is tried again after the others.
                    logger.warning(
                        "answers could not be compared",
                        metadata: ["task": "\(comparison.task)", "error": "\(error)"])
                    do { try await Task.sleep(for: .seconds(1)) } catch { return }
                    line.push(comparison)
                }
            }
        }
    }

    private nonisolated func findings(
        of comparison: AnswerComparison, _ spec: JobSpec
    ) async throws -> [Agreements.Pair: Bool] {
        var completions: [Digest: Completion] = [:]
        for result in try await journal.results(of: comparison.task) {
            guard case .completed(let completion) = result.outcome, let answer = result.answer else { continue }
            completions[answer] = completions[answer] ?? completion
        }
        var findings: [Agreements.Pair: Bool] = [:]
        for pair in comparison.pairs {
            guard let first = completions[pair.first], let second = completions[pair.second] else { continue }
            findings[pair] = try await areAlike(first, second, spec)
        }
        return findings
    }

    private func openSpec(of task: TaskID) -> JobSpec? {
        engine.hasEnded(task) == false ? engine.spec(of: task.job)?.spec : nil
    }

    /// Whether two answers agree: equal exit statuses, and every part that counts alike by its own rule.
    private nonisolated func areAlike(_ first: Completion, _ second: Completion, _ spec: JobSpec) async throws -> Bool {
        guard first.exitStatus == second.exitStatus else { return false }
        if spec.verification.comparesStandardOutput, spec.verification.comparator != .exit {
            guard try await areAlike(first.standardOutput, second.standardOutput, spec.verification.comparator) else {
                return false
            }
        }
        for (output, files) in zip(spec.outputs, zip(first.outputs, second.outputs)) {
            guard try await areAlike(files.0.blob, files.1.blob, spec.comparator(of: output)) else { return false }
        }
        return true
    }

    /// Whether two outputs are alike; nil stands for one that is not there, which is like another one only.
    private nonisolated func areAlike(
        _ first: BlobReference?, _ second: BlobReference?, _ comparator: OutputComparator
    ) async throws -> Bool {
        guard let first, let second else { return first == nil && second == nil }
        switch comparator {
        case .sha256: return first == second
        case .exit: return true
        case .numeric, .metric, .image: break
        case .video, .command:
            // A job of before the operator forbade it: its answers find nobody who is like them.
            guard let programs = configuration.comparatorPrograms else { return false }
            return try await programs.areAlike(first, second, by: comparator)
        }
        guard max(first.sizeBytes, second.sizeBytes) <= Int64(ComparatorLimits.outputBytes) else { return false }
        let left = try await blobs.readAll(first.digest, limit: ComparatorLimits.outputBytes)
        let right = first == second ? left : try await blobs.readAll(second.digest, limit: ComparatorLimits.outputBytes)
        return await Self.compare(left, right, comparator)
    }

    /// Away from the threads on which everything else waits its turn: large outputs take a second.
    private nonisolated static func compare(
        _ left: [UInt8], _ right: [UInt8], _ comparator: OutputComparator
    ) async -> Bool {
        await withCheckedContinuation { continuation in
            DispatchQueue.global(qos: .utility).async {
                // What cannot be read agrees with nothing, not even with itself.
                let comparison = try? comparator.compare(left, right)
                continuation.resume(returning: comparison?.agrees ?? false)
            }
        }
    }
}
