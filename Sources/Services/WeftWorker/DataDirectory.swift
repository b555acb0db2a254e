import WeftDrivers

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Where a worker keeps its key, its blobs and its scratch. One worker uses it at a time; the lock goes with the process.
package final class DataDirectory: Sendable {
    package let path: String
    private let lock: Int32

    package var identityPath: String { Self.identityPath(in: path) }
    package var blobsPath: String { path + "/blobs" }
    package var workspacesPath: String { path + "/work" }
    package var sandboxPath: String { path + "/sandbox" }

    /// Where the key lies in a worker's directory, whether or not a worker uses it now.
    package static func identityPath(in directory: String) -> String { directory + "/identity.key" }

    /// Makes the directory, 0700, if it is not there, and takes its lock. Throws ``WorkerError``.
    package init(path: String) throws {
        var current = path.hasPrefix("/") ? "" : "."
        for component in path.split(separator: "/") {
            current += "/" + component
            guard mkdir(current, 0o700) == 0 || errno == EEXIST else {
                throw WorkerError.dataDirectory("\(SystemError("cannot create \(current)"))")
            }
        }
        guard let resolved = realpath(path, nil) else {
            throw WorkerError.dataDirectory("\(SystemError("cannot find \(path)"))")
        }
        defer { free(resolved) }
        self.path = String(cString: resolved)
        guard chmod(self.path, 0o700) == 0 else {
            throw WorkerError.dataDirectory("\(SystemError("cannot protect \(path)"))")
        }
        lock = open(self.path + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw WorkerError.dataDirectory("\(SystemError("cannot open \(path)/lock"))") }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            let error = SystemError("cannot lock \(path)")
            close(lock)
            throw WorkerError.dataDirectory(
                error.code == EWOULDBLOCK ? "another worker uses \(path); give this one its own" : "\(error)")
        }
    }

    deinit {
        // Not only closed: a child that is being made at this moment has a copy of the descriptor.
        flock(lock, LOCK_UN)
        close(lock)
    }
}

/// Why a worker stops.
package enum WorkerError: Error, Hashable, Sendable, CustomStringConvertible {
    case dataDirectory(String)
    /// The coordinator does not want this worker, and trying again would not help.
    case refused(code: String, message: String)
    /// The coordinator is not the one that the owner named.
    case wrongCoordinator(expected: String, found: String)
    /// It speaks another version of the protocol.
    case version(String)
    /// The owner's rules, or the files about them, cannot be used.
    case rules(String)

    package var description: String {
        switch self {
        case .dataDirectory(let why): why
        case .refused(let code, let message): "the coordinator refused this worker (\(code)): \(message)"
        case .wrongCoordinator(let expected, let found): "the coordinator is \(found), not \(expected) as configured"
        case .version(let why), .rules(let why): why
        }
    }
}
