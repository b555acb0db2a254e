import DequeModule
import WeftFormats
package import WeftModel
import WeftStorage

extension Coordinator {
    /// Events after `after` (an event's id), or from now on when nil.
    package func events(after: String?, filter: EventFilter) async throws -> EventSubscription {
        guard events.hasRoom else {
            throw RequestError.busy("10,000 subscribers are connected", retryAfterSeconds: 10)
        }
        let (key, mailbox, backlog) = events.subscribe(after: after, filter: filter, at: clock.now)
        let source = EventSource(mailbox: mailbox, backlog: backlog, clock: clock) { [weak self] in
            await self?.unsubscribe(key)
        }
        return EventSubscription { await source.next() }
    }

    private func unsubscribe(_ key: Int) { events.unsubscribe(key) }

    func publish(_ notices: [Notice], at now: Instant) {
        guard let pause = events.publish(notices, at: now) else { return }
        Task { [weak self] in
            try? await Task.sleep(for: pause)
            await self?.handOutEvents()
        }
    }

    private func handOutEvents() { events.handOutAsPlanned(at: clock.now) }

    /// Kept and, with `follow`, coming pieces of the logs of one task, or of all of a job's, until it ends.
    package func logs(_ id: JobID, task index: UInt32?, follow: Bool) async throws -> LogSubscription {
        let record = try await record(of: id)
        let task = index.map { TaskID(job: id, index: $0) }
        if let task, !record.spec.indexes.contains(task.index) {
            throw RequestError.notFound("job \(id) has no task \(task.index)")
        }
        let (key, pieces) = logs.follow(job: id, task: task)
        let (eventKey, notices, _) = events.subscribe(
            after: nil, filter: EventFilter(job: id, kinds: [.taskEnded, .jobMoved]), at: clock.now)
        let source = LogSource(
            job: id, task: task, follow: follow, coordinator: self, pieces: pieces, notices: notices,
            backlog: logs.backlog(job: id, task: task)
        ) { [weak self] in await self?.unfollow(key, eventKey) }
        return LogSubscription { await source.next() }
    }

    private func unfollow(_ key: Int, _ eventKey: Int) {
        logs.unfollow(key)
        events.unsubscribe(eventKey)
    }

    /// Ended tasks from `after` on, for reading their complete logs.
    func endedTasks(of job: JobID, after: UInt32?, limit: Int) async throws -> [TaskView] {
        try await tasks(
            .init(job: job, states: [.succeeded, .failed], after: after, limit: limit), withAttempts: true)
    }

    func isFinal(_ job: JobID) async -> Bool {
        guard let record = try? await record(of: job) else { return true }  // pruned meanwhile: nothing more comes
        return record.state.isFinal
    }
}

/// Gives a subscriber its batches, says what it missed, and unsubscribes when it is let go.
private actor EventSource {
    private let mailbox: Mailbox<EventBatch>
    private var waiting: Deque<EventBatch>
    private let clock: SteadyClock
    private let end: @Sendable () async -> Void

    init(
        mailbox: Mailbox<EventBatch>, backlog: [EventView], clock: SteadyClock,
        end: @escaping @Sendable () async -> Void
    ) {
        self.mailbox = mailbox
        waiting = backlog.isEmpty ? [] : [EventBatch(backlog)]
        self.clock = clock
        self.end = end
    }

    func next() async -> EventBatch? {
        if waiting.isEmpty, let batches = await mailbox.next() {
            waiting.append(contentsOf: batches)
            let missed = mailbox.takeDropped()
            if missed > 0, let last = batches.last?.events.last?.id {
                waiting.append(EventBatch([.missed(missed, id: last, at: clock.now)]))
            }
        }
        guard !Task.isCancelled, let batch = waiting.popFirst() else {
            await end()
            return nil
        }
        return batch
    }

    deinit {
        // The reader went away without asking again: its mailbox takes nothing more.
        mailbox.close()
    }
}
