import WeftModel

/// Verified answers that are given to identical tasks.
extension Auditor {
    /// Only what others have confirmed, or what was accepted under an error budget, may be given to anybody.
    mutating func entered(_ entry: CacheEntry, journal: ReferenceJournal) -> String? {
        guard let record = journal.tasks[entry.origin], record.state == .succeeded, record.verdict == .agreed,
            record.cachedFrom == nil
        else { return "the answer of task \(entry.origin) may be given to others, and is not agreed upon" }
        let agreeing = (votes[entry.origin] ?? []).filter { $0.answer.map(record.supports) ?? false }.map(\.node)
        let owners = Set(entry.voters.map { owner(of: $0) })
        guard entry.voters.allSatisfy(agreeing.contains), owners.count == entry.voters.count else {
            return "\(entry.voters) are said to have agreed on task \(entry.origin); \(agreeing) did"
        }
        guard owners.count >= 2 || (record.errorBound != nil && !owners.isEmpty) else {
            return "the answer of task \(entry.origin) may be given to others, and nobody confirmed it"
        }
        cached[entry.origin] = (entry, judgements)
        return nil
    }

    /// A task was given the answer of another one.
    mutating func reused(
        _ origin: TaskID, for record: TaskRecord, of job: JobRecord, journal: ReferenceJournal
    ) -> String? {
        tasksCached += 1
        guard let (entry, enteredAt) = cached[origin], let original = journal.tasks[origin] else {
            return "task \(record.id) was given the answer of task \(origin), which nobody verified"
        }
        guard record.answer == original.answer, record.state == .succeeded, record.verdict == .agreed else {
            return "task \(record.id) was given another answer than that of task \(origin)"
        }
        let policy = job.spec.verification
        guard job.spec.mayUseCache, policy.accepts(agreeing: entry.voters.count, errorBound: entry.errorBound) else {
            return "task \(record.id) was given the answer of task \(origin), which is verified less than it asks for"
        }
        if let liar = entry.voters.first(where: { lies[$0, default: 0] > enteredAt }) {
            return "task \(record.id) was given the answer of task \(origin), of which \(liar) was found lying since"
        }
        return nil
    }
}
