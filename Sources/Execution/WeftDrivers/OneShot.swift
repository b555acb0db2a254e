#if canImport(Darwin)
    import Synchronization

    /// A value that arrives once; one task waits for it.
    final class OneShot<Value: Sendable>: Sendable {
        private enum State {
            case empty
            case waiting(CheckedContinuation<Value?, Never>)
            case filled(Value?)
        }

        private let state = Mutex(State.empty)

        /// The first call counts. May come from any thread.
        func fill(_ value: Value?) {
            let waiter = state.withLock { state -> CheckedContinuation<Value?, Never>? in
                switch state {
                case .empty:
                    state = .filled(value)
                    return nil
                case .waiting(let continuation):
                    state = .filled(value)
                    return continuation
                case .filled:
                    return nil
                }
            }
            waiter?.resume(returning: value)
        }

        /// The value; nil when the waiting task is cancelled first.
        func cancellableValue() async -> Value? {
            await withTaskCancellationHandler {
                await value()
            } onCancel: {
                fill(nil)
            }
        }

        /// The value, whatever happens to the waiting task.
        func value() async -> Value? {
            await withCheckedContinuation { continuation in
                let ready = state.withLock { state -> Value?? in
                    switch state {
                    case .empty:
                        state = .waiting(continuation)
                        return .none
                    case .waiting:
                        preconditionFailure("one task waits for a one-shot value")
                    case .filled(let value):
                        return .some(value)
                    }
                }
                if let ready { continuation.resume(returning: ready) }
            }
        }
    }
#endif
