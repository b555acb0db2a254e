import Logging
import WeftDrivers
import WeftFormats
import WeftModel
import WeftSandbox
import WeftWire

/// The attempts: taken on, run, reported, forgotten.
extension Worker {
    // MARK: Orders

    /// Notes what the attempts of a job have in common.
    func note(_ wire: Weft_Wire_V1_JobOrder) {
        let job = JobID(wire.job)
        guard jobOrders.count < LinkBounds.jobOrders || jobOrders[job] != nil else {
            return logger.warning("the coordinator gives more orders than it may; one is ignored")
        }
        do throws(LinkError) {
            var order = try JobOrder(wire: wire)
            order.keepVerifiedSignatures()
            jobOrders[job] = .success(order)
        } catch {
            // Each of its attempts will be refused with this reason.
            logger.warning("a job's order makes no sense", metadata: ["reason": "\(error)"])
            jobOrders[job] = .failure(error)
        }
    }

    /// Takes on what can be taken on; the rest is refused, so that the coordinator need not wait for it.
    func take(_ wire: Weft_Wire_V1_Assignments) {
        let assignments: Assignments
        do throws(LinkError) { assignments = try Assignments(wire: wire) } catch {
            return logger.warning("assignments make no sense", metadata: ["reason": "\(error)"])
        }
        let attempts = assignments.attempts
        let order: JobOrder
        do throws(LinkError) {
            guard let known = jobOrders[attempts.job] else {
                throw .malformed("assignments: the order of their job has not come")
            }
            order = try known.get()
            guard assignments.each.count == order.eachCount * attempts.count else {
                throw .malformed("assignments.each: \(assignments.each.count) digests for \(attempts.count) attempts")
            }
        } catch {
            for position in 0..<attempts.count { refuse(attempts[position], "\(error)") }
            return
        }
        let stride = order.eachCount
        for position in 0..<attempts.count {
            take(
                AssignmentOrder(
                    attempts[position], of: order,
                    each: assignments.each[position * stride..<(position + 1) * stride]))
        }
    }

    private func take(_ order: AssignmentOrder) {
        let id = order.attempt
        // The network may deliver anything twice; what is finished is said again.
        guard attempts[id] == nil else { return }
        if let result = retained[id] { return outbox.post(result) }
        guard ending[id] == nil else { return }
        // Not refused: that would have the coordinator offer it again at once. The farewell gives it to others.
        if isDraining || isStopping { return }
        if let reason = objection(to: order) { return refuse(order, reason) }
        if let reason = owner.reason { return refuse(order, "its node is paused by its owner: \(reason)") }
        switch ledger.hold(order.resources, for: id) {
        case .never(let lacking): refuse(order, "it asks for \(lacking)")
        case .held:
            attempts[id] = Attempt(order: order)
            start(id)
        case .notNow:
            guard waiting.count < configuration.queueLimit else { return refuse(order, "the worker is full") }
            attempts[id] = Attempt(order: order)
            waiting.append(id)
        }
    }

    /// Why this worker does not do it.
    private func objection(to order: AssignmentOrder) -> String? {
        if !retained.hasRoom { return "too many results wait for their acknowledgement" }
        if !profile.accepts(signedBy: order.signatures.map(\.signer)) {
            return "its code is signed by nobody of whom this worker's owner wants a signature (`require_signed_by`)"
        }
        if !profile.takes(workOf: order.submitter) {
            return "the owner takes no work of \(order.submitter.debugDescription)"
        }
        return runner?.bench.objection(to: order)
    }

    private func refuse(_ order: AssignmentOrder, _ reason: String) {
        report(failure(order, .refused, reason))
    }

    /// Answers for an attempt that there is no order for.
    private func refuse(_ id: AttemptID, _ reason: String) {
        guard attempts[id] == nil, ending[id] == nil, retained[id] == nil else { return }
        let now = environment.now()
        report(
            FinishedAttempt(
                report: AttemptReport(
                    attempt: id, specDigest: Hashing.sha256([]), outcome: .failed(AttemptFailure(.refused, reason)),
                    startedAt: now, finishedAt: now)))
    }

    private func failure(_ order: AssignmentOrder, _ kind: AttemptFailure.Kind, _ reason: String) -> FinishedAttempt {
        let now = environment.now()
        return FinishedAttempt(
            report: AttemptReport(
                attempt: order.attempt, specDigest: order.specDigest,
                outcome: .failed(AttemptFailure(kind, reason)), startedAt: now, finishedAt: now))
    }

    // MARK: Running

    /// The attempt holds its resources.
    private func start(_ id: AttemptID) {
        guard let runner, let employer, let order = attempts[id]?.order, let pause = attempts[id]?.pause else {
            preconditionFailure("orders come from a coordinator that let a worker in whose drivers are known")
        }
        let now = environment.now()
        let devices = granted(to: id)
        attempts[id]!.startedAt = now
        disturbances += 1
        attempts[id]!.task = Task(executorPreference: environment.executor) {
            await self.perform(order, for: employer, runner, pause, devices)
        }
        // A short attempt's end leaves together with its start. Who sends what lingers is woken after the attempt's task.
        outbox.post(Message(.started(AttemptStart(attempt: id, at: now).wire)), mayLinger: true)
    }

    /// What came of an attempt goes out before what it left is cleaned up: so many steps of others, each with a turn of its own on
    /// the event loop, pass first. Where results leave together anyway, only the beginning of the next attempt.
    private static func turnsBeforeCleaning(isBusy: Bool) -> Int { isBusy ? 1 : 16 }

