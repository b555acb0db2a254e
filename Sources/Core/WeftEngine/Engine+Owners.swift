import WeftModel

/// Who is who: replicas of one task never go to one owner twice, nor into one network.
extension Engine {
    /// Whether two nodes are one, or belong to one owner or network, so that one's answer does not confirm the other's.
    func sharesOwner(_ node: Int, _ other: Int) -> Bool {
        if other == node { return true }
        let (one, another) = (nodes[node].record, nodes[other].record)
        return (!one.profile.owner.isEmpty && another.profile.owner == one.profile.owner)
            || (one.network != nil && another.network == one.network)
    }

    /// How many of these nodes could answer to one task: those that share an owner or a network, or are linked through
    /// others that do, count once.
    func owners(of nodes: [Int]) -> Int {
        var groups = 0
        var groupOf: [String: Int] = [:]
        var merged: [Int: Int] = [:]
        func root(_ group: Int) -> Int { merged[group].map(root) ?? group }
        for node in nodes {
            let record = self.nodes[node].record
            var keys = record.network.map { ["network:" + $0] } ?? []
            if !record.profile.owner.isEmpty { keys.append("owner:" + record.profile.owner) }
            let known = Set(keys.compactMap { groupOf[$0].map(root) }).sorted()
            let group = known.first ?? groupOf.count + groups
            groups += 1 - known.count
            for other in known.dropFirst() { merged[other] = group }
            for key in keys { groupOf[key] = group }
        }
        return groups
    }
}
