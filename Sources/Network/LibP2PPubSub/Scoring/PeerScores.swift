package import LibP2P

/// What this host thinks of each peer, from what it has seen of it (gossipsub v1.1, "The Score Function").
package struct PeerScores: Sendable {
    private struct Topic: Sendable {
        var isInMesh = false
        var graftedAt = Duration.zero
        var timeInMesh = Duration.zero
        var firstDeliveries = 0.0
        var meshDeliveries = 0.0
        var isMeshDeliveryActive = false
        var meshFailure = 0.0
        var invalid = 0.0
    }

    private struct Peer: Sendable {
        var topics: [String: Topic] = [:]
        var address: IPAddress?
        var behaviour = 0.0
        var application = 0.0
        /// When it left; nil while it is there.
        var leftAt: Duration?
    }

    private let parameters: ScoreParameters
    private let greatestRememberedCount: Int
    private var peers: [PeerID: Peer] = [:]
    private var peersAtAddress: [IPAddress: Int] = [:]
    /// How many of `peers` have left.
    private var rememberedCount = 0
    private var refreshedAt = Duration.zero

    package init(parameters: ScoreParameters, greatestRememberedCount: Int) {
        self.parameters = parameters
        self.greatestRememberedCount = greatestRememberedCount
    }

    /// Peers of which anything is kept.
    package var count: Int { peers.count }

    // MARK: - Peers

    /// - Parameter address: Where it comes from; nil when that is not known or does not tell anything, as through a relay.
    package mutating func connected(_ peer: PeerID, address: IPAddress?) {
        var state = peers[peer] ?? Peer()
        if state.leftAt != nil { rememberedCount -= 1 }
        state.leftAt = nil
        forgetAddress(of: state)
        state.address = address.flatMap(Self.counted)
        if let address = state.address { peersAtAddress[address, default: 0] += 1 }
        peers[peer] = state
    }

    /// A peer that left keeps its standing if that is bad, so that coming again does not make it better.
    package mutating func disconnected(_ peer: PeerID, now: Duration) {
        guard var state = peers[peer], state.leftAt == nil else { return }
        for topic in state.topics.keys where state.topics[topic]?.isInMesh == true {
            Self.leaveMesh(&state.topics[topic]!, parameters.parameters(of: topic))
        }
        guard sum(state) < 0, makeRoom() else {
            forgetAddress(of: state)
            peers[peer] = nil
            return
        }
        forgetAddress(of: state)
        state.address = nil
        for topic in state.topics.keys { state.topics[topic]?.firstDeliveries = 0 }
        state.leftAt = now
        rememberedCount += 1
        peers[peer] = state
    }

    /// Past the limit, the one that left first is forgotten.
    private mutating func makeRoom() -> Bool {
        guard greatestRememberedCount > 0 else { return false }
        guard rememberedCount >= greatestRememberedCount else { return true }
        let oldest = peers.lazy.compactMap { peer, state in state.leftAt.map { (peer, $0) } }.min { $0.1 < $1.1 }
        if let oldest {
            peers[oldest.0] = nil
            rememberedCount -= 1
        }
        return true
    }

    private static func counted(_ address: IPAddress) -> IPAddress? {
        guard !address.isPrivate else { return nil }
        return address.isVersion4 ? address : address.neighbourhood
    }

    private mutating func forgetAddress(of state: Peer) {
        guard let address = state.address else { return }
        let left = peersAtAddress[address, default: 0] - 1
        peersAtAddress[address] = left > 0 ? left : nil
    }

    // MARK: - What they do

    package mutating func grafted(_ peer: PeerID, topic: String, now: Duration) {
        update(peer, topic) { state, _ in
            state.isInMesh = true
            state.graftedAt = now
            state.timeInMesh = .zero
            state.isMeshDeliveryActive = false
        }
    }

    package mutating func pruned(_ peer: PeerID, topic: String) {
        update(peer, topic) { state, parameters in Self.leaveMesh(&state, parameters) }
    }

    package mutating func deliveredFirst(_ peer: PeerID, topic: String) {
        update(peer, topic) { state, parameters in
            state.firstDeliveries = min(parameters.firstDeliveriesCap, state.firstDeliveries + 1)
            if state.isInMesh { state.meshDeliveries = min(parameters.meshDeliveriesCap, state.meshDeliveries + 1) }
        }
    }

    /// - Parameter sinceAccepted: How long ago the message had been accepted; zero when it has not yet been.
    package mutating func deliveredAgain(_ peer: PeerID, topic: String, sinceAccepted: Duration) {
        update(peer, topic) { state, parameters in
            guard state.isInMesh, sinceAccepted <= parameters.meshDeliveriesWindow else { return }
            state.meshDeliveries = min(parameters.meshDeliveriesCap, state.meshDeliveries + 1)
        }
    }

    package mutating func deliveredInvalid(_ peer: PeerID, topic: String) {
        update(peer, topic) { state, _ in state.invalid += 1 }
    }

    package mutating func misbehaved(_ peer: PeerID, times: Double = 1) { peers[peer]?.behaviour += times }

    package mutating func setApplicationScore(_ score: Double, of peer: PeerID) { peers[peer]?.application = score }

    private mutating func update(
        _ peer: PeerID, _ topic: String, _ change: (inout Topic, TopicScoreParameters) -> Void
    ) {
        let parameters = parameters.parameters(of: topic)
        if peers[peer] != nil { change(&peers[peer]!.topics[topic, default: Topic()], parameters) }
    }

    private static func leaveMesh(_ state: inout Topic, _ parameters: TopicScoreParameters) {
        guard state.isInMesh else { return }
        let lack = lack(state, parameters)
        state.meshFailure += lack * lack
        state.isInMesh = false
    }

    private static func lack(_ state: Topic, _ parameters: TopicScoreParameters) -> Double {
        guard state.isInMesh, state.isMeshDeliveryActive else { return 0 }
        return max(0, parameters.meshDeliveriesThreshold - state.meshDeliveries)
    }

    // MARK: - Time

    /// Lets counters decay for the intervals that have passed, and forgets peers that left long ago.
    package mutating func refresh(now: Duration) {
        let intervals = Int(max(0, (now - refreshedAt) / parameters.decayInterval).rounded(.down))
        guard intervals > 0 else { return }
        refreshedAt += parameters.decayInterval * intervals
        for peer in Array(peers.keys) {
            if let leftAt = peers[peer]?.leftAt {
                guard now - leftAt >= parameters.retention else { continue }
                peers[peer] = nil
                rememberedCount -= 1
                continue
            }
            for _ in 0..<min(intervals, 600) { decay(&peers[peer]!) }
            updateMeshTimes(of: peer, now: now)
        }
    }

    private mutating func updateMeshTimes(of peer: PeerID, now: Duration) {
        for topic in Array(peers[peer]!.topics.keys) where peers[peer]!.topics[topic]!.isInMesh {
            let time = now - peers[peer]!.topics[topic]!.graftedAt
            peers[peer]!.topics[topic]!.timeInMesh = time
            if time > parameters.parameters(of: topic).meshDeliveriesActivation {
                peers[peer]!.topics[topic]!.isMeshDeliveryActive = true
            }
        }
    }

    private func decay(_ peer: inout Peer) {
        func decayed(_ value: Double, _ factor: Double) -> Double {
            let left = value * factor
            return left < parameters.decayToZero ? 0 : left
        }
        peer.behaviour = decayed(peer.behaviour, parameters.behaviourDecay)
        for topic in Array(peer.topics.keys) {
            let parameters = parameters.parameters(of: topic)
            peer.topics[topic]!.firstDeliveries = decayed(
                peer.topics[topic]!.firstDeliveries, parameters.firstDeliveriesDecay)
            peer.topics[topic]!.meshDeliveries = decayed(
                peer.topics[topic]!.meshDeliveries, parameters.meshDeliveriesDecay)
            peer.topics[topic]!.meshFailure = decayed(peer.topics[topic]!.meshFailure, parameters.meshFailureDecay)
            peer.topics[topic]!.invalid = decayed(peer.topics[topic]!.invalid, parameters.invalidDecay)
        }
    }

    // MARK: - The sum

    /// Zero for peers that nothing is known of.
    package func score(of peer: PeerID) -> Double { peers[peer].map(sum) ?? 0 }

    private func sum(_ peer: Peer) -> Double {
        var score = 0.0
        for (name, state) in peer.topics {
            let parameters = parameters.parameters(of: name)
            var part = 0.0
            if state.isInMesh {
                part +=
                    parameters.timeInMeshWeight
                    * min(parameters.timeInMeshCap, state.timeInMesh / parameters.timeInMeshQuantum)
            }
            part += parameters.firstDeliveriesWeight * state.firstDeliveries
            let lack = Self.lack(state, parameters)
            part += parameters.meshDeliveriesWeight * lack * lack
            part += parameters.meshFailureWeight * state.meshFailure
            part += parameters.invalidWeight * state.invalid * state.invalid
            score += part * parameters.weight
        }
        score = min(score, parameters.topicScoreCap)
        score += parameters.applicationWeight * peer.application
        if let address = peer.address {
            let surplus = Double(max(0, peersAtAddress[address, default: 0] - parameters.colocationThreshold))
            score += parameters.colocationWeight * surplus * surplus
        }
        let excess = max(0, peer.behaviour - parameters.behaviourThreshold)
        return score + parameters.behaviourWeight * excess * excess
    }
}
