import Dispatch
package import WeftModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// One attempt's place on disk: a fresh directory that the payload works in, and beside it files that it cannot see.
///
/// Nothing is synced: what is in it is scratch, and gone with the attempt.
package struct Workspace: Sendable, Hashable {
    /// The directory that all workspaces of the worker are in; the worker's alone.
    package let rootDirectory: String
    /// What the payload sees as `/work`.
    package let payloadDirectory: String
    /// Where standard output goes when memory is not the place for it.
    package var standardOutputPath: String { payloadDirectory + ".stdout" }
    /// Where standard input lies, if the payload has any.
    package var standardInputPath: String { payloadDirectory + ".stdin" }

    fileprivate init(creating name: String, in root: String) throws(SystemError) {
        rootDirectory = root
        payloadDirectory = root + "/" + name
        guard mkdir(payloadDirectory, 0o700) == 0 else { throw SystemError("cannot create \(payloadDirectory)") }
    }

    /// Makes room for an input: its parents are there afterwards. To be used before the payload runs, while nothing in
    /// the directory is anybody else's. Returns the path to write to. Throws ``AttemptFailure`` for a path that leaves
    /// the directory or is taken.
    package func prepareInput(_ path: String) throws -> String {
        let components = try Self.components(of: path)
        var current = payloadDirectory
        for name in components.dropLast() {
            current += "/" + name
            guard mkdir(current, 0o755) == 0 || errno == EEXIST else {
                throw SystemError("cannot create the directory of input \(path)")
            }
        }
        current += "/" + components[components.count - 1]
        var status = stat()
        guard lstat(current, &status) != 0 else {
            throw AttemptFailure(.inputUnavailable, "two inputs have the path \(path)")
        }
        return current
    }

    /// Writes a new file. Throws ``SystemError``, with ``SystemError/isFull`` when there is no room.
    package func write(_ bytes: [UInt8], to path: String, isExecutable: Bool) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, isExecutable ? 0o755 : 0o644)
        guard descriptor >= 0 else { throw SystemError("cannot create \(path)") }
        defer { close(descriptor) }
        try bytes.withUnsafeBytes { try writeAll(descriptor, $0) }
    }

    /// The names along a relative path. Throws ``AttemptFailure`` for anything else.
    static func components(of path: String) throws -> [String] {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let isPlain = parts.allSatisfy { part in
            !part.isEmpty && part != "." && part != ".." && part.utf8.count <= 255 && !part.utf8.contains(0)
        }
        guard isPlain, parts.count <= 64 else {
            throw AttemptFailure(
                .refused, "\(path.debugDescription) is not a relative path below the working directory")
        }
        return parts.map(String.init)
    }
}

/// The directory that holds the workspaces of one worker.
package struct WorkspaceRoot: Sendable {
    private let path: String
    /// A large tree takes long to remove: not on the threads that run tasks.
    private let removals = DispatchQueue(label: "weft.workspace.removals", attributes: .concurrent)

    /// Makes the directory, 0700, if it is not there. What is in it belongs to attempts that nobody runs any more
    /// (the worker holds a lock on its data directory), and is removed.
    package init(path: String) throws {
        self.path = path
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw SystemError("cannot create \(path)") }
        guard chmod(path, 0o700) == 0 else { throw SystemError("cannot protect \(path)") }
        try FileTree.removeContents(of: path)
    }

    /// A fresh workspace. Throws ``SystemError``.
    package func makeWorkspace(for attempt: AttemptID) throws -> Workspace {
        let name = "\(attempt.task.job)-\(attempt.task.index)-\(attempt.replica)-\(attempt.lease)"
        return try Workspace(creating: name, in: path)
    }

    /// Removes a workspace with everything in it, whatever the payload did to it. Throws ``SystemError``.
    package func remove(_ workspace: Workspace) async throws {
        for path in [workspace.standardOutputPath, workspace.standardInputPath] {
            guard unlink(path) == 0 || errno == ENOENT else { throw SystemError("cannot remove \(path)") }
        }
        if FileTree.removeSmall(workspace.payloadDirectory) { return }
        let result: Result<Void, SystemError> = await withCheckedContinuation { continuation in
            removals.async {
                do throws(SystemError) {
                    try FileTree.remove(workspace.payloadDirectory)
                    continuation.resume(returning: .success(()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        try result.get()
    }
}
