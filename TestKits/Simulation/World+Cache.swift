import WeftEngine
import WeftModel

/// The cache as the real shell has it: keys, and what is durable of it.
extension World {
    /// What decides the answer of a task, as one digest.
    private func cacheKey(_ index: UInt32, _ planned: JobPlan) -> Digest {
        let rules: UInt64 =
            (planned.spec.comparesDigests ? 0 : 1) + (planned.spec.verification.needsSameHardware ? 2 : 0)
        return digest(of: scramble(planned.content ^ 0x5745_4654 ^ rules << 62, UInt64(index)))
    }

    /// Adds the keys, which the engine leaves out.
    func nameCacheEntries(_ step: inout Step) {
        for position in step.changes.indices {
            guard case .cacheEntered(var entry) = step.changes[position],
                let digest = shell!.engine.spec(of: entry.origin.job)?.digest
                    ?? step.forgotten.first(where: { $0.id == entry.origin.job })?.specDigest,
                let job = jobsByDigest[digest]
            else { continue }
            entry.key = cacheKey(entry.origin.index, plan.jobs[job])
            step.changes[position] = .cacheEntered(entry)
        }
    }

    /// What is durable when the request comes; it is decided on later.
    func lookUp(_ job: Int) -> CachedAnswers {
        let planned = plan.jobs[job]
        guard planned.spec.mayUseCache else { return CachedAnswers() }
        var found: [UInt32: CachedAnswer] = [:]
        let range = planned.spec.indexes
        for offset in 0..<range.count {
            let key = cacheKey(range.first + offset, planned)
            for entry in journal.cache where entry.key == key {
                guard let answer = journal.tasks[entry.origin]?.answer,
                    planned.spec.verification.accepts(agreeing: entry.voters.count, errorBound: entry.errorBound)
                else { continue }
                found[offset] = CachedAnswer(
                    origin: entry.origin, answer: answer, voters: entry.voters, errorBound: entry.errorBound)
            }
        }
        return CachedAnswers(found, asOf: shell!.durableRevocations)
    }
}
