/// What a coordinator assumes of its pool, and the bounds of what it believes. The same for all jobs.
package struct TrustConfiguration: Hashable, Sendable, Codable {
    /// At most this share of the pool's groups is hostile, 0 ..< 0.5; they may all act together and give the same wrong
    /// answer. Where the evidence says more, nothing is accepted (``Refusal/tooManyHostile(convicted:examined:)``).
    package var hostileShare = 1.0 / 3
    /// Verified answers in a row before a node's unverified answers are worth holding.
    package var provingAnswers = 10
    /// The proving grows by this factor with each conviction, up to the third.
    package var provingGrowth = 8
    /// So many answers of each batch are checked at least. A batch is released when the next one has passed, too, so
    /// accomplices confirm lies that fill both with a probability of ``hostileShare`` to the power of twice this.
    package var checksPerBatch = 2
    /// How many answers of one node are cleared together, at most.
    package var maxBatch = 32
    /// A node has no more answers held, for each that was verified, than this.
    package var credit = 4
    /// No more than this many wrong answers may stand behind one liar that is caught, so checks never get rarer than about
    /// one in so many.
    package var maxCharge = 15.0
    /// This share of all hostile groups may be believed and lie at the same moment: for one wrong answer of each the account
    /// keeps a reserve before it lets any answer be accepted alone.
    package var strikeShare = 0.05
    /// Beyond the reserve, so many liars caught at the same moment are within the budget.
    package var surge = 3.0
    /// Votes on one task, at most.
    package var maxVotes = 24
    /// While the pool is unknown, so many tasks are begun together, and the next ones when these are decided.
    package var cohort = 16
    /// Groups of which an answer was verified before the pool is known, or all that there are.
    package var examinedToKnow = 32
    /// Known error rate from which a node that was convicted twice is given no more work.
    package var exclusionRate = 0.01

    package init() {}
}
