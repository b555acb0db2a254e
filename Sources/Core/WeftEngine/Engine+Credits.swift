import WeftLedger
import WeftModel
import WeftTrust

/// Who pays whom. What a job can cost is set aside when it is submitted, answers are paid for when they have agreed, and the
/// rest goes back when nothing of the job is left to happen. docs/credits.md is the model.
extension Engine {
    static func books(_ record: LedgerRecord?) -> Ledger {
        guard let record else { return Ledger() }
        do {
            return try Ledger(restoring: record)
        } catch {
            preconditionFailure("whoever starts an engine has checked its books: \(error)")
        }
    }

    mutating func take(_ grant: Grant) {
        do {
            step.grants.append(.success(note(try ledger.grant(grant, at: now))))
        } catch {
            step.grants.append(.failure(error))
        }
    }

    /// Sets aside what the job can cost. Returns why the job is refused; nil where it may go on.
    mutating func reserve(for job: JobID, _ submission: JobSubmission) -> SubmissionOutcome? {
        guard let prices = configuration.prices else { return nil }
        var work = WorkBound(submission.spec)
        let policy = submission.spec.verification
        if policy.maxError != nil { work.replicasPerTask = Int64(trust.configuration.maxVotes) }
        if policy.spotCheck != nil { work.replicasPerTask = Int64(policy.ofSpotCheck.maxReplicas) }
        let greatest: GreatestCost
        do {
            greatest = try prices.greatestCost(of: work)
        } catch {
            return .uncountable
        }
        guard case .atMost(let cost) = greatest else { preconditionFailure("every job has a time limit") }
        guard cost > .zero else { return nil }
        do {
            _ = note(try ledger.reserve(cost, for: job, of: submission.submitter, at: now))
            return nil
        } catch .insufficient(_, let available, let needed, _) {
            return .unaffordable(available: available, needed: needed)
        } catch {
            preconditionFailure("a new job's books can be opened: \(error)")
        }
    }

    // MARK: Payments

    /// How long the coordinator saw an attempt for that has answered: a bound on what is paid for it. nil where nobody asks.
    func seenMicroseconds(_ id: AttemptID, _ attempt: Attempt?) -> Int64? {
        guard configuration.prices != nil else { return nil }
        let since = id.lease.epoch == epoch ? attempt?.assignedAt : nil
        guard let begin = since ?? jobs[id.task.job]?.record.submittedAt else { return nil }
        let seen = (now - begin).microseconds
        // The clock may have gone back between two starts; then only the time limit bounds it.
        return seen >= 0 ? seen : nil
    }

    /// The metered cost of an answer; 0 where jobs cost nothing.
    func cost(of result: AttemptResult, for spec: @autoclosure () -> JobSpec) -> Credits {
        guard let prices = configuration.prices else { return .zero }
        let use = MeteredUse(
            result.usage, within: AttemptBound(spec()), seenMicroseconds: result.seenMicroseconds ?? .max)
        do {
            return try prices.cost(of: use)
        } catch {
            // Only if prices rose since the job was accepted: it is paid what its escrow holds.
            return .greatest
        }
    }

    /// Pays for the answers that agree, each once. Nothing else earns.
    mutating func pay(_ votes: [Vote], where isRight: (Digest) -> Bool) {
        guard configuration.prices != nil, let job = votes.first?.attempt.task.job, ledger.hasEscrow(of: job)
        else { return }
        let isOnTrust = jobs[job]?.verification.maxError != nil
        for vote in votes where isRight(vote.answer) || configuration.plantedDefect == .paysDissenters {
            if isOnTrust, let member = member(vote.node, for: job), trust.isExcluded(member) { continue }
            let payment: Payment
            do {
                payment = try ledger.pay(
                    nodes[vote.node].record.id, for: vote.attempt.task, under: vote.attempt.lease, vote.cost, at: now)
            } catch {
                preconditionFailure("an open escrow pays: \(error)")
            }
            guard let made = payment.made else { continue }
            note(made)
            guard isOnTrust, made.amount > .zero else { continue }
            paidOnTrust[job, default: [:]][vote.node, default: []].append(PaidOnTrust(made, for: vote.attempt))
        }
    }

