import NIOConcurrencyHelpers

/// Holds a thread until it is opened.
final class BlockingGate: Sendable {
    private let lock = ConditionLock(value: 0)

    func wait() {
        lock.lock(whenValue: 1)
        lock.unlock(withValue: 1)
    }

    func open() {
        lock.lock()
        lock.unlock(withValue: 1)
    }
}
