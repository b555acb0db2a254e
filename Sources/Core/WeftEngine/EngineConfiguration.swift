package import WeftLedger

/// The engine's policy numbers. Durations are simulated or real alike: the engine has no clock.
package struct EngineConfiguration: Hashable, Sendable {
    /// Silence after which a node's attempts are given to others.
    package var leaseDuration: Duration = .seconds(15)
    /// How long restored jobs wait after a restart, so that workers can come back and say what they are running.
    package var recoveryGrace: Duration = .milliseconds(1500)
    /// How long past its own time-out an attempt may stay unreported before it is given up.
    package var timeoutGrace: Duration = .seconds(30)
    /// How long a revoked attempt may hold its resources without the node's word that it ended.
    package var revocationGrace: Duration = .seconds(10)
    /// How long a node gets nothing new after it failed an attempt for reasons of its own; doubles with each more in
    /// a row, up to ``longestRest``. Otherwise one broken machine, always free, would eat every task's ``maxLosses``.
    package var restAfterFailure: Duration = .milliseconds(500)
    package var longestRest: Duration = .seconds(60)
    package var reputationAtStart = 50
    package var reputationGain = 5
    package var reputationLoss = 10
    /// Nodes with a lower score get no work.
    package var minimumReputation = 1
    /// How often one task may lose attempts to nodes (not to its own payload) before it is failed.
    package var maxLosses = 20
    /// How many tasks of one job may be started and not ended.
    package var maxOpenTasks = 16_384
    /// A node whose slots are all taken is given attempts of short tasks beforehand, so that a slot need not wait for
    /// a round trip: as many as it ends in this time, and none of tasks that run for longer.
    package var prefetchHorizon: Duration = .milliseconds(40)
    /// How many attempts one node is given beforehand, at most. Workers queue at least as many.
    package var maxPrefetch = 64
    /// Attempts given beforehand go back to the queue when their node has ended nothing for this long.
    package var prefetchPatience: Duration = .milliseconds(500)
    /// How long a node that its owner has paused may keep what it holds frozen, and by how much that may put off an
    /// attempt's time-out. Workers hand their work back sooner.
    package var longestPause: Duration = .seconds(900)
    /// How often one task may be handed back by nodes that their owners pause before that counts as a loss.
    package var maxHandBacks = 100
    /// Near a job's end, a task of which an attempt has run this many times as long as its like, and for at least
    /// ``stragglerFloor``, gets a backup on another node.
    package var stragglerFactor = 3
    package var stragglerFloor: Duration = .seconds(2)
    /// How many tasks of the job must have ended for it to be known how long its like run.
    package var stragglerSample = 3
    /// How often what nodes have finished, failed and lost is made durable.
    package var performanceInterval: Duration = .seconds(60)
    /// Decides who is checked and by whom, where jobs have an error budget. Nobody outside the coordinator may know it.
    package var trustSeed: UInt64 = 0
    /// After this time, evidence of a node's honesty counts half.
    package var trustHalfLife: Duration = .seconds(30 * 86400)
    /// How long a check waits for a node that may do it to appear before its task is given up.
    package var checkPatience: Duration = .seconds(600)
    package var maxUnfinishedJobs = 100_000
    package var maxNodes = 100_000
    /// How many leases that were taken from their nodes are remembered, so that late answers to them still count.
    package var maxLostLeases = 100_000
    /// How many idempotency keys of ended jobs are remembered without asking the journal.
    package var maxRecentKeys = 10_000
    /// What jobs cost; nil: nothing, and nobody is paid.
    package var prices: PriceList?
    /// nil in every product. The simulator's own test plants defects one at a time and expects to find them.
    package var plantedDefect: PlantedDefect?

    package init() {}
}

/// Known ways to get it wrong, each of which the simulator must notice.
package enum PlantedDefect: String, Hashable, Sendable, CaseIterable {
    /// A result that comes after its task ended settles the task again.
    case settlesOnLateDuplicate
    /// Attempts that workers bring back after a restart are not taken up.
    case losesLeaseOnRestart
    /// A second answer of the same node to the same task counts.
    case countsVoteTwice
    /// A failed attempt keeps its node's resources.
    case forgetsToRelease
    /// Jobs run in the order of the wall clock at submission, which can jump.
    case ordersByWallClock
    /// A silent node keeps its attempts for ever.
    case leaseNeverExpires
    /// Reputation moves without a second opinion.
    case trustsSingleAnswer
    /// Two replicas of a task may run on nodes of one owner, or on one node.
    case sharesNode
    /// The shell answers before its commit returned (planted in the simulator's shell, not in the engine).
    case acknowledgesBeforeDurable
    /// Nodes are paid for answers that differ, too.
    case paysDissenters
    /// What is left of a cancelled job's escrow stays there.
    case keepsEscrow
    /// Answers of nodes that are found lying stay in the cache.
    case reusesAnswersOfLiars
}
