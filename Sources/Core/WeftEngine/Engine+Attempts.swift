import BitCollections
import DequeModule
import HeapModule
import WeftModel
import WeftTrust

extension Engine {
    mutating func start(_ id: AttemptID, on node: NodeID) {
        guard let attempt = attempts[id.lease], attempt.id == id, nodes[attempt.node].record.id == node,
            attempt.startedAt == nil
        else { return }
        attempts[id.lease]!.startedAt = now
        publish(.attemptStarted(id, node))
    }

    /// A result has come: in time, late, again, or for something that nobody asked for.
    mutating func end(_ reported: AttemptResult) {
        guard let node = nodeIndexes[reported.node] else { return }
        let known = attempts[reported.attempt.lease]
        var result = reported
        result.seenMicroseconds = result.answer == nil ? nil : seenMicroseconds(result.attempt, known)
        if let known, known.node != node || known.id != result.attempt { return }
        if let known {
            if case .failed = result.outcome, configuration.plantedDefect == .forgetsToRelease {
                attempts[result.attempt.lease] = nil
                nodes[node].attempts.remove(result.attempt.lease)
            } else {
                release(result.attempt.lease)
            }
            counters.attemptsEnded += 1
            nodes[node].lastEnded = now
            if known.isRevoked {
                step.actions.append(.acknowledge(result.node, result.attempt))
                return
            }
            if case .completed = result.outcome {
                let duration = result.finishedAt - result.startedAt
                if let usual = jobs[result.attempt.task.job]?.runMicroseconds {
                    nodes[node].record.performance.ran(for: duration.microseconds, usual: usual)
                }
                jobs[result.attempt.task.job]?.ran(for: duration)
                noteData(of: result.attempt.task, on: node)
                count(.finished, of: node)
            }
            if case .failed(let failure) = result.outcome, !failure.kind.isPayloadsOwn {
                // That its owner wants it back says nothing of whether it works.
                if !nodes[node].isPaused {
                    count(.failed, of: node)
                    rest(node)
                }
            } else {
                wake(node)
            }
        }
        defer { step.actions.append(.acknowledge(result.node, result.attempt)) }
        guard known != nil || mayHold(result.attempt, node) else { return }
        let task = result.attempt.task
        guard let offset = jobs[task.job]?.offset(of: task) else { return }
        if jobs[task.job]!.tails[offset] != nil {
            judgeTail(result, node: node, offset: offset)
            return
        }
        let hasEnded = jobs[task.job]!.ended.contains(Int(offset))
        if hasEnded, configuration.plantedDefect == .settlesOnLateDuplicate, let answer = result.answer {
            jobs[task.job]!.open[offset] = OpenTask(comparesDigests: jobs[task.job]!.comparesDigests)
            endTask(
                offset, of: task.job, state: .succeeded, verdict: .agreed, answer: answer, reason: nil, dissenters: 0)
            return
        }
        guard !jobs[task.job]!.record.state.isFinal, !hasEnded else { return }
        if jobs[task.job]!.open[offset] == nil {
            // An attempt of an earlier life of this coordinator, of a task that nobody has started again.
            guard case .completed = result.outcome, result.answer != nil else { return }
            open(offset, of: task.job, wanting: jobs[task.job]!.verification.replicas)
        }
        switch result.outcome {
        case .completed(let completion):
            guard let answer = result.answer else {
                guard known != nil else { return }
                removeRunning(result.attempt.lease, offset: offset, of: task.job)
                lose(offset, of: task.job, because: "its result came without an answer")
                return
            }
            take(completion, answer, result, node: node, isKnown: known != nil, offset: offset)
        case .failed(let failure):
            guard known != nil else { return }
            removeRunning(result.attempt.lease, offset: offset, of: task.job)
            take(failure, result, node: node, offset: offset)
        }
    }

    /// Whether a lease that is not known may have been given to this node: in this life and taken from it since, or
    /// before the restart, when both the node and the job were there. Answers that nobody asked for count for nothing.
    func mayHold(_ id: AttemptID, _ node: Int) -> Bool {
        if id.lease.epoch == epoch { return lostLeases[id.lease] == node }
        return id.lease.epoch < epoch && node < restoredNodes && id.task.job.number <= lastRestoredJob
    }