    /// A node was found lying: what it was paid, where its word counted and the books are open, is taken back.
    mutating func takeBack(from member: Member) {
        for job in paidOnTrust.keys.sorted() {
            for (node, payments) in (paidOnTrust[job] ?? [:]).sorted(by: { $0.key < $1.key })
            where self.member(node, for: job) == member {
                paidOnTrust[job]![node] = nil
                guard let payer = ledger.escrow(of: job)?.submitter else { continue }
                for payment in payments {
                    let movement = payment.movement(to: nodes[node].record.id, of: job, by: payer)
                    do {
                        _ = note(try ledger.reverse(movement, reason: "the node was found lying", at: now))
                    } catch {
                        // It is too long ago for the ledger to know that it is the first time.
                        continue
                    }
                }
            }
        }
    }

    // MARK: Ends

    /// Nothing of the job is left to happen.
    mutating func closeBooks(of job: JobID) {
        paidOnTrust[job] = nil
        guard ledger.hasEscrow(of: job) else { return }
        if configuration.plantedDefect == .keepsEscrow, jobs[job]?.record.state == .cancelled { return }
        do {
            if let refund = try ledger.close(job, at: now) { note(refund) }
        } catch {
            preconditionFailure("an open escrow can be closed: \(error)")
        }
    }

    /// Jobs that ended before a restart, and waited for late answers then.
    mutating func closeOrphanedBooks() {
        guard !hasLookedForOrphans else { return }
        hasLookedForOrphans = true
        for job in ledger.openJobs where jobs[job] == nil { closeBooks(of: job) }
    }

    /// What has moved becomes durable with this step.
    mutating func keepBooks() {
        guard !moved.isEmpty else { return }
        step.changes.append(.creditsMoved(moved))
        moved.removeAll(keepingCapacity: true)
    }

    private mutating func note(_ entry: Entry) -> Entry {
        if case .made(let movement) = entry { note(movement) }
        return entry
    }

    private mutating func note(_ movement: Movement) {
        moved.append(movement)
        publish(.creditsMoved(movement))
        switch movement.cause {
        case .payment: counters.paid.count(movement.amount)
        case .reversal: counters.reversed.count(movement.amount)
        case .refund: counters.refunded.count(movement.amount)
        case .grant, .escrow, .topUp: break
        }
    }

    func violationsOfBooks() -> [String] {
        var found: [String] = []
        if !ledger.isBalanced() { found.append("the books do not balance") }
        if hasLookedForOrphans {
            for job in ledger.openJobs where jobs[job] == nil {
                found.append("job \(job) is over, and its books are open")
            }
        }
        for job in paidOnTrust.keys where jobs[job] == nil { found.append("payments of job \(job) are remembered") }
        return found
    }
}

/// A payment that may be taken back, in short.
struct PaidOnTrust: Sendable {
    private let sequence: UInt64
    private let index: UInt32
    private let lease: LeaseID
    private let amount: Credits
    private let at: Instant

    init(_ payment: Movement, for attempt: AttemptID) {
        sequence = payment.sequence
        index = attempt.task.index
        lease = attempt.lease
        amount = payment.amount
        at = payment.at
    }

    func movement(to node: NodeID, of job: JobID, by payer: String) -> Movement {
        let work = PaidWork(task: TaskID(job: job, index: index), node: node, lease: lease, payer: payer)
        return Movement(
            sequence: sequence, from: .escrow(job), to: .node(node), amount: amount,
            cause: .payment(work, asked: amount), at: at)
    }
}

extension Credits {
    /// Totals stay at what can be counted.
    fileprivate mutating func count(_ amount: Credits) {
        let (sum, isTooMuch) = microCredits.addingReportingOverflow(amount.microCredits)
        self = isTooMuch ? .greatest : Credits(microCredits: sum)
    }
}
