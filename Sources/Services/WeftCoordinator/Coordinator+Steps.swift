import Logging
import WeftEngine
import WeftModel
import WeftStorage

/// The coordinator's cycle: gather what has happened, decide, make durable, act. While steps are being written, two more may be
/// decided, which are then written together.
extension Coordinator {
    /// How many incidents are decided at once: what they set free is handed out before the next ones are looked at, so that workers
    /// have something to do meanwhile.
    private static let maxDecided = 256
    /// How many steps may wait for those that are being written; they are written together.
    private static let maxWaiting = 2

    func pump() async {
        async let landing: Void = landAll()
        await decideAll()
        decided.close()
        await landing
        comparisons.close()
        programComparisons.close()
        inbox.close()
        refuse((await inbox.next() ?? [])[...])
    }

    /// They were not decided, or what was decided will never be durable: the coordinator is being stopped.
    private func refuse(_ incidents: ArraySlice<Incident>) {
        for incident in incidents { incident.reply?(.failure(Self.stopping)) }
    }

    static let stopping = RequestError.unavailable("the coordinator is stopping")

    // MARK: Deciding

    private func decideAll() async {
        var waiting: ArraySlice<Incident> = []
        while !Task.isCancelled {
            if waiting.isEmpty { waiting = await inbox.next()?[...] ?? [] }
            await decided.room(below: Self.maxWaiting)
            while !readers.isEmpty, !decided.isClosed { await withCheckedContinuation { pausedDecider = $0 } }
            if waiting.isEmpty || decided.isClosed { break }
            let incidents = waiting.prefix(Self.maxDecided)
            waiting.removeFirst(incidents.count)
            decide(incidents)
            // What was assigned goes out.
            await Task.yield()
        }
        refuse(waiting)
    }

    private func decide(_ incidents: ArraySlice<Incident>) {
        let now = clock.now
        let happened = incidents.map(\.event)
        for case .nodeJoined(let arrival) in happened { sessionCount = max(sessionCount, arrival.session) }
        var step = engine.handle(happened, at: now)
        // What is run needs no disk: should the commit never come, the worker is told to drop it when it returns.
        let joining = incidents.compactMap { $0.opens?.node } + undurable.flatMap(\.joining)
        let early = EarlyAssignments(durableJob: durableJob, joining: Set(joining))
        assign(step.actions, where: early.allow)
        var changes = logged(&step)
        changes += webhookChanges(step, at: now)
        let decision = DecidedStep(
            incidents: incidents, step: step, changes: changes, decidedAt: now, early: early,
            revocations: engine.revocations, logSize: receiptLog.growingSize, logRoot: receiptLog.growingRoot)
        undurable.append(decision)
        guard decided.push(decision) else {
            undurable.removeLast()
            return refuse(incidents)
        }
        endWaits(in: step)
    }

    /// The step's changes with what they add to the log of receipts and to the cache.
    private func logged(_ step: inout Step) -> [Change] {
        var changes = step.changes
        // Nobody else holds them now, so they are changed in place.
        step.changes = []
        let forgotten = Dictionary(step.forgotten.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        receiptLog.extend(
            &changes, digest: { forgotten[$0]?.specDigest ?? engine.specDigest(of: $0) },
            isOpen: { engine.hasEnded($0) == false })
        cacheIntake.complete(
            &changes, limit: configuration.cacheEntries, spec: { forgotten[$0]?.spec ?? engine.spec(of: $0)?.spec })
        return changes
    }

    // MARK: Making durable

    private func landAll() async {
        while let steps = await decided.next() {
            guard await commit(steps.count == 1 ? steps[0].changes : steps.flatMap(\.changes)) else {
                for lost in steps { refuse(lost.incidents) }
                break
            }
            for step in steps { land(step) }
        }
        decided.close()
        for lost in await decided.next() ?? [] { refuse(lost.incidents) }
        hasLost = !undurable.isEmpty
        undurable.removeAll()
        resumeReaders()
        resumeWaiting { _ in true }
    }

    /// Does not return before the changes are durable, or, with false, when the coordinator is being stopped. While the
    /// journal cannot be written nothing is acknowledged, nothing is acted upon, and the coordinator says that it is not
    /// ready.
    private func commit(_ changes: [Change]) async -> Bool {
        guard !changes.isEmpty else { return true }
        var pause = Duration.milliseconds(50)
        while true {
            do {
                let began = clock.now
                try await journal.commit(changes)
                commitMicroseconds += (clock.now - began).microseconds
                if stall != nil { logger.notice("the journal can be written again") }
                stall = nil
                commits += 1
                committedChanges += Int64(changes.count)
                return true
            } catch {
                if stall == nil { logger.error("the journal cannot be written", metadata: ["error": "\(error)"]) }
                stall = "the journal cannot be written: \(error)"
            }
            if Task.isCancelled { return false }
            try? await Task.sleep(for: pause)  // cancelled: the next commit decides
            pause = min(pause * 2, .seconds(2))
        }
    }

    /// What is seen right after this is durable.
    func settled() async {
        while !undurable.isEmpty { await withCheckedContinuation { readers.append($0) } }
    }

    /// How many steps have been decided since the start, durable ones and others.
    var decidedSteps: Int { durableSteps + undurable.count }

    /// Returns when so many steps are durable. Throws when they will not be.
    func durable(_ steps: Int) async throws {
        if steps > durableSteps, !hasLost {
            await withCheckedContinuation { awaitedSteps.append((steps, $0)) }
        }
        guard steps <= durableSteps else { throw Self.stopping }
    }

    private func resumeWaiting(_ isOver: (Int) -> Bool) {
        for awaited in awaitedSteps where isOver(awaited.steps) { awaited.continuation.resume() }
        awaitedSteps.removeAll { isOver($0.steps) }
    }

    private func resumeReaders() {
        for reader in readers { reader.resume() }
        readers.removeAll()
        pausedDecider?.resume()
        pausedDecider = nil
    }

    // MARK: Acting

    /// The step is durable.
    private func land(_ decision: DecidedStep) {
        undurable.removeFirst()
        durableSteps += 1
        resumeWaiting { $0 <= durableSteps }
        receiptLog.settle(size: decision.logSize, root: decision.logRoot)
        durableRevocations = decision.revocations
        durableJob = decision.step.lastJob
        for incident in decision.incidents {
            if let session = incident.opens { open(session) }
        }
        for record in decision.step.forgotten { recent.add(record) }
        assign(decision.step.actions) { !decision.early.allow($0, $1) }
        perform(decision.step.actions, at: decision.decidedAt)
        webhooks.ring()
        answer(decision.incidents, decision.step)
        if undurable.isEmpty { resumeReaders() }
    }

    private func answer(_ incidents: ArraySlice<Incident>, _ step: Step) {
        var submissions = step.submissions.makeIterator()
        var grants = step.grants.makeIterator()
        for incident in incidents {
            switch incident.event {
            case .submitted: incident.reply?(.success(submissions.next().map { .submission($0) }))
            case .granted: incident.reply?(.success(grants.next().map { .grant($0) }))
            default: incident.reply?(.success(nil))
            }
        }
    }
}
