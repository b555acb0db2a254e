import WeftEngine
import WeftModel

/// The coordinator's process: what a crash takes away.
struct Shell {
    var engine: Engine
    var startedAt: Int64
    /// Wall clock at the start, in microseconds.
    var wallAtStart: Int64
    var restored: Set<JobID>
    var inbox: [Inbound] = []
    var isBatchPlanned = false
    /// Handled and not durable.
    var inFlight: [InFlight] = []
    /// How many of them, from the first, are on their way to the disk together.
    var landing = 0
    /// The link of each node whose join is durable.
    var linkOfNode: [NodeID: Int] = [:]
    /// The engine's revocations that are durable.
    var durableRevocations: UInt64 = 0
    /// Jobs up to this number are durable.
    var durableJob: UInt64

    /// How many steps may wait for those that are on their way to the disk.
    static let maxWaiting = 2

    struct InFlight {
        var step: Step
        var joins: [(NodeID, link: Int)]
        /// Jobs of the plan that were submitted, in the order of the step's outcomes.
        var requests: [Int]
        /// Grants of the plan, in the same way.
        var grants: [Int]
        var early: EarlyAssignments
        /// The engine's after it.
        var revocations: UInt64
        var hasActed = false

        /// Whether it was done before the commit.
        func isEarly(_ action: Action) -> Bool {
            guard case .assign(let node, let attempt) = action else { return false }
            return early.allow(node, attempt)
        }
    }
}

enum Inbound {
    case event(Event)
    case join(NodeArrival, link: Int, stopping: [LeaseID])
    case grant(Int)
    /// With what the cache had for it when the request came.
    case submission(Int, CachedAnswers)
}

/// Gather, handle, commit, act: the real shell's loop on virtual time.
extension World {
    func startCoordinator() {
        guard shell == nil else { return }
        incarnation += 1
        let snapshot = journal.load()
        let wall = wallOffset + clock
        let engine = Engine(
            configuration: plan.configuration, restoring: snapshot, at: Instant(microseconds: wall))
        shell = Shell(
            engine: engine, startedAt: clock, wallAtStart: wall, restored: Set(snapshot.jobs.map(\.record.id)),
            durableJob: engine.lastJob)
        auditor.forgetComparisons()
        note("coordinator starts, epoch \(snapshot.epoch), \(snapshot.jobs.count) unfinished jobs")
        if let violation = engine.violations().first { fail("after the restart: \(violation)") }
        if let lost = auditor.lostJob(in: journal) { fail(lost) }
        if let wrong = auditor.books.compare(engine.ledger) { fail("after the restart: \(wrong)") }
        schedule(.tick(incarnation: incarnation), in: 100_000)
    }

    func crashCoordinator() {
        guard shell != nil else { return }
        note("coordinator crashes\(shell!.inFlight.isEmpty ? "" : " with a commit on its way")")
        shell = nil
        incarnation += 1
        for link in links.indices where !links[link].isBroken { breakLink(link) }
        if strikes(.clockJump, permille: 600) { wallOffset -= random.between(0, 900_000_000) }
        schedule(.restart, in: random.between(10_000, isHealed ? 500_000 : 4_000_000))
    }

    func tick() {
        receive(.event(.tick))
        schedule(.tick(incarnation: incarnation), in: 100_000)
    }

    func receive(_ inbound: Inbound) {
        shell!.inbox.append(inbound)
        planBatch()
    }

    private func planBatch() {
        guard !shell!.isBatchPlanned, shell!.inFlight.count - shell!.landing < Shell.maxWaiting, !shell!.inbox.isEmpty
        else { return }
        shell!.isBatchPlanned = true
        schedule(.batch(incarnation: incarnation), in: random.between(0, 1000))
    }

    var engineTime: Instant { Instant(microseconds: shell!.wallAtStart + clock - shell!.startedAt) }

    func runBatch() {
        shell!.isBatchPlanned = false
        let inbox = shell!.inbox
        shell!.inbox = []
        var events: [Event] = []
        var joins: [(NodeID, link: Int)] = []
        var brought: [(NodeArrival, stopping: [LeaseID])] = []
        var requests: [Int] = []
        var grants: [Int] = []
        for inbound in inbox {
            switch inbound {
            case .event(let event): events.append(event)
            case .join(let arrival, let link, let stopping):
                events.append(.nodeJoined(arrival))
                joins.append((arrival.node, link))
                brought.append((arrival, stopping))
            case .grant(let grant):
                guard let event = event(for: grant) else { continue }
                events.append(event)
                grants.append(grant)
            case .submission(let job, let cached):
                let submission = plan.jobs[job]
                if let key = submission.spec.idempotencyKey,
                    let known = journal.job(submitter: submission.submitter, key: key)
                {
                    reply(.known(known), to: job)
                    continue
                }
                events.append(
                    .submitted(
                        JobSubmission(
                            spec: submission.spec, specDigest: submission.specDigest,
                            submitter: submission.submitter, cached: cached)))
                requests.append(job)
            }
        }
        var step = shell!.engine.handle(events, at: engineTime)
        nameCacheEntries(&step)
        steps += 1
        log.mix(step, at: clock)
        auditStep(step, events: events, brought: brought)
        let joining = Set((shell!.inFlight.flatMap(\.joins) + joins).map(\.0))
        shell!.inFlight.append(
            Shell.InFlight(
                step: step, joins: joins, requests: requests, grants: grants,
                early: EarlyAssignments(durableJob: shell!.durableJob, joining: joining),
                revocations: shell!.engine.revocations))
        assignEarly(shell!.inFlight.last!)
        if plan.configuration.plantedDefect == .acknowledgesBeforeDurable { act(shell!.inFlight.count - 1) }
        guard failure == nil, shell != nil else { return }
        if shell!.landing == 0 { beginCommit() }
        planBatch()
    }

