import TrustSimulation

struct Cell: Sendable {
    var pool: Pool
    var scheme: SchemeKind
}

/// All seeds of one pool under one scheme.
struct CellResult: Sendable {
    var cell: Cell
    var tallies: [PoolTally]

    private func mean(_ figure: (PoolTally) -> Double) -> Double {
        tallies.reduce(0) { $0 + figure($1) } / Double(tallies.count)
    }

    /// Wrong answers among the accepted, all seeds together.
    func wrongRate(_ phase: (PoolTally) -> (wrong: Int, accepted: Int)) -> Double {
        let wrong = tallies.reduce(0) { $0 + phase($1).wrong }
        let accepted = tallies.reduce(0) { $0 + phase($1).accepted }
        return accepted == 0 ? 0 : Double(wrong) / Double(accepted)
    }

    var wrongAtStart: Double { wrongRate { ($0.startUp.wrong, $0.startUp.accepted) } }
    var wrongAfter: Double { wrongRate { ($0.after.wrong, $0.after.accepted) } }
    var wrong: Double { wrongRate { ($0.wrong, $0.accepted) } }
    var worst: Double { tallies.map(\.wrongRate).max() ?? 0 }
    var replicasAtStart: Double { mean(\.startUp.replicas) }
    var replicasAfter: Double { mean(\.after.replicas) }
    var replicas: Double { mean(\.replicas) }
    var refused: Double { mean { Double($0.refused) / Double(max(1, $0.refused + $0.accepted)) } }
    var wait: Double { mean(\.meanWait) }

    /// Whether Weft promised more than it kept.
    var isBroken: Bool {
        guard case .weft(let maxError) = cell.scheme, cell.pool.isHonestMajority else { return false }
        return wrong > maxError
    }

    var json: String {
        """
        {"pool": "\(cell.pool.name)", "scheme": "\(cell.scheme.name)", "seeds": \(tallies.count), \
        "wrong": \(wrong), "worst_seed": \(worst), "wrong_start": \(wrongAtStart), "wrong_after": \(wrongAfter), \
        "replicas": \(replicas), "replicas_start": \(replicasAtStart), "replicas_after": \(replicasAfter), \
        "refused": \(refused), "mean_wait": \(wait)}
        """
    }
}
