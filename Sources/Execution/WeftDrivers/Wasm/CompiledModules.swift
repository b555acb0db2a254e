import Synchronization
import WeftModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Compiled modules on the worker's side, made on this machine by its own engine and never taken from elsewhere:
/// an engine trusts what it has compiled.
///
/// They live as long as the worker. The least recently used go when there is no room; those in use stay.
final class CompiledModules: Sendable {
    struct Key: Hashable, Sendable {
        var moduleDigest: String
        /// Which library of the engine, so that another version finds nothing of this one.
        var engine: String
        var configuration: String
    }

    /// One that is in use and stays until it is given back.
    struct Lease: Sendable {
        fileprivate let key: Key
        let path: String
    }

    enum Turn: Sendable {
        case cached(Lease)
        /// Nobody has it: the caller is to compile it, and to call ``finish(_:)`` in any case.
        case compile
        case cancelled
    }

    private struct Entry: Sendable {
        var path: String
        var sizeBytes: Int64
        var lastUse: UInt64
        var users: Int
    }

    private struct State: Sendable {
        var entries: [Key: Entry] = [:]
        var totalBytes: Int64 = 0
        var uses: UInt64 = 0
        var files: UInt64 = 0
        /// Being compiled, and who waits for it.
        var compiling: [Key: [UInt64: CheckedContinuation<Void, Never>]] = [:]
        var waiters: UInt64 = 0

        mutating func use(_ key: Key) -> Lease? {
            guard entries[key] != nil else { return nil }
            uses += 1
            entries[key]?.lastUse = uses
            entries[key]?.users += 1
            return entries[key].map { Lease(key: key, path: $0.path) }
        }

        /// Takes out the least recently used that nobody uses until `bytes` more fit; nil if they cannot.
        mutating func makeRoom(_ bytes: Int64, of bound: Int64) -> [String]? {
            var removed: [String] = []
            while totalBytes + bytes > bound {
                let idle = entries.filter { $0.value.users == 0 }
                guard let oldest = idle.min(by: { $0.value.lastUse < $1.value.lastUse }) else { return nil }
                entries[oldest.key] = nil
                totalBytes -= oldest.value.sizeBytes
                removed.append(oldest.value.path)
            }
            return removed
        }
    }

    private let directory: String
    private let boundBytes: Int64
    private let state = Mutex(State())

    /// Makes the directory, 0700, or empties it. Throws ``SystemError``.
    init(directory: String, boundBytes: Int64) throws(SystemError) {
        self.directory = directory
        self.boundBytes = boundBytes
        guard mkdir(directory, 0o700) == 0 || errno == EEXIST else { throw SystemError("cannot create \(directory)") }
        guard chmod(directory, 0o700) == 0 else { throw SystemError("cannot protect \(directory)") }
        try FileTree.removeContents(of: directory)
    }

    var totalBytes: Int64 { state.withLock { $0.totalBytes } }

    func take(_ key: Key) -> Lease? { state.withLock { $0.use(key) } }

    /// What to do for a compiled module; waits while somebody else compiles the same one.
    func turn(_ key: Key) async -> Turn {
        while !Task.isCancelled {
            let (turn, waiter) = state.withLock { state -> (Turn?, UInt64) in
                if let lease = state.use(key) { return (.cached(lease), 0) }
                if state.compiling[key] == nil {
                    state.compiling[key] = [:]
                    return (.compile, 0)
                }
                state.waiters += 1
                return (nil, state.waiters)
            }
            if let turn { return turn }
            await wait(key, waiter)
        }
        return .cancelled
    }

    private func wait(_ key: Key, _ waiter: UInt64) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    // Checked under the lock: a cancellation after this finds the continuation.
                    guard state.compiling[key] != nil, !Task.isCancelled else { return true }
                    state.compiling[key]?[waiter] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let continuation = state.withLock { $0.compiling[key]?.removeValue(forKey: waiter) }
            continuation?.resume()
        }
    }

    /// Lets those who wait go on, whether there is a compiled module now or they have to try themselves.
    func finish(_ key: Key) {
        let waiting = state.withLock { $0.compiling.removeValue(forKey: key) } ?? [:]
        for continuation in waiting.values { continuation.resume() }
    }

    /// Keeps a compiled module: the worker's own copy of what the sandboxed compiler left. Throws ``AttemptFailure`` when
    /// there is no room, or ``SystemError``.
    func put(_ key: Key, _ compiled: ProducedFile) throws -> Lease {
        let size = compiled.sizeBytes
        let (removed, number) = state.withLock { state in
            state.files += 1
            let removed = state.makeRoom(size, of: boundBytes)
            if removed != nil { state.totalBytes += size }
            return (removed, state.files)
        }
        guard let removed else {
            throw AttemptFailure(
                .sandboxFailed,
                "the compiled module has \(size) bytes, and there is no room for it in the \(boundBytes) of this node")
        }
        for path in removed { unlink(path) }
        let path = "\(directory)/\(number)"
        do { try compiled.copy(to: path, mode: 0o444) } catch {
            unlink(path)
            state.withLock { $0.totalBytes -= size }
            throw error
        }
        return state.withLock { state in
            state.entries[key] = Entry(path: path, sizeBytes: size, lastUse: 0, users: 0)
            return state.use(key)!
        }
    }

    func giveBack(_ lease: Lease) {
        state.withLock { state in
            // Another one may have its place by now.
            guard state.entries[lease.key]?.path == lease.path else { return }
            state.entries[lease.key]?.users -= 1
        }
    }

    /// Forgets one that the engine did not take.
    func drop(_ lease: Lease) {
        let path = state.withLock { state -> String? in
            guard let entry = state.entries[lease.key], entry.path == lease.path else { return nil }
            state.entries[lease.key] = nil
            state.totalBytes -= entry.sizeBytes
            return entry.path
        }
        if let path { unlink(path) }
    }

    func removeAll() throws(SystemError) {
        state.withLock { state in
            state.entries = [:]
            state.totalBytes = 0
        }
        try FileTree.remove(directory)
    }
}
