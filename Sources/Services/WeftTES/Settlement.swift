import Synchronization
import WeftFormats
package import WeftModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// How a task ended for good: after its job ended and its outputs were delivered, or could not be.
package struct Settlement: Hashable, Sendable, Codable {
    package struct File: Hashable, Sendable, Codable {
        package var url: String
        package var path: String
        package var sizeBytes: Int64

        package init(url: String, path: String, sizeBytes: Int64) {
            self.url = url
            self.path = path
            self.sizeBytes = sizeBytes
        }
    }

    package var state: TESState
    package var outputs: [File]
    package var systemLogs: [String]

    package init(_ state: TESState, outputs: [File] = [], systemLogs: [String] = []) {
        self.state = state
        self.outputs = outputs
        self.systemLogs = systemLogs
    }
}

/// The states of TES that tasks have here.
package enum TESState: String, Hashable, Sendable, Codable, CaseIterable {
    case unknown = "UNKNOWN"
    case queued = "QUEUED"
    case initializing = "INITIALIZING"
    case running = "RUNNING"
    case paused = "PAUSED"
    case complete = "COMPLETE"
    case executorError = "EXECUTOR_ERROR"
    case systemError = "SYSTEM_ERROR"
    case canceled = "CANCELED"
    case preempted = "PREEMPTED"
    case canceling = "CANCELING"

    /// The state of a task whose job is in this one. A job that has ended is still running for who waits for its outputs.
    package init(_ job: JobState, _ settlement: Settlement?) {
        switch job {
        case .waiting: self = .queued
        case .running: self = .running
        case .cancelled: self = .canceled
        case .succeeded, .failed: self = settlement?.state ?? .running
        }
    }

    /// The states of jobs that a task in this state can have; nil: any.
    package var jobStates: Set<JobState> {
        switch self {
        case .queued: [.waiting]
        case .running: [.running, .succeeded, .failed]
        case .complete: [.succeeded]
        case .executorError: [.failed]
        case .systemError: [.succeeded, .failed]
        case .canceled: [.cancelled]
        case .unknown, .initializing, .paused, .preempted, .canceling: []
        }
    }
}

/// Where settlements are kept: one small file for each task, or memory alone.
final class SettlementStore: Sendable {
    private let directory: String?
    private let memory = Mutex<[JobID: Settlement]>([:])
    /// Of a file; a task has 256 outputs and each any number of files.
    private static let fileBytes = 64 << 20

    /// The directory is made when there is something to keep.
    init(directory: String?) { self.directory = directory }

    /// nil where there is none. Throws ``FileRoots/Failure`` or a `DecodingError` for a file that cannot be read.
    func settlement(of job: JobID) throws -> Settlement? {
        if let known = memory.withLock({ $0[job] }) { return known }
        guard let directory else { return nil }
        let file = open("\(directory)/\(job)", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            guard errno == ENOENT else {
                throw FileRoots.Failure.failed("cannot read \(directory)/\(job): \(String(cString: strerror(errno)))")
            }
            return nil
        }
        defer { close(file) }
        var bytes: [UInt8] = []
        while bytes.count < Self.fileBytes {
            let piece = try TaskInputs.read(file)
            if piece.isEmpty { break }
            bytes += piece
        }
        let settlement = try APICoder.decode(Settlement.self, from: bytes)
        remember(settlement, job)
        return settlement
    }

    /// Keeps it durably. Throws ``FileRoots/Failure``.
    func keep(_ settlement: Settlement, of job: JobID) throws {
        if let directory {
            guard mkdir(directory, 0o700) == 0 || errno == EEXIST else {
                throw FileRoots.Failure.failed("cannot make \(directory): \(String(cString: strerror(errno)))")
            }
            let roots = FileRoots([directory])
            let writing = try roots.create(FileRoots.Place(root: roots.roots[0], names: ["\(job)"]))
            do {
                try roots.write(APICoder.encode(settlement), to: writing)
            } catch {
                roots.cancel(writing)
                throw error
            }
            try roots.finish(writing)
        }
        remember(settlement, job)
    }

    /// Those that are kept on disk.
    func kept() -> [JobID] {
        guard let directory, let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var found: [JobID] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let job = JobID(text: name) { found.append(job) }
        }
        return found
    }

    func forget(_ job: JobID) {
        memory.withLock { $0[job] = nil }
        if let directory { unlink("\(directory)/\(job)") }
    }

    private func remember(_ settlement: Settlement, _ job: JobID) {
        memory.withLock { memory in
            // Where there are files, memory only saves reading them.
            if directory != nil, memory.count >= 4096 { memory.removeAll() }
            memory[job] = settlement
        }
    }
}
