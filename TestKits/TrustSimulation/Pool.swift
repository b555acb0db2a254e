import SeededNumbers

/// Who is in the pool: one row of the table.
package struct Pool: Hashable, Sendable {
    package var name: String
    /// The share of the nodes that is hostile, in thousandths.
    package var hostilePermille: Int
    /// What the hostile ones do, in turn.
    package var conducts: [Conduct]
    /// Whether most nodes are honest, so that the bound must be met.
    package var isHonestMajority = true
    /// The share of all attempts that are tasks with known answers, in thousandths.
    package var canaryPermille = 0

    package init(
        _ name: String, hostilePermille: Int, _ conducts: [Conduct], isHonestMajority: Bool = true,
        canaryPermille: Int = 0
    ) {
        self.name = name
        self.hostilePermille = hostilePermille
        self.conducts = conducts
        self.isHonestMajority = isHonestMajority
        self.canaryPermille = canaryPermille
    }

    /// Sleepers wake after different numbers of tasks.
    private static let sleepers = [20, 40, 60, 80, 100, 150].map { Conduct.sleeper(after: $0) }
    private static let mix: [Conduct] = [
        .alwaysWrong, .sometimesWrong(permille: 50), .sleeper(after: 50), .colluder, .lazy,
    ]

    /// The rows of the table.
    package static let all: [Pool] = [
        Pool("honest", hostilePermille: 0, []),
        Pool("5% mixed", hostilePermille: 50, mix),
        Pool("5% cunning", hostilePermille: 50, [.cunning(permille: 100)]),
        Pool("20% always wrong", hostilePermille: 200, [.alwaysWrong]),
        Pool("20% wrong at times", hostilePermille: 200, [.sometimesWrong(permille: 50)]),
        Pool("20% sleepers", hostilePermille: 200, sleepers),
        Pool("20% colluders", hostilePermille: 200, [.colluder]),
        Pool("20% lazy", hostilePermille: 200, [.lazy]),
        Pool("20% mixed", hostilePermille: 200, mix),
        Pool("20% wake in step", hostilePermille: 200, [.sleepingColluder(permille: 500)]),
        Pool("20% cunning", hostilePermille: 200, [.cunning(permille: 100)]),
        Pool("20% cunning, bold", hostilePermille: 200, [.cunning(permille: 1000)]),
        Pool("60% colluders", hostilePermille: 600, [.colluder], isHonestMajority: false),
        Pool("80% colluders", hostilePermille: 800, [.colluder], isHonestMajority: false),
        Pool(
            "80% and canaries", hostilePermille: 800, [.colluder], isHonestMajority: false, canaryPermille: 20),
    ]

    /// By node, spread evenly by `random`.
    func conducts(nodes: Int, _ random: inout SeededRandom) -> [Conduct] {
        let hostile = nodes * hostilePermille / 1000
        var all = (0..<nodes).map { $0 < hostile ? conducts[$0 % conducts.count] : .honest }
        for index in all.indices.dropFirst().reversed() { all.swapAt(index, random.below(index + 1)) }
        return all
    }
}