    private nonisolated func perform(
        _ order: AssignmentOrder, for coordinator: NodeID, _ runner: AttemptRunner, _ pause: RunPause,
        _ devices: [GrantedDevice]
    ) async {
        let (result, workspace) = await runner.run(order, for: coordinator, pause: pause, devices: devices)
        let (unwanted, isBusy) = await end(order, result)
        if !unwanted.isEmpty { await cache.unpin(unwanted) }
        if let workspace {
            for _ in 0..<Self.turnsBeforeCleaning(isBusy: isBusy) { await Task.yield() }
            do { try await workspaces.remove(workspace) } catch {
                logger.error(
                    "a workspace could not be removed; it will be tried again at the next start",
                    metadata: ["attempt": "\(order.attempt)", "reason": "\(error)"])
            }
        }
        await forgetTask(order.attempt)
    }

    /// The attempt is over. Returns blobs that nobody will ask for, and whether the worker is busy.
    private func end(_ order: AssignmentOrder, _ result: FinishedAttempt?) -> (unwanted: [Digest], isBusy: Bool) {
        let id = order.attempt
        guard let attempt = attempts.removeValue(forKey: id) else {
            preconditionFailure("an attempt ends once")
        }
        ending[id] = attempt.task
        owner.cpuElsewhere += attempt.pause.cpuElsewhere
        ledger.release(id)
        defer {
            startWaiting()
            wake()
        }
        let isBusy = isBusy
        if attempt.isDropped { return (Array(result?.stored ?? []), isBusy) }
        if attempt.isRevoked {
            // The coordinator wants to hear that it has ended, and nothing of what came of it.
            report(failure(order, .refused, "it was revoked"))
            return (Array(result?.stored ?? []), isBusy)
        }
        report(result ?? failure(order, .nodeLost, attempt.givenBack ?? "the worker is shutting down"))
        return ([], isBusy)
    }

    private func forgetTask(_ id: AttemptID) {
        ending[id] = nil
        wake()
    }

    func startWaiting() {
        while !isStopping, owner.reason == nil, let id = waiting.first {
            guard let order = attempts[id]?.order else {
                waiting.removeFirst()
                continue
            }
            guard ledger.hold(order.resources, for: id) == .held else { return }
            waiting.removeFirst()
            start(id)
        }
    }

    private func report(_ result: FinishedAttempt) {
        var result = result
        if case .failed(var failure) = result.report.outcome {
            // It may quote what a peer or a payload wrote.
            failure.message = String(failure.message.filter { $0 != "\0" }.prefix(1000))
            result.report.outcome = .failed(failure)
        }
        // Refusals past the bound are said once; answers are always kept, their number is that of the slots.
        var isKept = retained.hasRoom
        if case .completed = result.report.outcome { isKept = true }
        if isKept { retained.keep(result) }
        outbox.post(result, mayLinger: isBusy)
    }

    /// Whether enough waits here for room that no slot will wait for the coordinator to hear of what is said now.
    private var isBusy: Bool { waiting.count > ledger.holders.count }

    // MARK: What the coordinator takes back

    func revoke(_ revocation: Weft_Wire_V1_Revocation) {
        guard let id = readable(revocation.attempt), let attempt = attempts[id] else { return }
        if let task = attempt.task {
            attempts[id]!.isRevoked = true
            task.cancel()
        } else {
            attempts[id] = nil
            waiting.removeAll { $0 == id }
            report(failure(attempt.order, .refused, "it was revoked"))
            wake()
        }
    }

    /// Returns blobs to be unpinned.
    func acknowledge(_ wire: Weft_Wire_V1_ResultAcks) -> [Digest] {
        let acks: AttemptList
        do throws(LinkError) { acks = try AttemptList(wire: wire) } catch {
            logger.warning("acknowledgements make no sense", metadata: ["reason": "\(error)"])
            return []
        }
        var unpinned: [Digest] = []
        for position in 0..<acks.count { unpinned += retained.forget(acks[position]) ?? [] }
        wake()
        return unpinned
    }

    private func readable(_ key: Weft_Wire_V1_AttemptKey) -> AttemptID? {
        do throws(LinkError) { return try AttemptID(wire: key) } catch {
            logger.warning("the coordinator named no attempt", metadata: ["reason": "\(error)"])
            return nil
        }
    }

    /// Ends an attempt without a report.
    func drop(_ id: AttemptID) {
        guard let attempt = attempts[id] else { return }
        if let task = attempt.task {
            attempts[id]!.isDropped = true
            task.cancel()
        } else {
            attempts[id] = nil
            waiting.removeAll { $0 == id }
        }
    }

    /// Ends an attempt and reports that this worker will not finish it.
    func giveBack(_ id: AttemptID, because reason: String = "the worker is shutting down") {
        guard let attempt = attempts[id] else { return }
        if let task = attempt.task {
            attempts[id]!.givenBack = reason
            task.cancel()
        } else {
            attempts[id] = nil
            report(failure(attempt.order, .nodeLost, reason))
        }
    }

    /// Returns when no attempt runs, nor is cleaned up after.
    func everyTask() async {
        for task in attempts.values.compactMap(\.task) + Array(ending.values) { await task.value }
    }

    /// For another coordinator: nothing of the last one's is left, for it may give its attempts the same names.
    func dropEverything() async {
        for id in Array(attempts.keys) { drop(id) }
        await everyTask()
        let blobs = retained.all.flatMap { retained.forget($0.attempt) ?? [] }
        await cache.unpin(blobs)
    }
}
