import WeftEngine
package import WeftFormats
package import WeftModel
package import WeftStorage
import WeftWire

/// What clients see. Everything shown is durable: a view waits for the commit that is on its way.
extension Coordinator {
    package func job(_ id: JobID) async throws -> JobView { try await view(of: try await record(of: id)) }

    /// Whether what is shown of it is not all in the record.
    func needsJournal(_ record: JobRecord) -> Bool { keepsBooks || record.spec.mayUseCache }

    /// A job with what it costs, and with how many of its tasks were given answers of the cache.
    func view(of record: JobRecord) async throws -> JobView {
        guard needsJournal(record) else { return JobView(record) }
        var view = try await priced(record)
        if record.spec.mayUseCache { view.cached = try await journal.cachedTaskCount(of: record.id) }
        return view
    }

    package func spec(of id: JobID) async throws -> JobSpec { try await record(of: id).spec }

    package func jobs(_ query: JobQuery) async throws -> [JobView] {
        await settled()
        return try await priced(try await journal.jobs(query).map { engine.job($0.id) ?? $0 })
    }

    func record(of id: JobID) async throws -> JobRecord {
        await settled()
        // What will never be durable is in the engine still.
        guard !hasLost else { throw Self.stopping }
        if let record = engine.job(id) ?? recent[id] { return record }
        guard let record = try await journal.job(id) else { throw RequestError.notFound("no job \(id)") }
        return record
    }

    package func explain(_ id: JobID, task: UInt32?) async throws -> Explanation {
        let record = try await record(of: id)
        if let task, !record.spec.indexes.contains(task) {
            throw RequestError.notFound("job \(id) has no task \(task)")
        }
        return engine.explain(id, task: task)
            ?? Explanation(kind: .notWaiting, summary: "the job has ended: \(record.state.rawValue)")
    }

    /// Tasks in every state, ordered by index; `query.limit` of them from the cursor on.
    package func tasks(_ query: TaskQuery, withAttempts: Bool) async throws -> [TaskView] {
        let record = try await record(of: query.job)
        let finalOnly = query.onlyDisagreed || (query.states?.isSubset(of: [.succeeded, .failed]) ?? false)
        if finalOnly {
            let ended = try await journal.tasks(query)
            return try await views(of: ended, record, withAttempts: withAttempts)
        }
        return try await allTasks(query, record, withAttempts: withAttempts)
    }

    /// Merges ended tasks, which have rows, with those that have none: running, waiting and cancelled ones.
    private func allTasks(_ query: TaskQuery, _ record: JobRecord, withAttempts: Bool) async throws -> [TaskView] {
        let range = record.spec.indexes
        let states = query.states ?? Set(TaskState.allCases)
        var next = query.after.map { UInt64($0) + 1 } ?? UInt64(range.first)
        next = max(next, UInt64(range.first))
        let end = UInt64(range.first) + UInt64(range.count)
        var views: [TaskView] = []
        while next < end, views.count < query.limit {
            let after = next == 0 ? nil : UInt32(next - 1)
            let rows = try await journal.tasks(TaskQuery(job: query.job, after: after, limit: query.limit))
            let ended = Dictionary(rows.map { ($0.id.index, $0) }, uniquingKeysWith: { first, _ in first })
            // Rows past the page are unknown: look no further than the last one that was read.
            let stop = rows.count < query.limit ? min(end, next + 100_000) : UInt64(rows.last!.id.index) + 1
            let open = Set(engine.openTasks(of: query.job))
            while next < stop, views.count < query.limit {
                let task = TaskID(job: query.job, index: UInt32(next))
                next += 1
                if let row = ended[task.index] {
                    guard states.contains(row.state) else { continue }
                    views += try await self.views(of: [row], record, withAttempts: withAttempts)
                } else {
                    let state = unendedState(task, record, isOpen: open.contains(task.index))
                    guard states.contains(state) else { continue }
                    var view = TaskView(id: task, state: state)
                    if withAttempts, state == .running {
                        view.attempts = attemptViews(task, try await journal.results(of: task), ended: nil)
                    }
                    views.append(view)
                }
            }
        }
        return views
    }

