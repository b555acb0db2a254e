/// How often something goes wrong, learnt from trials: a Beta posterior with decay (Jøsang and Ismail, "The Beta
/// Reputation System", 2002). Counts are whole numbers, and decay halves them, so every machine gets the same figures.
package struct BetaEstimate: Hashable, Sendable, Codable {
    package private(set) var failures: Int64 = 0
    package private(set) var trials: Int64 = 0
    /// The same of the last ``recentMemory`` trials or somewhat fewer.
    private var recentFailures: Int64 = 0
    private var recentTrials: Int64 = 0

    /// So few trials show a sudden change soon.
    private static let recentMemory: Int64 = 256
    /// So many failures among them are no accident.
    private static let alarm: Int64 = 3

    package init() {}

    /// Takes one more trial; past `memory` of them, both counts are halved, so that the recent weighs more.
    package mutating func record(failed: Bool, memory: Int64) {
        trials += 1
        if failed { failures += 1 }
        if trials > memory { halve() }
        recentTrials += 1
        if failed { recentFailures += 1 }
        if recentTrials > Self.recentMemory {
            recentTrials /= 2
            recentFailures /= 2
        }
    }

    /// Forgets half. A failure is never forgotten entirely: the halves are rounded up.
    package mutating func halve() {
        failures = (failures + 1) / 2
        trials = max(failures, trials / 2)
    }

    /// The posterior's mean: the probability that the next trial fails. The prior counts as `weight` trials of rate
    /// `prior`. If the last trials were much worse, they alone count: who has been good for long may turn bad at once.
    package func mean(prior: Double, weight: Double) -> Double {
        let mean = (Double(failures) + prior * weight) / (Double(trials) + weight)
        return recentFailures < Self.alarm ? mean : max(mean, Double(recentFailures) / Double(recentTrials))
    }

    /// The posterior's mean and two standard deviations more: about 95 % of a Beta posterior lie below (with no failure
    /// in n trials: 3 / n, as the exact bound).
    package func upperBound(prior: Double, weight: Double) -> Double {
        min(1, mean(prior: prior, weight: weight) + 2 * deviation(prior: prior, weight: weight))
    }

    private func deviation(prior: Double, weight: Double) -> Double {
        let mean = mean(prior: prior, weight: weight)
        return (mean * (1 - mean) / (Double(trials) + weight + 1)).squareRoot()
    }
}
