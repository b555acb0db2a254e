import WeftModel

extension TrustBook {
    /// How much past trials of the whole pool may weigh.
    static let poolMemory: Int64 = 1 << 18
    /// What one level says of the next one weighs so many trials at most.
    private static let levelWeight = 1024.0
    private static let priorWeight = 3.0

    /// The probability that the next answer of this member is wrong when it is not known to anybody whether it will be
    /// checked: what members of its level did, or what it did itself if that is worse.
    package func errorRate(of member: Member) -> Double { estimate(of: member) { $0.mean(prior: $1, weight: $2) } }

    /// An upper bound of the same (95 %).
    package func errorBound(of member: Member) -> Double {
        estimate(of: member) { $0.upperBound(prior: $1, weight: $2) }
    }

    private func estimate(of member: Member, by figure: (BetaEstimate, Double, Double) -> Double) -> Double {
        let standing = standings[member.index]
        var prior = configuration.hostileShare
        var weight = Self.priorWeight
        for level in 0..<standing.level {
            prior = levels[level].mean(prior: prior, weight: weight)
            weight = min(Double(levels[level].trials) + Self.priorWeight, Self.levelWeight)
        }
        let ofLevel = min(configuration.hostileShare, figure(levels[standing.level], prior, weight))
        guard standing.convictions > 0 else { return ofLevel }
        return max(ofLevel, figure(standing.errors, configuration.hostileShare, Self.priorWeight))
    }

    /// The probability that one more node backs a lie: at most what is assumed, less if lies that were caught had fewer
    /// backers. `others`: how many back it already; in a small pool few are left.
    func backingBound(others: Int) -> Double {
        let measured = backing.upperBound(prior: configuration.hostileShare, weight: 4)
        let hostile = Int(configuration.hostileShare * Double(groups.active) + 1e-9)
        let left = Double(max(0, hostile - others)) / Double(max(1, groups.active - others))
        return min(configuration.hostileShare, measured, left)
    }

    /// The probability that so many answers alike, led by this member's, are all wrong.
    func lieBound(lead: Member, supporters: Int) -> Double {
        var bound = errorBound(of: lead)
        for others in 1..<max(1, supporters) { bound *= backingBound(others: others) }
        return bound
    }

    /// The probability that one check finds a wrong answer.
    var checkPower: Double { 1 - min(configuration.hostileShare, backingBound(others: 1)) }

    /// The share of the member's answers that must be checked so that the others may be accepted: so rare that the
    /// account can bear the charge for one lie that is caught, and often enough for what is known of the member. 1: all.
    package func checkRate(of member: Member, under policy: TrustPolicy) -> Double {
        guard isBelieved(member) else { return 1 }
        let account = accounts[policy.tier] ?? ErrorAccount()
        let slack = max(0, account.slack(policy.maxError) - strikeReserve)
        let charge = min(configuration.maxCharge, slack / configuration.surge)
        let byAccount = 1 / (1 + charge)
        let byEvidence = 1 - policy.maxError / errorRate(of: member)
        return min(1, max(byAccount, byEvidence) / checkPower)
    }

    private var strikeReserve: Double {
        configuration.strikeShare * configuration.hostileShare * Double(groups.active)
    }

    /// More slack than this makes checks no rarer.
    var fullSlack: Double { strikeReserve + configuration.surge * configuration.maxCharge }

    /// The evidence that the pool does not keep to the assumption, if there is any: more groups convicted than it allows,
    /// by two standard deviations of a sample without replacement; or, of the first cohorts, too few tasks decided.
    package var refusal: Refusal? {
        guard groups.examined > 0 else { return nil }
        let isRefuted = share - 2 * shareDeviation > configuration.hostileShare + 1e-9
        let isSplit = !isKnown && undecided * 4 > configuration.cohort
        guard isRefuted || isSplit else { return nil }
        return .tooManyHostile(convicted: groups.convicted, examined: groups.examined)
    }

    /// Whether so few groups were convicted that the assumption is safe, by three standard deviations.
    var keepsAssumption: Bool {
        groups.examined > 0 && groups.examined >= min(configuration.examinedToKnow, groups.count)
            && share + 3 * shareDeviation <= configuration.hostileShare + 1e-9
    }

    private var share: Double { Double(groups.convicted) / Double(groups.examined) }

    private var shareDeviation: Double {
        let examined = Double(groups.examined)
        let smoothed = (Double(groups.convicted) + 1) / (examined + 2)
        let unseen = Double(groups.count - groups.examined) / Double(max(1, groups.count - 1))
        return (smoothed * (1 - smoothed) / examined * unseen).squareRoot()
    }
}