    /// An answer votes, once for each owner and task.
    private mutating func take(
        _ completion: Completion, _ answer: Digest, _ result: AttemptResult, node: Int, isKnown: Bool, offset: UInt32
    ) {
        let id = result.attempt.task.job
        let voters = jobs[id]!.open[offset]!.votes.map(\.node)
        if voters.contains(where: { sharesOwner($0, node) }), configuration.plantedDefect != .countsVoteTwice {
            if isKnown {
                removeRunning(result.attempt.lease, offset: offset, of: id)
                want(1, offset, of: id)
            }
            return
        }
        if isKnown {
            removeRunning(result.attempt.lease, offset: offset, of: id)
        } else {
            makeRoom(forLateAnswerOf: node, offset: offset, of: id)
        }
        step.changes.append(.resultArrived(result))
        publish(.attemptEnded(result.attempt, result.node, failure: nil))
        let vote = Vote(
            attempt: result.attempt, node: node, answer: answer,
            isSuccess: completion.isSuccess(for: jobs[id]!.record.spec),
            cost: cost(of: result, for: jobs[id]!.record.spec), revocations: revocations)
        jobs[id]!.open[offset]!.votes.append(vote)
        if jobs[id]!.open[offset]!.ballot != nil, let member = member(node, for: id) {
            jobs[id]!.open[offset]!.ballot!.add(answer, of: member, order: vote.order)
        }
        evaluate(offset, of: id)
    }

    private mutating func take(_ failure: AttemptFailure, _ result: AttemptResult, node: Int, offset: UInt32) {
        let id = result.attempt.task.job
        publish(.attemptEnded(result.attempt, result.node, failure: failure))
        guard failure.kind.isPayloadsOwn else {
            if nodes[node].isPaused, jobs[id]!.open[offset]!.handBacks < configuration.maxHandBacks {
                jobs[id]!.open[offset]!.handBacks += 1
                return replaceAttempt(offset, of: id)
            }
            lose(offset, of: id, because: failure.message)
            return
        }
        step.changes.append(.resultArrived(result))
        jobs[id]!.open[offset]!.failed.append(result.attempt.lease)
        let failures = jobs[id]!.open[offset]!.failed.count
        if failures > jobs[id]!.record.spec.retries {
            let attempts = failures == 1 ? "1 attempt" : "\(failures) attempts"
            endTask(
                offset, of: id, state: .failed, verdict: .undecided, answer: nil,
                reason: "\(failure.message) (\(attempts) failed)", dissenters: 0)
        } else {
            replaceAttempt(offset, of: id)
        }
    }

    /// A replica's attempt is gone without the payload's doing: another one, unless that has happened too often.
    mutating func lose(_ offset: UInt32, of id: JobID, because reason: String) {
        jobs[id]!.open[offset]!.losses += 1
        counters.attemptsLost += 1
        if jobs[id]!.open[offset]!.losses > configuration.maxLosses {
            endTask(
                offset, of: id, state: .failed, verdict: .undecided, answer: nil,
                reason: "\(configuration.maxLosses + 1) attempts were lost; the last: \(reason)", dissenters: 0)
        } else {
            replaceAttempt(offset, of: id)
        }
    }

    /// Takes an attempt away from a node that will not report it (gone, silent, or never got it).
    mutating func lose(_ lease: LeaseID, because reason: String) {
        guard let attempt = attempts[lease] else { return }
        release(lease)
        lostLeases.add(lease, of: attempt.node, keeping: configuration.maxLostLeases)
        let task = attempt.id.task
        guard !attempt.isRevoked else { return }
        count(.lost, of: attempt.node)
        guard let offset = jobs[task.job]?.offset(of: task) else { return }
        if jobs[task.job]!.tails[offset] != nil {
            endTail(lease, offset: offset, of: task.job)
            return
        }
        guard jobs[task.job]!.open[offset] != nil else { return }
        removeRunning(lease, offset: offset, of: task.job)
        let failure = AttemptFailure(.nodeLost, reason)
        publish(.attemptEnded(attempt.id, nodes[attempt.node].record.id, failure: failure))
        lose(offset, of: task.job, because: reason)
    }

    /// Keeps how an attempt ended. To write a row for each would cost more than it tells.
    private mutating func count(_ end: Performance.End, of node: Int) {
        nodes[node].record.performance.count(end, at: now)
        unwrittenPerformance.insert(node)
    }

    /// Makes durable what has gathered, once in a while.
    mutating func keepPerformance() {
        guard now - performanceKeptAt >= configuration.performanceInterval else { return }
        performanceKeptAt = now
        for node in unwrittenPerformance.sorted() { keepPerformance(of: node) }
    }

    mutating func keepPerformance(of node: Int) {
        guard unwrittenPerformance.remove(node) != nil else { return }
        step.changes.append(.nodePerformed(nodes[node].record.id, nodes[node].record.performance))
    }

    /// Gives the node nothing for a while.
    private mutating func rest(_ node: Int) {
        nodes[node].failuresInRow += 1
        let doublings = min(nodes[node].failuresInRow - 1, 16)
        let rest = min(configuration.longestRest, configuration.restAfterFailure * (1 << doublings))
        nodes[node].restsUntil = now + rest
        updateReadiness(of: node)
    }