    private func unendedState(_ task: TaskID, _ record: JobRecord, isOpen: Bool) -> TaskState {
        if record.state == .cancelled { return .cancelled }
        return isOpen ? .running : .waiting
    }

    package func task(_ id: TaskID) async throws -> TaskView {
        let record = try await record(of: id.job)
        guard record.spec.indexes.contains(id.index) else { throw RequestError.notFound("no task \(id)") }
        if let row = try await journal.task(id) {
            return try await views(of: [row], record, withAttempts: true)[0]
        }
        let isOpen = engine.openTasks(of: id.job).contains(id.index)
        var view = TaskView(id: id, state: unendedState(id, record, isOpen: isOpen))
        view.attempts = attemptViews(id, try await journal.results(of: id), ended: nil)
        return view
    }

    private func views(of rows: [TaskRecord], _ record: JobRecord, withAttempts: Bool) async throws -> [TaskView] {
        var views: [TaskView] = []
        views.reserveCapacity(rows.count)
        for row in rows {
            var view = TaskView(
                id: row.id, state: row.state, verdict: row.verdict, answer: row.answer,
                alike: row.alike.isEmpty ? nil : row.alike, reason: row.reason,
                dissenters: row.dissenters, errorBound: row.errorBound?.share, endedAt: Timestamp(row.endedAt),
                cachedFrom: row.cachedFrom?.description)
            let results = try await journal.results(of: row.cachedFrom ?? row.id)
            if let answer = row.answer {
                for case .completed(let completion) in results.filter({ $0.answer == answer }).map(\.outcome) {
                    view.completion = completion
                    break
                }
                view.dissenters = results.count { $0.answer.map { !row.supports($0) } ?? false }
            }
            if row.cachedFrom != nil { view.dissenters = row.dissenters }
            if withAttempts { view.attempts = row.cachedFrom == nil ? attemptViews(row.id, results, ended: row) : [] }
            views.append(view)
        }
        return views
    }

    private func attemptViews(_ task: TaskID, _ results: [AttemptResult], ended: TaskRecord?) -> [AttemptView] {
        let running = engine.attempts(of: task).map { status in
            AttemptView(
                id: status.id.description, replica: status.id.replica, node: status.node,
                nodeName: name(of: status.node),
                state: status.startedAt == nil ? .assigned : .running, startedAt: status.startedAt.map(Timestamp.init))
        }
        let answered = results.map { result in
            var view = AttemptView(
                id: result.attempt.description, replica: result.attempt.replica, node: result.node,
                nodeName: name(of: result.node), state: .completed, startedAt: Timestamp(result.startedAt),
                finishedAt: Timestamp(result.finishedAt), answer: result.answer, usage: result.usage)
            switch result.outcome {
            case .completed(let completion):
                view.completion = completion
                if let ended, ended.answer != nil { view.agreed = result.answer.map(ended.supports) ?? false }
            case .failed(let failure):
                view.state = .failed
                view.failure = failure
            }
            return view
        }
        return answered + running
    }

    private func name(of node: NodeID) -> String { engine.node(node)?.record.profile.name ?? node.short }

    /// The receipt file's bytes. Throws ``RequestError/conflict(_:)`` while the task has not ended.
    package func receipt(_ id: TaskID) async throws -> [UInt8] {
        let (job, task, results) = try await evidence(of: id)
        return Receipt.issue(job: job, task: task, results: results, signedBy: identity)
    }

    /// What a verdict rests on; of a task that was given the answer of another, all is the other's. Throws
    /// ``RequestError/conflict(_:)`` for a task without one.
    func evidence(of id: TaskID) async throws -> (job: JobRecord, task: TaskRecord, results: [AttemptResult]) {
        let record = try await record(of: id.job)
        guard record.spec.indexes.contains(id.index) else { throw RequestError.notFound("no task \(id)") }
        guard let task = try await journal.task(id) else {
            throw RequestError.conflict(
                record.state.isFinal ? "task \(id) was cancelled: there is no verdict" : "task \(id) has not ended yet")
        }
        guard let origin = task.cachedFrom else { return (record, task, try await journal.results(of: id)) }
        guard let original = try await journal.task(origin) else {
            throw RequestError.unavailable("task \(origin), whose answer \(id) was given, is not there")
        }
        return (try await self.record(of: origin.job), original, try await journal.results(of: origin))
    }

