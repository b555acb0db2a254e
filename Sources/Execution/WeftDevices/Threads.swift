#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Runs `body` on a thread of its own, for work that blocks for long. False when no thread can be had. `stackBytes` nil: as
/// many as threads usually have.
package func startThread(stackBytes: Int? = nil, _ body: @escaping @Sendable () -> Void) -> Bool {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    if let stackBytes { pthread_attr_setstacksize(&attributes, stackBytes) }
    let work = Unmanaged.passRetained(ThreadWork(body))
    #if canImport(Darwin)
        var thread: pthread_t?
        let code = pthread_create(&thread, &attributes, { ThreadWork.perform($0) }, work.toOpaque())
    #else
        var thread = pthread_t()
        let code = pthread_create(&thread, &attributes, { ThreadWork.perform($0!) }, work.toOpaque())
    #endif
    if code != 0 { work.release() }
    return code == 0
}

/// A closure on its way to a thread.
private final class ThreadWork {
    private let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }

    /// Takes over the reference.
    static func perform(_ pointer: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        Unmanaged<ThreadWork>.fromOpaque(pointer).takeRetainedValue().body()
        return nil
    }
}