    /// All that wait go to the disk together.
    private func beginCommit() {
        shell!.landing = shell!.inFlight.count
        let isSlow = clock < diskSlowUntil && !isHealed
        let isEmpty = shell!.inFlight.allSatisfy(\.step.changes.isEmpty)
        schedule(
            .committed(incarnation: incarnation), in: isEmpty ? 0 : random.between(50, isSlow ? 400_000 : 2000))
    }

    func finishCommit() {
        let steps = shell!.inFlight[..<shell!.landing].map(\.step)
        if case .beforeCommit = armedCrash, steps.contains(where: { !$0.changes.isEmpty }) {
            armedCrash = nil
            count(.crashBeforeCommit)
            crashCoordinator()
            return
        }
        // Nothing happens between them.
        for step in steps {
            journal.commit(step.changes)
            if let problem = auditor.commit(step.changes, journal: journal) { fail(problem) }
        }
        for step in steps {
            shell!.durableRevocations = shell!.inFlight[0].revocations
            shell!.durableJob = step.lastJob
            if !shell!.inFlight[0].hasActed { act(0) }
            guard shell != nil else { return }
            shell!.inFlight.removeFirst()
        }
        shell!.landing = 0
        if !shell!.inFlight.isEmpty { beginCommit() }
        planBatch()
    }

    /// Assignments do not wait for the disk.
    private func assignEarly(_ flight: Shell.InFlight) {
        for action in flight.step.actions {
            if flight.isEarly(action) { act(action) }
        }
    }

    /// Carries out the other actions of a step in flight. A crash may come after any of them.
    private func act(_ position: Int) {
        let flight = shell!.inFlight[position]
        shell!.inFlight[position].hasActed = true
        for (node, link) in flight.joins { shell!.linkOfNode[node] = link }
        var left = Int.max
        if case .afterCommit(let actions) = armedCrash, !flight.step.actions.isEmpty {
            left = actions
            armedCrash = nil
        }
        for action in flight.step.actions {
            if flight.isEarly(action) { continue }
            guard left > 0 else { return crashWhileActing() }
            left -= 1
            act(action)
        }
        for (job, outcome) in zip(flight.requests, flight.step.submissions) {
            guard left > 0 else { return crashWhileActing() }
            left -= 1
            reply(outcome, to: job)
        }
        for (grant, outcome) in zip(flight.grants, flight.step.grants) {
            guard left > 0 else { return crashWhileActing() }
            left -= 1
            reply(outcome, toGrant: grant)
        }
    }

    private func crashWhileActing() {
        count(.crashAfterCommit)
        crashCoordinator()
    }

    private func act(_ action: Action) {
        switch action {
        case .assign(let node, let id):
            note("assign \(id) to \(node)")
            guard let link = shell!.linkOfNode[node], let spec = shell!.engine.spec(of: id.task.job) else { return }
            sendDown(link, .assign(id, specDigest: spec.digest))
        case .revoke(let node, let id, let reason):
            note("revoke \(id) from \(node): \(reason)")
            if let link = shell!.linkOfNode[node] { sendDown(link, .revoke(id)) }
        case .acknowledge(let node, let id):
            note("acknowledge \(id) to \(node)")
            if let link = shell!.linkOfNode[node] { sendDown(link, .acknowledge(id)) }
        case .disconnect(let node, let session, let reason):
            note("disconnect \(node): \(reason)")
            let link = Int(session) - 1
            if shell!.linkOfNode[node] == link { shell!.linkOfNode[node] = nil }
            breakLink(link)
        case .compare(let task, let pairs):
            note("compare \(pairs.count) pairs of answers to \(task)")
            schedule(
                .compared(incarnation: incarnation, task, pairs), in: random.between(100, isHealed ? 5000 : 800_000))
        case .publish(let notice):
            note("publish \(notice)")
            if let problem = auditor.published(notice) { fail(problem) }
        }
    }
}
