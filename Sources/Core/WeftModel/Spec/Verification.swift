/// How answers are checked. One of four policies: a fixed number of replicas (also of one, which checks nothing), an error
/// budget, or spot checks.
package struct Verification: Hashable, Sendable {
    /// Which share of the accepted answers may be wrong: as many replicas as that takes (docs/trust.md), and the numbers
    /// below are 1. nil: ``replicas`` and ``quorum`` decide.
    package var maxError: ErrorRate?
    /// Which share of the tasks, drawn at random, is done by two who must agree; the others are accepted unchecked, and
    /// the numbers below are 1. nil: ``replicas`` and ``quorum`` decide.
    package var spotCheck: ErrorRate?
    /// 1 to 64.
    package var replicas: Int
    /// 1 to `replicas`.
    package var quorum: Int
    /// Disagreement asks for more replicas, up to this many in all; `replicas` to 64.
    package var maxReplicas: Int
    /// When two answers are alike; outputs may have a rule of their own (``Output/comparator``).
    package var comparator: OutputComparator
    /// Whether standard output is part of the answer.
    package var comparesStandardOutput: Bool
    /// Whether all replicas of a task run on equal hardware and software (``NodeProfile/hardwareClass``), so that answers
    /// may differ between kinds of machines and still be compared.
    package var needsSameHardware: Bool
    /// Tasks whose answers are known, in the order of their indexes, each once; only with ``maxError``.
    package var canaries: [Canary]

    package init(
        replicas: Int = 1, quorum: Int? = nil, maxReplicas: Int? = nil, comparator: OutputComparator = .sha256,
        comparesStandardOutput: Bool = true, needsSameHardware: Bool = false, maxError: ErrorRate? = nil,
        spotCheck: ErrorRate? = nil, canaries: [Canary] = []
    ) {
        self.canaries = canaries
        self.maxError = maxError
        self.spotCheck = spotCheck
        self.replicas = replicas
        self.quorum = quorum ?? replicas / 2 + 1
        self.maxReplicas = maxReplicas ?? min(64, replicas == 1 ? 1 : replicas * 2 + 1)
        self.comparator = comparator
        self.comparesStandardOutput = comparesStandardOutput
        self.needsSameHardware = needsSameHardware
    }

    /// From how many owners a task may need answers, without disagreement.
    package var leastOwners: Int { maxError != nil || spotCheck != nil ? max(2, replicas) : replicas }

    /// The policy of a task that was drawn for a spot check.
    package var ofSpotCheck: Verification {
        var policy = self
        (policy.replicas, policy.quorum, policy.maxReplicas) = (2, 2, 5)
        return policy
    }
}

extension JobSpec {
    /// Whether answers are alike when their digests are, and never otherwise.
    package var comparesDigests: Bool {
        verification.comparator == .sha256 && outputs.allSatisfy { ($0.comparator ?? .sha256) == .sha256 }
    }

    /// Every comparator that the job names, with the field that it stands in.
    package var namedComparators: [(comparator: OutputComparator, field: String)] {
        [(verification.comparator, "verification.comparator")]
            + outputs.enumerated().compactMap { position, output in
                output.comparator.map { ($0, "outputs[\(position)].comparator") }
            }
    }

    /// Whether a program must be run to compare answers.
    package var needsComparatorPrograms: Bool {
        namedComparators.contains { $0.comparator.needsProgram }
    }

    /// What decides over an output.
    package func comparator(of output: Output) -> OutputComparator { output.comparator ?? verification.comparator }
}
