package import WeftFormats
package import WeftModel

package struct EventFilter: Hashable, Sendable {
    /// Whose credits one may see move.
    package enum Purses: Hashable, Sendable {
        case none
        case of(String)
        case all
    }

    package var job: JobID?
    package var node: NodeID?
    package var kinds: Set<EventView.Kind>?
    package var purses: Purses

    package init(
        job: JobID? = nil, node: NodeID? = nil, kinds: Set<EventView.Kind>? = nil, purses: Purses = .none
    ) {
        self.job = job
        self.node = node
        self.kinds = kinds
        self.purses = purses
    }

    func passes(_ event: EventView) -> Bool {
        if event.kind == .missed { return true }
        if let job, event.job != job { return false }
        if let node, event.node != node { return false }
        if let kinds, !kinds.contains(event.kind) { return false }
        guard event.kind == .creditsMoved else { return true }
        return switch purses {
        case .none: false
        case .of(let submitter): event.submitter == submitter
        case .all: true
        }
    }
}

/// A bounded stream of events in batches; a slow reader gets a `missed` event. Ends with the coordinator.
package struct EventSubscription: AsyncSequence, Sendable {
    package typealias Element = EventBatch
    package typealias Failure = Never

    package struct Iterator: AsyncIteratorProtocol {
        fileprivate let pull: @Sendable () async -> EventBatch?

        package mutating func next() async -> EventBatch? { await pull() }
    }

    private let pull: @Sendable () async -> EventBatch?

    package init(next: @escaping @Sendable () async -> EventBatch?) { pull = next }

    package func makeAsyncIterator() -> Iterator { Iterator(pull: pull) }
}

/// A bounded stream of log pieces in batches.
package struct LogSubscription: AsyncSequence, Sendable {
    package typealias Element = [LogPiece]
    package typealias Failure = Never

    package struct Iterator: AsyncIteratorProtocol {
        fileprivate let pull: @Sendable () async -> [LogPiece]?

        package mutating func next() async -> [LogPiece]? { await pull() }
    }

    private let pull: @Sendable () async -> [LogPiece]?

    package init(next: @escaping @Sendable () async -> [LogPiece]?) { pull = next }

    package func makeAsyncIterator() -> Iterator { Iterator(pull: pull) }
}
