import WeftEngine
import WeftModel

/// A step of the engine until it is durable and carried out.
struct DecidedStep: Sendable {
    /// What it is about.
    var incidents: ArraySlice<Coordinator.Incident>
    var step: Step
    /// Those of the step, and what they add to the log of receipts, the cache and webhooks.
    var changes: [Change]
    var decidedAt: Instant
    /// Which of its assignments were sent at once.
    var early: EarlyAssignments
    /// ``Engine/revocations`` after it.
    var revocations: UInt64
    /// The log of receipts after it.
    var logSize: UInt64
    var logRoot: Digest

    /// The nodes whose links it opens.
    var joining: [NodeID] { incidents.compactMap { $0.opens?.node } }
}

extension Step {
    var notices: [Notice] {
        actions.compactMap { action in
            if case .publish(let notice) = action { notice } else { nil }
        }
    }
}
