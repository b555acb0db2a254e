import Dispatch
import Synchronization
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

    /// Where the bytes that run lie, if they are not among the inputs: a module, source or image. Mode 0444.
    package var codePath: String { payloadDirectory + ".code" }

    /// What its directory was like when it was made; nil for one that is not used again.
    fileprivate(set) var fresh: DirectoryState?

    fileprivate init(creating name: String, in root: String) throws(SystemError) {
        rootDirectory = root
        payloadDirectory = root + "/" + name
        guard mkdir(payloadDirectory, 0o700) == 0 else { throw SystemError("cannot create \(payloadDirectory)") }
    }

    /// Gives `body` a directory of the driver's own for the same attempt, beside the working directory and unseen from
    /// there, and removes it afterwards. Should the worker be killed meanwhile, it goes with the others at the next start.
    func withDirectoryBeside<Value>(_ purpose: String, _ body: (Workspace) async throws -> Value) async throws -> Value
    {
        let name = String(payloadDirectory.dropFirst(rootDirectory.utf8.count + 1))
        let beside = try Workspace(creating: "\(name).\(purpose)", in: rootDirectory)
        let value: Value
        do { value = try await body(beside) } catch {
            try FileTree.remove(beside.payloadDirectory)
            throw error
        }
        try FileTree.remove(beside.payloadDirectory)
        return value
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

    /// Makes a directory with all on the way to it; harmless if it is there. To be used before the payload runs. Throws
    /// ``AttemptFailure`` for a path that leaves the directory, ``SystemError`` where a file is in the way.
    package func prepareDirectory(_ path: String) throws {
        var current = payloadDirectory
        for name in try Self.components(of: path) {
            current += "/" + name
            guard mkdir(current, 0o755) == 0 || errno == EEXIST else {
                throw SystemError("cannot create the directory \(path)")
            }
        }
        var status = stat()
        guard lstat(current, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw AttemptFailure(.inputUnavailable, "\(path) is to be a directory, and an input has its place")
        }
    }

    /// Writes a new file. Throws ``SystemError``, with ``SystemError/isFull`` when there is no room.
    package func write(_ bytes: [UInt8], to path: String, isExecutable: Bool) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, isExecutable ? 0o755 : 0o644)
        guard descriptor >= 0 else { throw SystemError("cannot create \(path)") }
        defer { close(descriptor) }
        try bytes.withUnsafeBytes { try writeAll(descriptor, $0) }
    }

    /// Takes the right to change a file that is in its place. Throws ``SystemError``.
    package func protect(_ path: String) throws {
        guard chmod(path, 0o444) == 0 else { throw SystemError("cannot protect \(path)") }
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
    /// Whom payloads run as, where that is not the worker's own user.
    private let payloadUser: UInt32?
    private let shelf: Shelf
    /// A large tree takes long to remove: not on the threads that run tasks.
    private let removals = DispatchQueue(label: "weft.workspace.removals", attributes: .concurrent)

    /// Makes the directory, 0700, if it is not there. What is in it belongs to attempts that nobody runs any more
    /// (the worker holds a lock on its data directory), and is removed.
    ///
    /// Up to `keeps` directories that their payloads left untouched are used again: on some file systems making and
    /// removing one costs more than running a small program in it.
    package init(path: String, payloadUser: UInt32? = nil, keeps: Int = 0) throws {
        self.path = path
        self.payloadUser = payloadUser
        shelf = Shelf(limit: keeps)
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw SystemError("cannot create \(path)") }
        guard chmod(path, 0o700) == 0 else { throw SystemError("cannot protect \(path)") }
        try FileTree.removeContents(of: path)
    }

    /// An empty workspace that bears no trace of another. Throws ``SystemError``.
    package func makeWorkspace(for attempt: AttemptID) throws -> Workspace {
        try makeWorkspace(named: "\(attempt.task.job)-\(attempt.task.index)-\(attempt.replica)-\(attempt.lease)")
    }

    /// An empty workspace for something else than an attempt; nobody else may use the name. Throws ``SystemError``.
    private func makeWorkspace(named name: String) throws -> Workspace {
        if let untouched = shelf.take() { return untouched }
        var workspace = try Workspace(creating: name, in: path)
        guard shelf.limit > 0 else { return workspace }
        if let payloadUser, chown(workspace.payloadDirectory, payloadUser, payloadUser) != 0 {
            throw SystemError("cannot give \(workspace.payloadDirectory) to user \(payloadUser)")
        }
        workspace.fresh = DirectoryState(of: workspace.payloadDirectory)
        return workspace
    }

    /// Gives `body` a workspace for something else than an attempt, and removes it afterwards. Nobody else may use the name at
    /// the same time. Throws what `body` throws, or ``SystemError``; of two failures the first, which says more.
    package func withWorkspace<Value>(named name: String, _ body: (Workspace) async throws -> Value) async throws
        -> Value
    {
        let workspace = try makeWorkspace(named: name)
        do {
            let value = try await body(workspace)
            try await remove(workspace)
            return value
        } catch {
            try? await remove(workspace)
            throw error
        }
    }

    /// Removes a workspace with everything in it, whatever the payload did to it. Throws ``SystemError``.
    package func remove(_ workspace: Workspace) async throws {
        for path in [workspace.standardOutputPath, workspace.standardInputPath, workspace.codePath] {
            guard unlink(path) == 0 || errno == ENOENT else { throw SystemError("cannot remove \(path)") }
        }
        if let fresh = workspace.fresh, DirectoryState(of: workspace.payloadDirectory) == fresh, shelf.put(workspace) {
            return
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

    /// Workspaces that wait for their next attempt.
    private final class Shelf: Sendable {
        let limit: Int
        private let workspaces = Mutex<[Workspace]>([])

        init(limit: Int) { self.limit = limit }

        func take() -> Workspace? { workspaces.withLock { $0.popLast() } }

        /// False when there is no room.
        func put(_ workspace: Workspace) -> Bool {
            workspaces.withLock { workspaces in
                guard workspaces.count < limit else { return false }
                workspaces.append(workspace)
                return true
            }
        }
    }
}

/// What can be told apart of two empty directories: equal states mean that nobody left anything.
struct DirectoryState: Sendable, Hashable {
    private let inode: UInt64
    private let mode: UInt32
    private let user: UInt32
    private let group: UInt32
    /// Of the last change to its entries, owner, mode or attributes.
    private let changedSeconds: Int
    private let changedNanoseconds: Int

    /// nil for a directory that is not empty, has extended attributes (access lists are such), or cannot be looked at.
    init?(of path: String) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        var status = stat()
        // The clock of these times is coarse: within one of its ticks they say nothing, so the contents are looked at.
        guard fstat(descriptor, &status) == 0, !Self.hasAttributes(descriptor), FileTree.isEmpty(consuming: descriptor)
        else { return nil }
        inode = UInt64(status.st_ino)
        mode = UInt32(status.st_mode)
        user = status.st_uid
        group = status.st_gid
        #if canImport(Darwin)
            changedSeconds = status.st_ctimespec.tv_sec
            changedNanoseconds = status.st_ctimespec.tv_nsec
        #else
            changedSeconds = status.st_ctim.tv_sec
            changedNanoseconds = status.st_ctim.tv_nsec
        #endif
    }

    #if canImport(Darwin)
        private static func hasAttributes(_ descriptor: Int32) -> Bool { flistxattr(descriptor, nil, 0, 0) != 0 }
    #else
        private typealias ListAttributes = @convention(c) (Int32, UnsafeMutablePointer<CChar>?, Int) -> Int

        /// Not among the headers that Swift imports; in every C library.
        private static let listAttributes: ListAttributes? = dlsym(nil, "flistxattr").map {
            unsafeBitCast($0, to: ListAttributes.self)
        }

        private static func hasAttributes(_ descriptor: Int32) -> Bool {
            guard let listAttributes else { return true }
            // -1 where the file system has none.
            return listAttributes(descriptor, nil, 0) > 0
        }
    #endif
}