    /// Whether the node works on something that the blob belongs to.
    package func mayRead(_ blob: Digest, _ node: NodeID) -> Bool { loaded?.value.mayRead(blob, node) ?? false }

    package func nodes() async -> [NodeView] {
        await settled()
        return engine.nodeStatuses.map { view($0) }
    }

    package func node(_ id: NodeID) async throws -> NodeView {
        await settled()
        guard let status = engine.node(id) else { throw RequestError.notFound("no node \(id)") }
        return view(status)
    }

    private func view(_ status: Engine.NodeStatus) -> NodeView {
        NodeView(
            status, route: sessions[status.record.id].map { NodeView.Route($0.link.route) }, now: clock.now,
            heartbeat: configuration.heartbeat)
    }

    package func stats() async -> Stats {
        // Nothing that is known of it when the journal cannot be read: other routes say that.
        let cacheEntries = try? await journal.cacheCount()
        let counters = engine.counters
        return Stats(
            coordinator: id, version: configuration.version, startedAt: Timestamp(startedAt),
            uptimeSeconds: Double((clock.now - startedAt).microseconds) / 1_000_000,
            jobsUnfinished: engine.unfinishedJobCount, tasksWaiting: engine.waitingTaskCount,
            attemptsRunning: engine.attemptCount, tasksEnded: counters.tasksEnded,
            attemptsEnded: counters.attemptsEnded,
            attemptsLost: counters.attemptsLost, backups: counters.backups, tasksHeld: engine.heldTaskCount,
            disagreements: counters.disagreements,
            nodesConnected: engine.connectedNodeCount, nodesKnown: engine.nodeCount,
            subscribers: events.subscriberCount, commits: commits, committedChanges: committedChanges,
            credits: creditStats(), cacheHits: counters.cached, cacheMisses: cacheMisses, cacheRefused: cacheRefusals,
            cacheEntries: cacheEntries, tasksFailed: counters.tasksFailed,
            commitSeconds: Double(commitMicroseconds) / 1_000_000, webhooks: webhooks.stats,
            log: receiptLog.extent)
    }
}

extension JobView {
    init(_ record: JobRecord) {
        self.init(
            id: record.id, name: record.spec.name, state: record.state, reason: record.reason,
            submitter: record.submitter, submittedAt: Timestamp(record.submittedAt),
            endedAt: record.endedAt.map(Timestamp.init), counts: record.counts, priority: record.spec.priority,
            labels: record.spec.labels, specDigest: record.specDigest, traceparent: record.trace?.description)
    }
}

extension NodeView {
    init(_ status: Engine.NodeStatus, route: Route?, now: Instant, heartbeat: Duration) {
        let state: State =
            if !status.isConnected {
                .away
            } else if status.record.isDraining {
                .draining
            } else if now - status.lastHeard > heartbeat * 2 {
                .silent
            } else if !status.record.profile.paused.isEmpty {
                .paused
            } else {
                .connected
            }
        self.init(
            id: status.record.id, name: status.record.profile.name, state: state, route: route,
            profile: status.record.profile, free: status.free.atLeastNothing, runningAttempts: status.attempts,
            reputation: status.record.reputation,
            performance: PerformanceView(status.record.performance), trust: status.trust.map { TrustView($0) },
            firstSeenAt: Timestamp(status.record.firstSeenAt),
            lastSeenAt: Timestamp(status.isConnected ? status.lastHeard : status.record.lastSeenAt))
    }
}

extension TrustView {
    init(_ trust: Engine.NodeTrust) {
        let state: State = trust.isBelieved ? .believed : .new
        self.init(
            payload: trust.standing.driver, state: trust.standing.isExcluded ? .excluded : state,
            checked: trust.standing.errors.trials, wrong: trust.standing.errors.failures,
            rightInARow: trust.standing.clean)
    }
}

extension NodeView.Route {
    init(_ route: LinkRoute) {
        switch route {
        case .direct: self = .direct
        case .relayed: self = .relayed
        }
    }
}
