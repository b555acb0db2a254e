import WeftEngine
import WeftLedger
import WeftModel

/// What an administrator gives, again and again until it is told that it was done.
struct GrantPlan {
    var submitter: String
    var amount: Credits
    var key: String
    var asksAt: Int64
}

extension Plan {
    /// Some worlds have prices. Numbers of their own, so that the others stay as they are.
    mutating func planCredits(seed: UInt64) {
        var random = Random(seed: scramble(seed, 0xC4ED17))
        guard random.chance(permille: 400) else { return }
        let prices = random.pick([("0.01", "0.002", "0.5"), ("0", "0", "0"), ("1", "0", "0")])
        configuration.prices = try? PriceList(
            perCPUSecond: Credits(text: prices.0)!, perMemoryGiBSecond: Credits(text: prices.1)!,
            perDeviceSecond: Credits(text: prices.2)!, minimumCharge: Credits(microCredits: random.pick([1, 50_000])))
        for submitter in Set(jobs.map(\.submitter)).sorted() {
            for number in 0..<1 + random.below(3) {
                grants.append(
                    GrantPlan(
                        submitter: submitter,
                        amount: Credits(microCredits: random.pick([1_000_000, 50_000_000, 1_000_000_000_000])),
                        key: "\(submitter)-\(number)", asksAt: random.between(0, healsAt)))
            }
            // Whatever was refused till then is accepted in the end.
            grants.append(
                GrantPlan(
                    submitter: submitter, amount: Credits(microCredits: 1_000_000_000_000), key: "\(submitter)-last",
                    asksAt: healsAt))
        }
    }
}

extension World {
    func askForGrant(_ grant: Int) {
        guard !grantsDone.contains(grant) else { return }
        if !strikes(.lostRequest, permille: 200), shell != nil { receive(.grant(grant)) }
        schedule(.askForGrant(grant), in: random.between(500_000, 2_000_000))
    }

    /// What the shell makes of a request: nothing, where the journal has it.
    func event(for grant: Int) -> Event? {
        let planned = plan.grants[grant]
        guard !journal.hasMoved(.grant(key: planned.key)) else {
            hearGrant(grant)
            return nil
        }
        return .granted(
            Grant(
                submitter: planned.submitter, amount: planned.amount, reason: "the plan", by: "admin", key: planned.key,
                askedAt: engineTime))
    }

    func reply(_ outcome: Result<Entry, LedgerError>, toGrant grant: Int) {
        switch outcome {
        case .failure(let error): fail("grant \(plan.grants[grant].key) is refused: \(error)")
        case .success(let entry):
            let planned = plan.grants[grant]
            if entry.movement.to != .submitter(planned.submitter) || entry.movement.amount != planned.amount {
                fail("grant \(planned.key) was answered with \(entry.movement)")
            }
            if !strikes(.lostReply, permille: 200) { hearGrant(grant) }
        }
    }

    private func hearGrant(_ grant: Int) {
        note("grant \(plan.grants[grant].key) is done")
        grantsDone.insert(grant)
        if !journal.hasMoved(.grant(key: plan.grants[grant].key)) {
            fail("the acknowledged grant \(plan.grants[grant].key) is lost")
        }
    }
}
