#if os(Linux)
    import Glibc

    /// Runs what blocks for as long as a container runs on a thread of its own: the shared threads are few, and a wait
    /// on one of them would hold up others.
    enum BlockingThread {
        private final class Box {
            let body: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        }

        private static let stackBytes = 512 << 10

        /// - Throws: what `body` throws, or ``EngineError/system(_:)`` when there is no thread to be had.
        static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
            try await withCheckedThrowingContinuation { continuation in
                let hasStarted = start { continuation.resume(with: Result { try body() }) }
                if !hasStarted { continuation.resume(throwing: EngineError.system("no thread is to be had")) }
            }
        }

        static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
            var attributes = pthread_attr_t()
            pthread_attr_init(&attributes)
            defer { pthread_attr_destroy(&attributes) }
            pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
            pthread_attr_setstacksize(&attributes, stackBytes)
            let box = Unmanaged.passRetained(Box(body))
            var thread = pthread_t()
            let code = pthread_create(
                &thread, &attributes,
                { argument in
                    Unmanaged<Box>.fromOpaque(argument!).takeRetainedValue().body()
                    return nil
                }, box.toOpaque())
            if code != 0 { box.release() }
            return code == 0
        }
    }
#endif
