import WeftFormats
import WeftModel
import WeftStorage

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Gives a follower a task's output: live pieces while it runs, then, from the agreed answer, all that was not shown.
actor LogSource {
    /// Read from a blob at a time.
    private static let chunkBytes = 64 << 10

    private struct Stream: Hashable { var attempt: String, isStandardError: Bool }

    private let job: JobID
    private let task: TaskID?
    private let follow: Bool
    private let coordinator: Coordinator
    private let pieces: Mailbox<LogHub.Piece>
    private let notices: Mailbox<EventBatch>
    private let end: @Sendable () async -> Void
    private var ready: [LogPiece] = []
    /// How far each stream has been shown.
    private var shown: [Stream: UInt64] = [:]
    /// The attempt whose live output is shown, of each task.
    private var leading: [TaskID: AttemptID] = [:]
    private var finished: Set<String> = []
    private var completing: [(piece: LogPiece, blob: BlobReference, offset: Int64)] = []
    private var cursor: UInt32?
    private var hasReadEnded = false
    private var isOver = false

    init(
        job: JobID, task: TaskID?, follow: Bool, coordinator: Coordinator, pieces: Mailbox<LogHub.Piece>,
        notices: Mailbox<EventBatch>, backlog: [LogHub.Piece], end: @escaping @Sendable () async -> Void
    ) {
        self.job = job
        self.task = task
        self.follow = follow
        self.coordinator = coordinator
        self.pieces = pieces
        self.notices = notices
        self.end = end
        for piece in backlog {
            if let view = Self.show(piece, leading: &leading, shown: &shown) { ready.append(view) }
        }
    }

    deinit {
        pieces.close()
        notices.close()
    }

    func next() async -> [LogPiece]? {
        while true {
            if !ready.isEmpty {
                defer { ready = [] }
                return ready
            }
            if let piece = await readCompletion() { return [piece] }
            if isOver || Task.isCancelled {
                await end()
                return nil
            }
            if !hasReadEnded {
                await readEnded()
                continue
            }
            if !follow {
                isOver = true
                continue
            }
            if await coordinator.isFinal(job) {
                // All rows are there now: read them once more, then stop.
                cursor = nil
                await readEnded(untilEnd: true)
                isOver = true
                continue
            }
            await waitForMore()
        }
    }

    /// Pieces and notices come through two mailboxes; whichever speaks first is handled.
    private func waitForMore() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.takePieces() }
            group.addTask { await self.takeNotices() }
            await group.next()
            group.cancelAll()
        }
    }

    private func takePieces() async {
        for piece in await pieces.next() ?? [] where !finished.contains(piece.attempt.task.description) {
            if let view = Self.show(piece, leading: &leading, shown: &shown) { ready.append(view) }
        }
    }

    private func takeNotices() async {
        guard let batches = await notices.next() else {
            isOver = !Task.isCancelled
            return
        }
        for event in batches.flatMap(\.events) where event.kind == .taskEnded {
            guard let text = event.task, let id = TaskID(text: text), task == nil || task == id else { continue }
            if let view = try? await coordinator.task(id) { complete(view) }  // pruned meanwhile: nothing to show
        }
        if notices.takeDropped() > 0 {
            cursor = nil
            hasReadEnded = false
        }
    }

    private func readEnded(untilEnd: Bool = false) async {
        if let task {
            if let view = try? await coordinator.task(task), view.state.isFinal { complete(view) }
            hasReadEnded = true
            return
        }
        repeat {
            guard let page = try? await coordinator.endedTasks(of: job, after: cursor, limit: 100), !page.isEmpty else {
                hasReadEnded = true
                return
            }
            for view in page { complete(view) }
            cursor = page.last!.index
        } while untilEnd
    }

    /// Queues what the agreed answer has beyond what was shown live.
    private func complete(_ view: TaskView) {
        guard finished.insert(view.id).inserted else { return }
        let attempts = view.attempts ?? []
        guard
            let attempt = attempts.first(where: { $0.agreed == true })
                ?? attempts.first(where: { $0.completion != nil }),
            let completion = attempt.completion
        else { return }
        let streams: [(BlobReference?, LogPiece.Stream)] = [
            (completion.standardOutput, .stdout), (completion.standardError, .stderr),
        ]
        for (blob, stream) in streams {
            guard let blob else { continue }
            // Live output of an attempt whose answer is the agreed one need not be shown again.
            let seen =
                attempts.filter { $0.answer == attempt.answer || stream == .stderr }
                .compactMap { shown[Stream(attempt: $0.id, isStandardError: stream == .stderr)] }.max() ?? 0
            guard seen < UInt64(blob.sizeBytes) else { continue }
            let piece = LogPiece(
                task: view.id, attempt: attempt.id, stream: stream, offset: seen, dropped: 0, bytes: "")
            completing.append((piece, blob, Int64(seen)))
        }
    }

    private func readCompletion() async -> LogPiece? {
        while let (piece, blob, offset) = completing.first {
            guard
                let bytes = try? await coordinator.blobs.read(blob.digest, offset: offset, length: Self.chunkBytes),
                !bytes.isEmpty
            else {
                completing.removeFirst()
                continue
            }
            completing[0].offset += Int64(bytes.count)
            if completing[0].offset >= blob.sizeBytes { completing.removeFirst() }
            var view = piece
            view.offset = UInt64(offset)
            view.bytes = Data(bytes).base64EncodedString()
            return view
        }
        return nil
    }

    /// Of several replicas one is shown: the first that printed anything.
    private static func show(
        _ piece: LogHub.Piece, leading: inout [TaskID: AttemptID], shown: inout [Stream: UInt64]
    ) -> LogPiece? {
        let task = piece.attempt.task
        let leader = leading[task] ?? piece.attempt
        leading[task] = leader
        guard leader == piece.attempt else { return nil }
        let stream = Stream(attempt: piece.attempt.description, isStandardError: piece.isStandardError)
        let position = shown[stream] ?? 0
        let end = piece.offset + UInt64(piece.bytes.count)
        guard end > position else { return nil }
        let skip = position > piece.offset ? Int(position - piece.offset) : 0
        shown[stream] = end
        return LogPiece(
            task: task.description, attempt: piece.attempt.description,
            stream: piece.isStandardError ? .stderr : .stdout,
            offset: piece.offset + UInt64(skip), dropped: piece.dropped,
            bytes: Data(piece.bytes.dropFirst(skip)).base64EncodedString())
    }
}
