#if os(Linux)
    import WeftDevices

    /// Runs what blocks for as long as a container runs on a thread of its own: the shared threads are few, and a wait
    /// on one of them would hold up others.
    enum BlockingThread {
        private static let stackBytes = 512 << 10

        /// - Throws: what `body` throws, or ``EngineError/system(_:)`` when there is no thread to be had.
        static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
            try await withCheckedThrowingContinuation { continuation in
                let hasStarted = startThread(stackBytes: stackBytes) {
                    continuation.resume(with: Result { try body() })
                }
                if !hasStarted { continuation.resume(throwing: EngineError.system("no thread is to be had")) }
            }
        }
    }
#endif
