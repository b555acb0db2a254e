import SeededNumbers
import Testing
import WeftLedger
import WeftModel

/// A million random requests, good, bad and repeated, to a ledger and to the naive books at once.
@Suite struct PropertyTests {
    @Test(arguments: 1...20) func theBooksAreInOrderAfterEveryRequest(seed: UInt64) throws {
        var world = LedgerWorld(seed: seed)
        for _ in 0..<50_000 {
            world.step()
            guard world.complaint == nil else { break }
        }
        world.checkAll()
        if seed.isMultiple(of: 5) { #expect(try Ledger(replaying: world.books.movements) == world.ledger) }
        #expect(world.complaint == nil)
        #expect(world.met.allSatisfy { $0 > 100 }, "\(world.met)")
        #expect(world.refused.allSatisfy { $0 > 0 }, "\(world.refused)")
    }
}

/// Few accounts, so that much happens to each; amounts of all sizes; about half a year.
struct LedgerWorld {
    enum Request: Int, CaseIterable { case grant, reserve, topUp, pay, close, reverse, repeated }

    private(set) var ledger = Ledger()
    private(set) var books = NaiveBooks()
    private(set) var complaint: String?
    /// How often each request was met and refused.
    private(set) var met = [Int](repeating: 0, count: Request.allCases.count)
    private(set) var refused = [Int](repeating: 0, count: Request.allCases.count)
    private var random: SeededRandom
    private var now = Instant(microseconds: 1_700_000_000_000_000)
    private var grants: [Grant] = []
    /// Their places in the books.
    private var payments: [Int] = []
    private var requests: [(node: NodeID, task: TaskID, lease: LeaseID, amount: Credits)] = []
    private var topUps: [(job: JobID, key: String)] = []
    private var nextJob: UInt64 = 1
    private var openJobs: [JobID] = []
    private var nextLease: UInt64 = 1 << 40
    /// An earlier state, and how many movements it knew.
    private var kept = (record: Ledger().record, count: 0)

    private static let names = ["anna", "bert", "cleo", "dora", "emil"]
    private static let nodes = (0..<7).map { NodeID("node-\($0)") }
    private static let day: Int64 = 86_400_000_000

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    mutating func step() {
        now = Instant(microseconds: now.microseconds + Int64(random.below(600_000_000)))
        switch random.below(100) {
        case ..<6: grant(isRepeated: random.below(3) == 0)
        case ..<19: reserve()
        case ..<24: topUp(isRepeated: random.below(3) == 0)
        case ..<81: pay(isRepeated: random.below(4) == 0)
        case ..<88: close()
        default: reverse()
        }
        checkBooks()
        if random.below(500) == 0 { checkAll() }
        if random.below(20_000) == 0 { restore() }
    }

    private mutating func amount(_ most: Int) -> Credits {
        switch random.below(200) {
        case 0: .greatest
        case 1: Credits(microCredits: -Int64(random.below(1000)))
        case 2: .zero
        default: Credits(microCredits: 1 + Int64(random.below(most)))
        }
    }

    /// An open job, rarely one that has ended or is still to come.
    private mutating func job() -> JobID {
        if random.below(32) == 0 { return JobID(nextJob + UInt64(random.below(2))) }
        if random.below(32) == 0 || openJobs.isEmpty { return JobID(1 + UInt64(random.below(Int(nextJob)))) }
        return openJobs[random.below(openJobs.count)]
    }

    private mutating func name() -> String { Self.names[random.below(Self.names.count)] }

    private mutating func grant(isRepeated: Bool) {
        if isRepeated, !grants.isEmpty {
            let grant = grants[max(0, grants.count - 1 - random.below(1500))]
            let first = books.made(.grant(key: grant.key))!
            let before = ledger.lastSequence
            let result = attempt { () throws(LedgerError) in try ledger.grant(grant, at: now) }
            demandOnce(result, first, age: grant.askedAt, before: before)
            return
        }
        let asked = Instant(microseconds: now.microseconds - Int64(random.below(33)) * Self.day)
        let grant = Grant(
            submitter: name(), amount: amount(6_000_000), reason: "r", by: "root", key: "k\(grants.count)",
            askedAt: asked)
        if grant.askedAt.microseconds < now.microseconds - 30 * Self.day {
            demand(
                .grant, attempt { () throws(LedgerError) in try ledger.grant(grant, at: now) },
                .failure(.outsideWindow(asked)))
            return
        }
        let expected = books.grant(grant, at: now).map(Entry.made)
        if case .success = expected { grants.append(grant) }
        demand(.grant, attempt { () throws(LedgerError) in try ledger.grant(grant, at: now) }, expected)
    }

    private mutating func reserve() {
        let isNew = random.below(4) > 0 && openJobs.count < 8
        let (job, name, amount) = (isNew ? JobID(nextJob) : job(), name(), amount(2_000_000))
        let count = books.movements.count
        let expected = books.reserve(amount, job, of: name, at: now)
        let actual = attempt { () throws(LedgerError) in try ledger.reserve(amount, for: job, of: name, at: now) }
        if books.movements.count > count {
            nextJob = job.number + 1 + UInt64(random.below(2))
            openJobs.append(job)
        }
        demand(.reserve, actual, entry(expected, since: count))
    }

