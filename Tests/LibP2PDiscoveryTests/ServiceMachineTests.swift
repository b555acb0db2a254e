import LibP2P
import LibP2PDiscovery
import SeededNumbers
import Testing

@Suite struct ServiceMachineTests {
    private var random = SeededRandom(seed: 15)
    private var own: ServiceMachine
    private var other: ServiceMachine

    init() {
        own = Self.machine("own", .random(&random), network: 1)
        other = Self.machine("other", .random(&random), network: 2)
    }

    private static func machine(_ label: String, _ peer: PeerID, network: Int) -> ServiceMachine {
        guard var records = ServiceRecords(service: "_p2p._udp.local", label: label, peer: peer) else {
            preconditionFailure("the label is one")
        }
        records.addresses = [Multiaddr.inNetwork(network).with(peer), Multiaddr.inNetwork(network, host: 2).with(peer)]
        records.hostAddresses = [.a([11, 0, 0, UInt8(network)])]
        records.port = 4001
        return ServiceMachine(own: records, at: .zero)
    }

    private func messages(_ actions: [ServiceMachine.Action]) -> [DNSMessage] {
        actions.compactMap { if case .send(let message) = $0 { message } else { nil } }
    }

    private let question = DNSMessage(
        isResponse: false, questions: [.init(name: DNSName("_p2p._udp.local")!, kind: DNSRecordKind.pointer)])

    /// Passes the first announcements and questions, until an answer is allowed again and nothing is due.
    private mutating func settle() -> Duration {
        for seconds in 0...3 { _ = own.tick(at: .seconds(seconds)) }
        return .seconds(4)
    }

    private mutating func receive(
        _ message: DNSMessage, at now: Duration, isOfThisMachine: Bool = false
    ) -> [ServiceMachine.Action] {
        own.received(message, isOfThisMachine: isOfThisMachine, at: now, using: &random)
    }

    @Test mutating func aPeerAnnouncesItselfTwiceAndAsksLessAndLessOften() {
        var announcements = 0
        var questions: [Duration] = []
        var now = Duration.zero
        while now < .seconds(600) {
            for message in messages(own.tick(at: now)) {
                if message.isResponse { announcements += 1 } else { questions.append(now) }
            }
            #expect(own.nextWake > now)
            now = own.nextWake
        }
        #expect(announcements == 2)
        #expect(questions.prefix(4) == [.zero, .seconds(1), .seconds(3), .seconds(7)])
        #expect(questions.count < 20)
        #expect(zip(questions, questions.dropFirst()).allSatisfy { $1 - $0 <= .seconds(60) })
    }

    @Test mutating func whatOneAnnouncesTheOtherFinds() {
        let announcement = messages(other.tick(at: .zero)).first { $0.isResponse }
        let actions = announcement.map { receive($0, at: .zero) } ?? []
        let expected = PeerAddresses(
            peer: other.own.peer, addresses: [.inNetwork(2), .inNetwork(2, host: 2)])
        #expect(actions == [.found(expected, lifetime: .seconds(120), isNew: true)])
        let again = announcement.map { receive($0, at: .seconds(1)) } ?? []
        #expect(again == [.found(expected, lifetime: .seconds(120), isNew: false)])
        #expect(own.peers == [other.own.peer])
    }

    @Test mutating func aQuestionIsAnsweredOnceAfterAMoment() {
        let now = settle()
        #expect(receive(question, at: now).isEmpty)
        #expect(receive(question, at: now).isEmpty)
        #expect(own.nextWake > now && own.nextWake <= now + .milliseconds(120))
        let answers = messages(own.tick(at: own.nextWake)).filter(\.isResponse)
        #expect(answers.count == 1)
        #expect(answers.first?.answers.first?.data == .pointer(own.own.instance))
        #expect(answers.first?.additional.contains { $0.data == .service(port: 4001, host: own.own.host) } == true)
    }

    @Test mutating func manyQuestionsGetOneAnswerASecond() {
        var now = settle()
        var answers = 0
        let end = now + .seconds(10)
        while now < end {
            _ = receive(question, at: now)
            now += .milliseconds(7)
            answers += messages(own.tick(at: now)).count { $0.isResponse }
        }
        #expect(answers <= 11 && answers >= 8)
    }

    @Test mutating func whoKnowsThisPeerAlreadyIsNotAnswered() {
        let now = settle()
        var knowing = question
        knowing.answers = [
            .init(name: own.own.service, data: .pointer(own.own.instance), timeToLiveSeconds: 100)
        ]
        _ = receive(knowing, at: now)
        #expect(messages(own.tick(at: now + .seconds(1))).allSatisfy { !$0.isResponse })
        knowing.answers = [.init(name: own.own.service, data: .pointer(own.own.instance), timeToLiveSeconds: 20)]
        _ = receive(knowing, at: now + .seconds(2))
        #expect(messages(own.tick(at: now + .seconds(3))).contains { $0.isResponse })
    }

