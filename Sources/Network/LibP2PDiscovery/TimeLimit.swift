import LibP2P

/// Runs something that gives up when it is cancelled, and cancels it when it takes too long.
/// - Throws: `PeerStreamError.timedOut`, or what the work throws.
func withTimeLimit<Value: Sendable>(
    _ limit: Duration, by clock: DiscoveryClock, _ work: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value?.self) { group in
        group.addTask { try await work() }
        group.addTask {
            try await clock.sleep(limit)
            return nil
        }
        defer { group.cancelAll() }
        guard let value = try await group.next().flatMap({ $0 }) else { throw PeerStreamError.timedOut }
        return value
    }
}
