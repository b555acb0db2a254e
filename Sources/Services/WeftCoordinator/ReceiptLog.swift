import WeftFormats
import WeftModel

/// The log of receipts as it grows: each task that ends is one more entry, made durable with its end. docs/log.md.
struct ReceiptLog: Sendable {
    private var appender: LogAppender
    /// Answers to tasks that have not ended, without what is not logged of them.
    private var answers: [JobID: [UInt32: [AttemptResult]]] = [:]

    /// The first entry that is kept.
    private(set) var minimumIndex: UInt64
    /// How many entries are durable, and their root.
    private(set) var size: UInt64
    private(set) var root: Digest
    /// The same with those that are not durable.
    private(set) var growingSize: UInt64
    private(set) var growingRoot: Digest

    init(_ appender: LogAppender, minimumIndex: UInt64, unfinished: [UnfinishedJob]) {
        self.appender = appender
        self.minimumIndex = minimumIndex
        size = appender.size
        root = appender.root
        (growingSize, growingRoot) = (size, root)
        for result in unfinished.flatMap(\.results) { add(result) }
    }

    /// Numbers the tasks that end with these changes, and adds what is to be written of the log. `digest` gives a job's
    /// spec's; `isOpen`, whether a task has not ended after them.
    mutating func extend(_ changes: inout [Change], digest: (JobID) -> Digest?, isOpen: (TaskID) -> Bool) {
        var leaves: [Digest] = []
        // By task, of those that have not ended with these changes.
        var arrived: Set<TaskID> = []
        var digests: [JobID: Digest] = [:]
        for position in changes.indices {
            switch changes[position] {
            case .resultArrived(let result):
                add(result)
                arrived.insert(result.attempt.task)
            case .taskEnded(let task) where task.cachedFrom != nil:
                // Its verdict is in the log already: its receipt is that of the task that was run.
                break
            case .taskEnded(var task):
                arrived.remove(task.id)
                guard let spec = digests[task.id.job] ?? digest(task.id.job) else { continue }
                digests[task.id.job] = spec
                let results = answers[task.id.job]?.removeValue(forKey: task.id.index) ?? []
                task.logIndex = appender.size + UInt64(leaves.count)
                changes[position] = .taskEnded(task)
                leaves.append(LogEntry(specDigest: spec, task: task, results: results).leafHash)
            case .jobMoved(let job, let state, _, _, _):
                if state.isFinal { answers[job] = nil }
            case .jobSubmitted, .nodeChanged, .nodePerformed, .tokenChanged, .trustChanged, .logGrew, .creditsMoved,
                .cacheEntered, .cacheTrimmed, .cacheRevoked, .cacheRefused, .webhook:
                break
            }
        }
        // What came late is of no entry.
        for task in arrived where !isOpen(task) {
            answers[task.job]?[task.index] = nil
            // Its job may be over, and nobody else would remove what is left of it.
            if answers[task.job]?.isEmpty == true { answers[task.job] = nil }
        }
        guard !leaves.isEmpty else { return }
        let tiles = appender.append(leaves).map {
            LogTileRecord(level: $0.address.level, index: $0.address.index, hashes: $0.bytes)
        }
        (growingSize, growingRoot) = (appender.size, appender.root)
        changes.append(.logGrew(LogGrowth(size: appender.size, tiles: tiles)))
    }

    /// So much of what was extended is durable.
    mutating func settle(size: UInt64, root: Digest) {
        self.size = size
        self.root = root
    }

    /// What is durable of it, and kept.
    var extent: LogExtent { LogExtent(size: size, minimumIndex: minimumIndex) }

    /// Earlier entries than this one are kept no longer.
    mutating func prune(before index: UInt64) { minimumIndex = max(minimumIndex, index) }

    private mutating func add(_ result: AttemptResult) {
        guard case .completed = result.outcome, result.answer != nil else { return }
        var result = result
        result.outcome = .completed(Completion(exitStatus: 0))
        result.usage = nil
        answers[result.attempt.task.job, default: [:]][result.attempt.task.index, default: []].append(result)
    }
}