    @Test mutating func toolsThatBrowseForServicesAreAnswered() {
        let now = settle()
        let questions: [(DNSName, UInt16)] = [
            (DNSName("_services._dns-sd._udp.local")!, DNSRecordKind.pointer),
            (own.own.instance, DNSRecordKind.service),
            (own.own.instance, DNSRecordKind.text), (own.own.host, DNSRecordKind.a), (own.own.host, DNSRecordKind.any),
        ]
        for (number, (name, kind)) in questions.enumerated() {
            let time = now + .seconds(number * 2)
            _ = receive(DNSMessage(isResponse: false, questions: [.init(name: name, kind: kind)]), at: time)
            let answers = messages(own.tick(at: time + .milliseconds(200))).filter(\.isResponse)
            #expect(answers.first?.answers.first?.name == name)
        }
        _ = receive(
            DNSMessage(
                isResponse: false, questions: [.init(name: DNSName("_http._tcp.local")!, kind: DNSRecordKind.pointer)]),
            at: now + .seconds(20))
        #expect(messages(own.tick(at: now + .seconds(21))).allSatisfy { !$0.isResponse })
    }

    @Test mutating func aPeerIsLostWhenItSaysSoAndWhenItIsSilent() {
        guard let announcement = messages(other.tick(at: .zero)).first(where: \.isResponse) else {
            Issue.record("no announcement")
            return
        }
        _ = receive(announcement, at: .zero)
        #expect(receive(other.farewell, at: .seconds(1)) == [.lost(other.own.peer)])
        _ = receive(announcement, at: .seconds(2))
        #expect(own.nextWake <= .seconds(122))
        #expect(own.tick(at: .seconds(121)).contains(.lost(other.own.peer)) == false)
        #expect(own.tick(at: .seconds(122)).contains(.lost(other.own.peer)))
        #expect(own.peers.isEmpty)
    }

    @Test mutating func theNumberOfPeersIsBounded() {
        var found = 0
        for number in 0..<2_000 {
            let stranger = Self.machine("s\(number)", .random(&random), network: 3)
            let actions = receive(stranger.own.announced, at: .seconds(number))
            found += actions.count { if case .found = $0 { true } else { false } }
            _ = own.tick(at: .seconds(number))
        }
        #expect(own.peers.count <= own.limits.peers)
        #expect(found > own.limits.peers)
    }

    @Test mutating func aFloodIsNotLookedAt() {
        var found = 0
        for number in 0..<1_000 {
            let stranger = Self.machine("s\(number)", .random(&random), network: 3)
            found += receive(stranger.own.announced, at: .seconds(5)).count
        }
        #expect(found == own.limits.messagesPerSecond)
    }

    @Test mutating func aNameWithoutAddressesIsAskedForOnce() {
        let pointer = DNSMessage(
            isResponse: true,
            answers: [.init(name: own.own.service, data: .pointer(other.own.instance), timeToLiveSeconds: 120)])
        let asked = messages(receive(pointer, at: .seconds(1)))
        #expect(asked.flatMap(\.questions) == [.init(name: other.own.instance, kind: DNSRecordKind.text)])
        #expect(receive(pointer, at: .seconds(1)).isEmpty)
    }

    @Test mutating func addressesThatMustNotBeFollowedAreLeftOut() throws {
        let peer = other.own.peer
        let texts = [
            "dnsaddr=/ip4/127.0.0.1/tcp/1/p2p/\(peer)", "dnsaddr=/ip4/11.0.0.9/tcp/1", "dnsaddr=garbage", "other=x",
            "dnsaddr", "dnsaddr=/ip4/11.0.0.8/tcp/1/p2p/\(KeyPair().peerID)/p2p-circuit/p2p/\(peer)",
            "DNSADDR7=/ip4/11.0.0.7/tcp/1/p2p/\(peer)", "dnsaddr2=/ip4/11.0.0.6/tcp/1/p2p/\(KeyPair().peerID)",
        ]
        let message = DNSMessage(
            isResponse: true,
            additional: [
                .init(name: other.own.instance, data: .text(texts.map { Array($0.utf8) }), timeToLiveSeconds: 99_999)
            ])
        let public7 = try Multiaddr(parsing: "/ip4/11.0.0.7/tcp/1")
        let loopback = try Multiaddr(parsing: "/ip4/127.0.0.1/tcp/1")
        #expect(
            receive(message, at: .zero)
                == [.found(PeerAddresses(peer: peer, addresses: [public7]), lifetime: .seconds(600), isNew: true)])
        #expect(
            receive(message, at: .zero, isOfThisMachine: true)
                == [
                    .found(
                        PeerAddresses(peer: peer, addresses: [loopback, public7]), lifetime: .seconds(600), isNew: true)
                ])
    }

    @Test mutating func aPeerDoesNotFindItself() {
        #expect(receive(own.own.announced, at: .zero, isOfThisMachine: true).isEmpty)
        // Nor under a name that another gave it.
        let echo = Self.machine("echo", own.own.peer, network: 4)
        #expect(receive(echo.own.announced, at: .zero).isEmpty)
    }

    @Test func anAnnouncementFitsOneFrameHoweverManyAddressesThereAre() throws {
        var records = own.own
        records.addresses = (0..<200).map { Multiaddr.inNetwork($0).with(records.peer) }
        let bytes = try #require(DNSEncoder.encode(records.announced))
        #expect(bytes.count <= 1_400)
    }
}

extension ServiceRecords {
    /// What a peer says when it begins.
    var announced: DNSMessage {
        var machine = ServiceMachine(own: self, at: .zero)
        for case .send(let message) in machine.tick(at: .zero) where message.isResponse { return message }
        preconditionFailure("a peer announces itself at once")
    }
}