    /// The node has shown that it works.
    private mutating func wake(_ node: Int) {
        nodes[node].failuresInRow = 0
        guard nodes[node].restsUntil != nil else { return }
        nodes[node].restsUntil = nil
        updateReadiness(of: node)
    }

    /// Tells the node to stop. The resources stay taken until it says that it has.
    mutating func revoke(_ lease: LeaseID, reason: String) {
        guard let attempt = attempts[lease], !attempt.isRevoked else { return }
        attempts[lease]!.isRevoked = true
        attempts[lease]!.dueAt = now + configuration.revocationGrace
        deadlines.insert(Deadline(at: now + configuration.revocationGrace, lease: lease))
        step.actions.append(.revoke(nodes[attempt.node].record.id, attempt.id, reason: reason))
    }

    /// The attempt is over on its node: what it held is free.
    mutating func release(_ lease: LeaseID) {
        guard let attempt = attempts.removeValue(forKey: lease) else { return }
        nodes[attempt.node].attempts.remove(lease)
        if attempt.isPrefetched {
            nodes[attempt.node].prefetched.removeAll { $0 == lease }
        } else {
            nodes[attempt.node].free.give(attempt.resources, attempt.devices)
            occupying -= 1
        }
        if nodes[attempt.node].isShort { nodes[attempt.node].isShort = nodes[attempt.node].free.isNegative }
        beginPrefetched(on: attempt.node)
        usage[attempt.submitter, default: 0] -= attempt.resources.cpuMillis
        if usage[attempt.submitter] == 0 { usage[attempt.submitter] = nil }
        updateReadiness(of: attempt.node)
    }

    /// Starts a task: `replicas` of it want a place.
    mutating func open(_ offset: UInt32, of id: JobID, wanting replicas: Int) {
        jobs[id]!.open[offset] = OpenTask(comparesDigests: jobs[id]!.comparesDigests)
        if jobs[id]!.verification.maxError != nil {
            jobs[id]!.open[offset]!.ballot = openBallot(of: jobs[id]!.task(offset))
        }
        want(replicas, offset, of: id)
    }

    /// Asks for more replicas of an open task.
    mutating func want(_ replicas: Int, _ offset: UInt32, of id: JobID) {
        guard replicas > 0, jobs[id]!.open[offset]!.trust == .undecided else { return }
        jobs[id]!.open[offset]!.waiting += replicas
        for _ in 0..<replicas { jobs[id]!.wanting.append(offset) }
        enqueue(id)
    }

    mutating func removeRunning(_ lease: LeaseID, offset: UInt32, of id: JobID) {
        jobs[id]!.open[offset]!.running.removeAll { $0 == lease }
    }

    /// A late answer stands for one replica: for the one that its own node or owner was given since, because two of
    /// one owner may not vote, or else for one that waits.
    private mutating func makeRoom(forLateAnswerOf node: Int, offset: UInt32, of id: JobID) {
        let open = jobs[id]!.open[offset]!
        if let rival = open.running.first(where: { sharesOwner(attempts[$0]!.node, node) }) {
            removeRunning(rival, offset: offset, of: id)
            revoke(rival, reason: "an earlier attempt of its owner has answered after all")
        } else if open.waiting > 0 {
            jobs[id]!.open[offset]!.waiting -= 1
        }
    }

    /// Attempts end long before they are overdue; without this the heap would remember an hour of them.
    mutating func dropStaleDeadlines() {
        guard deadlines.count > 1024 + 4 * attempts.count else { return }
        deadlines = Heap(deadlines.unordered.filter { attempts[$0.lease] != nil })
    }

    /// Time has passed: overdue attempts and silent nodes.
    mutating func expire() {
        while let first = deadlines.min, first.at <= now {
            deadlines.removeMin()
            guard let attempt = attempts[first.lease], let due = attempt.dueAt, due <= now else { continue }
            if attempt.isRevoked {
                release(first.lease)
            } else if nodes[attempt.node].isPaused {
                // Its time does not run; when the node goes on, it is due later.
                continue
            } else {
                step.actions.append(
                    .revoke(nodes[attempt.node].record.id, attempt.id, reason: "it is past its time-out"))
                lose(first.lease, because: "the node did not report it in time")
            }
        }
        expireSilentNodes()
        expirePauses()
        for node in nodes.indices {
            guard let until = nodes[node].restsUntil, until <= now else { continue }
            nodes[node].restsUntil = nil
            updateReadiness(of: node)
        }
        measurePace()
        takeBackPrefetched()
        backUpStragglers()
        ageTrust()
        keepPerformance()
        leaveHardware()
        giveUpChecks()
    }
}