    private mutating func topUp(isRepeated: Bool) {
        var (job, key) = (job(), "t\(topUps.count)")
        if isRepeated, !topUps.isEmpty { (job, key) = topUps[max(0, topUps.count - 1 - random.below(20))] }
        let (amount, count) = (amount(1_000_000), books.movements.count)
        let expected = books.topUp(amount, job, key: key, at: now)
        let actual = attempt { () throws(LedgerError) in try ledger.topUp(amount, for: job, key: key, at: now) }
        if books.movements.count > count { topUps.append((job, key)) }
        demand(.topUp, actual, entry(expected, since: count))
    }

    private mutating func pay(isRepeated: Bool) {
        nextLease += 1 + UInt64(random.below(3))
        let task = TaskID(job: job(), index: UInt32(random.below(50)))
        var request = (
            node: Self.nodes[random.below(Self.nodes.count)], task: task, lease: LeaseID(nextLease),
            amount: amount(500_000)
        )
        if isRepeated, !requests.isEmpty { request = requests[max(0, requests.count - 1 - random.below(16))] }
        let (node, lease, amount) = (request.node, request.lease, request.amount)
        let count = books.movements.count
        let expected = books.pay(node, request.task, lease, amount, at: now)
        let actual = attempt { () throws(LedgerError) in
            try ledger.pay(node, for: request.task, under: lease, amount, at: now)
        }
        let isMade = books.movements.count > count
        if isMade {
            payments.append(count)
            requests.append(request)
        }
        demand(
            .pay, actual,
            expected.map {
                Payment(
                    paid: $0?.amount ?? .zero, shortfall: $0?.shortfall ?? .zero, made: isMade ? $0 : nil)
            })
    }

    private mutating func close() {
        let job = job()
        let expected = books.close(job, at: now)
        openJobs.removeAll { $0 == job }
        demand(.close, attempt { () throws(LedgerError) in try ledger.close(job, at: now) }, expected)
    }

    private mutating func reverse() {
        guard !payments.isEmpty else { return }
        let place = payments[max(0, payments.count - 1 - random.below(random.below(3) == 0 ? 20_000 : 50))]
        let payment = books.movements[place]
        guard case .payment(let work, _) = payment.cause else { return complain("no payment: \(payment)") }
        let before = ledger.lastSequence
        let result = attempt { () throws(LedgerError) in try ledger.reverse(payment, reason: "lied", at: now) }
        if let first = books.made(.reversal(payment: payment.sequence)) {
            demandOnce(result, first, age: payment.at, before: before)
        } else if payment.at.microseconds < now.microseconds - 30 * Self.day {
            demand(.reverse, result, .failure(.outsideWindow(payment.at)))
        } else {
            demand(.reverse, result, .success(.made(books.reverse(payment, work, reason: "lied", at: now))))
        }
    }

    private func entry(_ result: Result<Movement, LedgerError>, since count: Int) -> Result<Entry, LedgerError> {
        let isMade = books.movements.count > count
        return result.map { isMade ? .made($0) : .known($0) }
    }

    /// What was done before is never done again: it is answered as then, or, when it is old, refused.
    private mutating func demandOnce(
        _ result: Result<Entry, LedgerError>, _ first: Movement, age: Instant, before: UInt64
    ) {
        if ledger.lastSequence != before { complain("\(first.identity) was done twice") }
        let isOld = age.microseconds < now.microseconds - 30 * Self.day
        if isOld, result == .failure(.outsideWindow(age)) {
            refused[Request.repeated.rawValue] += 1
        } else {
            demand(.repeated, result, .success(.known(first)))
        }
    }

    private mutating func demand<Answer: Equatable>(
        _ request: Request, _ actual: Result<Answer, LedgerError>, _ expected: Result<Answer, LedgerError>
    ) {
        if actual != expected { complain("\(request): \(actual), expected \(expected)") }
        switch actual {
        case .success: met[request.rawValue] += 1
        case .failure: refused[request.rawValue] += 1
        }
    }

    private mutating func complain(_ text: String) {
        complaint = complaint ?? "after \(books.movements.count) movements: \(text)"
    }

    private func attempt<Answer>(_ body: () throws(LedgerError) -> Answer) -> Result<Answer, LedgerError> {
        Result(catching: body)
    }

    /// The sum over all accounts is 0, none but the issuance is below 0, and what was granted is held by somebody.
    private mutating func checkBooks() {
        var (sum, held, least) = (Int128(0), Int128(0), Int64(0))
        ledger.forEachAccount { account, balance in
            sum += Int128(balance.microCredits)
            if case .issuance = account { return }
            held += Int128(balance.microCredits)
            least = min(least, balance.microCredits)
        }
        if sum != 0 || least < 0 || held != Int128(ledger.granted.microCredits) {
            complain("the books do not balance: sum \(sum), least \(least), held \(held) of \(ledger.granted)")
        }
    }

    mutating func checkAll() {
        for (account, balance) in books.balances where ledger.balance(of: account).microCredits != balance {
            complain("\(account) has \(ledger.balance(of: account)), expected \(balance) micro-credits")
        }
        ledger.forEachAccount { account, balance in
            if case .escrow = account { return }
            if balance == .zero { complaint = "\(account) is empty and kept" }
        }
    }

    /// By its record, and by an earlier record and the movements since; goes on with what was restored.
    private mutating func restore() {
        do {
            let restored = try Ledger(restoring: ledger.record)
            if restored != ledger { complain("the record gives another ledger") }
            if random.below(2) == 0 {
                var replayed = try Ledger(restoring: kept.record)
                try replayed.replay(books.movements[kept.count...])
                if replayed != ledger { complain("the movements give another ledger") }
            }
            kept = (ledger.record, books.movements.count)
            ledger = restored
        } catch { complain("not restored: \(error)") }
    }
}
