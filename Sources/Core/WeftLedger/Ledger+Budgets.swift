package import WeftModel

/// What an administrator gives to a submitter.
package struct Grant: Hashable, Sendable {
    package var submitter: String
    package var amount: Credits
    /// For people: why.
    package var reason: String
    /// The name of the token of whoever grants it.
    package var by: String
    /// A second grant with this key is the first one again.
    package var key: String
    /// When the request was made, by the clock of whoever made it; the same in a repeated one.
    package var askedAt: Instant

    package init(submitter: String, amount: Credits, reason: String, by: String, key: String, askedAt: Instant) {
        self.submitter = submitter
        self.amount = amount
        self.reason = reason
        self.by = by
        self.key = key
        self.askedAt = askedAt
    }
}

/// What a request came to.
package enum Entry: Hashable, Sendable {
    /// To be stored before anybody is told.
    case made(Movement)
    /// An earlier request made it; it is stored, and nothing has changed now.
    case known(Movement)

    package var movement: Movement {
        switch self {
        case .made(let movement), .known(let movement): movement
        }
    }
}

extension Ledger {
    /// Throws ``LedgerError/notPositive(_:)``, ``LedgerError/tooMuchGranted(left:)`` or ``LedgerError/outsideWindow(_:)``.
    package mutating func grant(_ grant: Grant, at now: Instant) throws(LedgerError) -> Entry {
        if let first = recent[.grant(key: grant.key)] { return .known(first) }
        guard Self.distance(grant.askedAt, now) <= Self.windowMicroseconds else {
            throw .outsideWindow(grant.askedAt)
        }
        return try post(grant, at: now)
    }

    /// A grant whose age was looked at before.
    mutating func post(_ grant: Grant, at now: Instant) throws(LedgerError) -> Entry {
        if let first = recent[.grant(key: grant.key)] { return .known(first) }
        guard grant.amount > .zero else { throw .notPositive(grant.amount) }
        let left = Credits(microCredits: Int64.max - granted.microCredits)
        guard grant.amount <= left else { throw .tooMuchGranted(left: left) }
        let cause = Cause.grant(key: grant.key, reason: grant.reason, by: grant.by)
        let movement = post(grant.amount, from: .issuance, to: .submitter(grant.submitter), cause, at: now)
        recent.add(movement)
        return .made(movement)
    }

    /// Sets a job's greatest possible cost aside. Jobs come in the order of their numbers; one that costs nothing needs no
    /// escrow. A job whose escrow is open is answered as the first time, whatever the amount.
    ///
    /// Throws ``LedgerError/notPositive(_:)``, ``LedgerError/insufficient(submitter:balance:wanted:missing:)`` or
    /// ``LedgerError/jobClosed(_:)``.
    package mutating func reserve(
        _ amount: Credits, for job: JobID, of submitter: String, at now: Instant
    ) throws(LedgerError) -> Entry {
        if let opening = escrows[job]?.opening { return .known(opening) }
        guard job > lastJob else { throw .jobClosed(job) }
        try checkBudget(of: submitter, for: amount)
        lastJob = job
        // Opened with nothing in it, so that the movement finds its account.
        let movement = Movement(
            sequence: lastSequence + 1, from: .submitter(submitter), to: .escrow(job), amount: amount,
            cause: .escrow(job), at: now)
        escrows[job] = Escrow(submitter: submitter, opening: movement, held: .zero)
        return .made(post(amount, from: movement.from, to: movement.to, movement.cause, at: now))
    }

    /// Sets more aside for a job, out of the same budget. A key of the job is answered as the first time.
    ///
    /// Throws as ``reserve(_:for:of:at:)`` does, and ``LedgerError/noEscrow(_:)`` or
    /// ``LedgerError/tooManyTopUps(_:most:)``.
    package mutating func topUp(
        _ amount: Credits, for job: JobID, key: String, at now: Instant
    ) throws(LedgerError) -> Entry {
        guard let submitter = escrows[job]?.submitter else { throw missingEscrow(job) }
        if let first = escrows[job]?.topUps[key] { return .known(first) }
        try checkBudget(of: submitter, for: amount)
        guard escrows[job]!.topUps.count < Self.maxTopUps else { throw .tooManyTopUps(job, most: Self.maxTopUps) }
        let movement = post(amount, from: .submitter(submitter), to: .escrow(job), .topUp(job, key: key), at: now)
        escrows[job]!.topUps[key] = movement
        return .made(movement)
    }

    private func checkBudget(of submitter: String, for amount: Credits) throws(LedgerError) {
        guard amount > .zero else { throw .notPositive(amount) }
        let balance = balance(of: .submitter(submitter))
        guard amount > balance else { return }
        let missing = Credits(microCredits: amount.microCredits - balance.microCredits)
        throw .insufficient(submitter: submitter, balance: balance, wanted: amount, missing: missing)
    }

    func missingEscrow(_ job: JobID) -> LedgerError { job > lastJob ? .noEscrow(job) : .jobClosed(job) }
}
