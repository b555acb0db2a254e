import LibP2P
import LibP2PPubSub
import Testing

@Suite struct ScoreTests {
    private let peer = KeyPair().peerID

    private func scores(_ edit: (inout ScoreParameters) -> Void = { _ in }, remembered: Int = 100) -> PeerScores {
        var parameters = ScoreParameters()
        edit(&parameters)
        return PeerScores(parameters: parameters, greatestRememberedCount: remembered)
    }

    @Test func timeInTheMeshAndFirstDeliveriesEarnStandingUpToACap() {
        var scores = scores()
        scores.connected(peer, address: nil)
        scores.grafted(peer, topic: "a", now: .zero)
        scores.refresh(now: .seconds(100))
        #expect(abs(scores.score(of: peer) - 1) < 0.001)
        for _ in 0..<10_000 { scores.deliveredFirst(peer, topic: "a") }
        #expect(scores.score(of: peer) < 100)
    }

    @Test func tooFewMessagesOverALinkCostStandingAndGoOnCostingWhenItIsCut() {
        var scores = scores {
            $0.topic.meshDeliveriesWeight = -1
            $0.topic.meshDeliveriesThreshold = 10
            $0.topic.meshFailureWeight = -1
            $0.topic.timeInMeshWeight = 0
        }
        scores.connected(peer, address: nil)
        scores.grafted(peer, topic: "a", now: .zero)
        scores.refresh(now: .seconds(20))
        #expect(scores.score(of: peer) == 0)
        scores.refresh(now: .seconds(31))
        #expect(scores.score(of: peer) == -100)
        scores.pruned(peer, topic: "a")
        #expect(scores.score(of: peer) == -100)
        scores.refresh(now: .seconds(1_000))
        #expect(scores.score(of: peer) == 0)
    }

    @Test func deliveriesThatComeLateDoNotCount() {
        var scores = scores {
            $0.topic.meshDeliveriesWeight = -1
            $0.topic.meshDeliveriesThreshold = 2
            $0.topic.meshDeliveriesDecay = 1
            $0.topic.timeInMeshWeight = 0
        }
        scores.connected(peer, address: nil)
        scores.grafted(peer, topic: "a", now: .zero)
        scores.refresh(now: .seconds(40))
        scores.deliveredAgain(peer, topic: "a", sinceAccepted: .seconds(1))
        #expect(scores.score(of: peer) == -4)
        scores.deliveredAgain(peer, topic: "a", sinceAccepted: .milliseconds(1))
        scores.deliveredAgain(peer, topic: "a", sinceAccepted: .zero)
        #expect(scores.score(of: peer) == 0)
    }

    @Test func manyPeersBehindOnePublicAddressLoseStanding() {
        var scores = scores()
        let peers = (0..<20).map { _ in KeyPair().peerID }
        for peer in peers { scores.connected(peer, address: .v4(0xC000_0201)) }
        #expect(scores.score(of: peers[0]) == -10 * 12 * 12)
        for peer in peers.dropFirst(8) { scores.disconnected(peer, now: .zero) }
        #expect(scores.score(of: peers[0]) == 0)
        var privately = self.scores()
        for peer in peers { privately.connected(peer, address: .v4(0x0A00_0001)) }
        #expect(privately.score(of: peers[0]) == 0)
    }

    @Test func theApplicationsOpinionCounts() {
        var scores = scores { $0.applicationWeight = 2 }
        scores.connected(peer, address: nil)
        scores.setApplicationScore(-30, of: peer)
        #expect(scores.score(of: peer) == -60)
    }

    @Test func badStandingIsRememberedForATimeAndOfALimitedNumber() {
        var scores = scores({ _ in }, remembered: 10)
        for _ in 0..<50 {
            let peer = KeyPair().peerID
            scores.connected(peer, address: nil)
            scores.deliveredInvalid(peer, topic: "a")
            scores.disconnected(peer, now: .zero)
        }
        #expect(scores.count == 10)
        scores.refresh(now: .seconds(3_601))
        #expect(scores.count == 0)
        scores.connected(peer, address: nil)
        scores.deliveredFirst(peer, topic: "a")
        scores.disconnected(peer, now: .zero)
        #expect(scores.count == 0)
    }
}
