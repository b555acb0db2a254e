import WeftModel

/// Who is who: replicas of one task never go to one owner twice, nor into one network.
extension Engine {
    /// Whether two nodes are one, or belong to one owner or network, so that one's answer does not confirm the other's.
    func sharesOwner(_ node: Int, _ other: Int) -> Bool {
        if other == node { return true }
        // Records are large, and asked for their owners for every task.
        if !nodes[node].record.profile.owner.isEmpty,
            nodes[other].record.profile.owner == nodes[node].record.profile.owner
        {
            return true
        }
        return nodes[node].record.network != nil && nodes[other].record.network == nodes[node].record.network
    }

    /// How many of these nodes could answer to one task: taken in their order, those that share neither owner nor network
    /// with one before.
    func owners(of nodes: [Int]) -> Int {
        var count = 0
        var owners: Set<String> = []
        var networks: Set<String> = []
        for node in nodes {
            let (owner, network) = (self.nodes[node].record.profile.owner, self.nodes[node].record.network)
            guard !owners.contains(owner), network.map({ !networks.contains($0) }) ?? true else { continue }
            count += 1
            if !owner.isEmpty { owners.insert(owner) }
            if let network { networks.insert(network) }
        }
        return count
    }
}
