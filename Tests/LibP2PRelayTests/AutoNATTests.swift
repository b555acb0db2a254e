import LibP2P
import LibP2PRelay
import Testing

@Suite(.timeLimit(.minutes(2))) struct AutoNATTests {
    private let asker = KeyPair().peerID
    private let observed = Multiaddr(.v4(0xC000_0201), tcp: 5_000)

    private func request(_ addresses: [Multiaddr]) -> DialBackRequest { .init(peer: asker, addresses: addresses) }

    @Test func onlyTheAddressThatTheAskerComesFromIsDialed() throws {
        var policy = DialBackPolicy(limits: AutoNATLimits())
        let own = Multiaddr(.v4(0xC000_0201), tcp: 4_001)
        let dialed = try policy.begin(
            request([
                Multiaddr(.v4(0xC000_0202), tcp: 4_001), own.with(asker), own, own.with(KeyPair().peerID),
                own.with(KeyPair().peerID).appending(.p2pCircuit),
            ]), from: asker, at: observed, now: .zero)
        #expect(dialed == [own])
        #expect(throws: DialBackPolicy.Refusal.self) {
            try policy.begin(
                request([Multiaddr(.v4(0xC000_0202), tcp: 80)]), from: asker, at: observed, now: .zero)
        }
        #expect(throws: DialBackPolicy.Refusal.self) {
            try policy.begin(request([own]), from: KeyPair().peerID, at: observed, now: .zero)
        }
    }

    @Test func whoComesThroughARelayOrFromAPrivateNetworkIsNotDialed() {
        var policy = DialBackPolicy(limits: AutoNATLimits())
        let relayed = observed.with(KeyPair().peerID).appending(.p2pCircuit)
        #expect(throws: DialBackPolicy.Refusal.self) {
            try policy.begin(request([observed]), from: asker, at: relayed, now: .zero)
        }
        let home = Multiaddr(.v4(0x0A00_0001), tcp: 1)
        #expect(throws: DialBackPolicy.Refusal.self) {
            try policy.begin(request([home]), from: asker, at: home, now: .zero)
        }
    }

    @Test func whatOneAskerCanCauseIsBounded() throws {
        var limits = AutoNATLimits()
        limits.addresses = 2
        var policy = DialBackPolicy(limits: limits)
        let many = (1...30).map { Multiaddr(.v4(0xC000_0201), tcp: $0) }
        for _ in 0..<3 {
            #expect(try policy.begin(request(many), from: asker, at: observed, now: .zero).count == 2)
            policy.end()
        }
        #expect(throws: DialBackPolicy.Refusal.self) {
            try policy.begin(request(many), from: asker, at: observed, now: .seconds(59))
        }
        #expect(try policy.begin(request(many), from: asker, at: observed, now: .seconds(60)).count == 2)
    }

    @Test func aVerdictNeedsSeveralWhoAgreeAndAsManyToTurnItAround() {
        var judge = ReachabilityJudge()
        let peers = (0..<9).map { _ in KeyPair().peerID }
        var changes = (0..<10).map { _ in judge.found(observed, by: peers[0]) }
        changes.append(judge.found(observed, by: peers[1]))
        #expect(!changes.contains(true))
        #expect(judge.verdict == .unknown)
        changes = [judge.found(observed, by: peers[2])]
        #expect(changes == [true])
        #expect(judge.verdict == .reachable([observed]))
        changes = peers[3...6].map { judge.found(nil, by: $0) }
        #expect(changes == [false, false, false, true])
        #expect(judge.verdict == .unreachable)
    }

    @Test func aHostLearnsFromOthersThatItCanBeReached() async throws {
        var limits = AutoNATLimits()
        limits.dialsPrivateAddresses = true
        let probers = (0..<3).map { _ in Host(keys: KeyPair()) }
        try await withHosts(4) { hosts, addresses in
            for (host, prober) in zip(hosts.dropFirst(), probers) {
                await AutoNATService(network: host, prober: ProbingHost(host: prober), limits: limits).start()
            }
            var configuration = AutoNATConfiguration()
            configuration.asksForLoopback = true
            let client = AutoNATClient(network: hosts[0], configuration: configuration)
            for (host, address) in zip(hosts, addresses).dropFirst() {
                try await hosts[0].connect(to: host.localPeer, addresses: [address])
                #expect(try await client.ask(host.localPeer) == .ok)
            }
            #expect(await client.reachability == .reachable([addresses[0]]))
        }
        for prober in probers { await prober.shutdown() }
    }

    @Test func aHostThatListensNowhereLearnsThatItCannotBeReached() async throws {
        var limits = AutoNATLimits()
        limits.dialsPrivateAddresses = true
        let prober = Host(keys: KeyPair())
        let silent = Host(keys: KeyPair())
        try await withHosts(1) { hosts, addresses in
            await AutoNATService(network: hosts[0], prober: ProbingHost(host: prober), limits: limits).start()
            // Port 1 is where it says it can be reached, and nobody answers there.
            silent.announce(Multiaddr(.v4(0x7F00_0001), tcp: 1))
            var configuration = AutoNATConfiguration()
            configuration.asksForLoopback = true
            let client = AutoNATClient(network: silent, configuration: configuration)
            try await silent.connect(to: hosts[0].localPeer, addresses: [addresses[0]])
            #expect(try await client.ask(hosts[0].localPeer) == .dialError)
            #expect(await client.reachability == .unknown)
        }
        await silent.shutdown()
        await prober.shutdown()
    }
}
