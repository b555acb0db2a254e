import WeftModel
import WeftTrust

/// Tasks whose answers the submitter knows. To their nodes they are like all others; to the book of trust they are evidence
/// that takes no vote, and the only kind that holds against a majority of liars.
extension Engine {
    /// The right answer of a task; nil where nobody knows it.
    func knownAnswer(_ offset: UInt32, of id: JobID) -> Digest? {
        let verification = jobs[id]!.verification
        return verification.canaries.isEmpty ? nil : verification.knownAnswer(of: jobs[id]!.task(offset).index)
    }

    /// Says to the book what the votes that are new are worth; ends the task with the right answer, or asks for another vote.
    mutating func weighCanary(_ offset: UInt32, of id: JobID, against known: Digest) {
        let task = jobs[id]!.task(offset)
        let votes = jobs[id]!.open[offset]!.votes
        let new = votes.dropFirst(jobs[id]!.open[offset]!.judgedVotes)
        jobs[id]!.open[offset]!.judgedVotes = votes.count
        for vote in new { weighLate(vote, of: id, against: known) }
        // What the book learnt may have ended the job.
        guard let open = jobs[id]?.open[offset], open.ballot != nil else { return }
        let answers = Set(votes.map(\.answer))
        if answers.contains(where: { $0 != known }), !open.hasDisagreed {
            noteDisagreement(offset, of: id, answers: answers.union([known]).count)
        }
        if votes.contains(where: { $0.answer == known }) {
            accept(Release(task: task, answer: known, bound: 0))
        } else if votes.count >= trust.configuration.maxVotes {
            refuse(offset, of: id, because: .noAgreement(votes: votes.count, answers: answers.count))
        } else if open.outstanding == 0 {
            want(1, offset, of: id)
        }
    }
}
