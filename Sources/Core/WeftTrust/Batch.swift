package import WeftModel

/// Answers of one member that are accepted together, once a random sample of them was confirmed.
struct Batch: Sendable {
    let member: Member
    let policy: TrustPolicy
    /// The share that is to be checked.
    var rate: Double
    /// Held, and not drawn so far.
    var held: [HeldAnswer] = []
    /// Drawn, and not confirmed or refuted so far.
    var drawn: Set<TaskID> = []
    /// Of the sample, those that were confirmed by votes; nothing follows from that before the batch is done.
    var verdicts: [Verdict] = []
    /// Votes on other tasks, since the batch was opened, that proved right.
    var confirmedElsewhere = 0
    var refuted = 0
    /// Takes no more answers; its sample is drawn.
    var isClosed = false
    /// Its sample was confirmed.
    var hasPassed = false
    /// None comes after it: it is released by itself.
    var isLast = false
    /// What its account has reserved for it.
    var reserved = 0.0
    /// How many were held and not drawn when it became void.
    var uncounted = 0
    /// Its member was convicted: nothing of it is released, but its sample is completed for the account.
    var isVoid = false

    /// All answers of the member since its batch was opened.
    var size: Int { held.count + uncounted + drawn.count + checked }
    var sampled: Int { checked + drawn.count }
    var checked: Int { verdicts.count + confirmedElsewhere + refuted }
}

struct HeldAnswer: Hashable, Sendable {
    var task: TaskID
    var answer: Digest
}

struct BatchKey: Hashable, Sendable {
    var member: Member
    var tier: Int
}

/// A task that votes have decided.
struct Verdict: Sendable {
    var ballot: Ballot
    var answer: Digest
    var bound: Double
    var policy: TrustPolicy

    var release: Release { Release(task: ballot.task, answer: answer, bound: bound) }
}

/// An answer is accepted.
package struct Release: Hashable, Sendable {
    package let task: TaskID
    package let answer: Digest
    /// The probability that it is wrong, under the configured assumptions; 0 where the answer was known before.
    package let bound: Double

    package init(task: TaskID, answer: Digest, bound: Double) {
        self.task = task
        self.answer = answer
        self.bound = bound
    }
}

/// What follows from a call of the book, to be done in this order.
package struct Consequences: Sendable {
    /// These votes no longer count, and their tasks must be decided anew.
    package internal(set) var struck: [(task: TaskID, member: Member)] = []
    /// These tasks are drawn (``Ballot/isDrawn``) and must be decided anew.
    package internal(set) var drawn: [TaskID] = []
    package internal(set) var released: [Release] = []
    /// These cannot be decided within the bound after all.
    package internal(set) var refused: [(task: TaskID, reason: Refusal)] = []
    /// Their standing has changed: to be kept.
    package internal(set) var changed: Set<Member> = []
    /// An answer of theirs was found wrong.
    package internal(set) var convicted: [Member] = []
}
