import Testing

@testable import LibP2P

@Suite struct BookTests {
    private func book(_ change: (inout HostConfiguration.Limits) -> Void) -> ConnectionBook<String> {
        var limits = HostConfiguration.Limits()
        change(&limits)
        return ConnectionBook(limits: limits)
    }

    private func address(_ text: String) throws -> Multiaddr { try Multiaddr(parsing: text + "/tcp/1") }

    private func add(
        _ book: inout ConnectionBook<String>, _ id: UInt64, from ip: String,
        _ direction: ConnectionFacts.Direction = .inbound
    ) throws -> String {
        switch book.add("c\(id)", id: id, direction: direction, address: try address(ip), at: .seconds(Int(id))) {
        case .admitted: "admitted"
        case .replaces(let old): "replaces \(old)"
        case .refused: "refused"
        }
    }

    @Test func theOldestHandshakeMakesRoomForANewOne() throws {
        var book = book { $0.halfOpen = 2 }
        #expect(try add(&book, 1, from: "/ip4/192.0.2.1") == "admitted")
        #expect(try add(&book, 2, from: "/ip4/192.0.2.2") == "admitted")
        #expect(try add(&book, 3, from: "/ip4/192.0.2.3") == "replaces c1")
        // One that has proven itself is not in anybody's way.
        #expect(book.prove(2, is: KeyPair().peerID) == .kept(isFirst: true))
        #expect(try add(&book, 4, from: "/ip4/192.0.2.4") == "admitted")
        #expect(try add(&book, 5, from: "/ip4/192.0.2.5") == "replaces c3")
        #expect(book.entries.count == 3)
    }

    @Test func oneAddressOnlyPushesItselfOut() throws {
        var book = book { $0.halfOpenPerAddress = 1 }
        #expect(try add(&book, 1, from: "/ip4/192.0.2.1") == "admitted")
        #expect(try add(&book, 2, from: "/ip4/192.0.2.2") == "admitted")
        #expect(try add(&book, 3, from: "/ip4/192.0.2.2") == "replaces c2")
        // All of a /64 of IPv6 is one.
        #expect(try add(&book, 4, from: "/ip6/2001:db8::1") == "admitted")
        #expect(try add(&book, 5, from: "/ip6/2001:db8::ffff") == "replaces c4")
        #expect(try add(&book, 6, from: "/ip6/2001:db8:0:1::1") == "admitted")
    }

    @Test func connectionsAreBoundedInAllPerAddressAndPerPeer() throws {
        let peer = KeyPair().peerID
        var book = book {
            $0.connections = 3
            $0.connectionsPerAddress = 2
            $0.connectionsPerPeer = 1
        }
        #expect(try add(&book, 1, from: "/ip4/192.0.2.1") == "admitted")
        #expect(book.prove(1, is: peer) == .kept(isFirst: true))
        #expect(try add(&book, 2, from: "/ip4/192.0.2.1") == "admitted")
        #expect(book.prove(2, is: peer) == .refused("too many connections to the peer"))
        #expect(try add(&book, 3, from: "/ip4/192.0.2.1") == "refused")
        // Dialing out is not counted against an address.
        #expect(try add(&book, 4, from: "/ip4/192.0.2.1", .outbound) == "admitted")
        #expect(try add(&book, 5, from: "/ip4/192.0.2.9") == "refused")
        #expect(book.remove(1) == peer)
        #expect(book.remove(1) == nil)
        #expect(try add(&book, 6, from: "/ip4/192.0.2.1") == "admitted")
    }

    @Test func directConnectionsComeBeforeRelayedOnes() throws {
        let peer = KeyPair().peerID
        var book = book { _ in }
        let relayed = try address("/ip4/192.0.2.1").with(KeyPair().peerID).appending(.p2pCircuit)
        _ = book.add("relayed", id: 1, direction: .outbound, address: relayed, at: .zero)
        _ = book.add("direct", id: 2, direction: .inbound, address: try address("/ip4/192.0.2.2"), at: .seconds(1))
        #expect(book.prove(1, is: peer) == .kept(isFirst: true))
        #expect(book.prove(2, is: peer) == .kept(isFirst: false))
        #expect(book.connections(to: peer) == ["direct", "relayed"])
        #expect(book.remove(2) == nil)
        #expect(book.remove(1) == peer)
    }

    @Test func streamsOfAPeerAreBoundedOverAllOfItsConnections() throws {
        let peer = KeyPair().peerID
        var book = book { $0.inboundStreamsPerPeer = 3 }
        for id: UInt64 in [1, 2] {
            _ = try add(&book, id, from: "/ip4/192.0.2.\(id)")
            _ = book.prove(id, is: peer)
        }
        let allowed = [book.addStream(1), book.addStream(1), book.addStream(2), book.addStream(2)]
        #expect(allowed == [true, true, true, false])
        _ = book.remove(1)
        let again = [book.addStream(2), book.addStream(2), book.addStream(2)]
        #expect(again == [true, true, false])
    }

    @Test func handshakesThatBeganTooLongAgoAreFound() throws {
        var book = book { _ in }
        _ = try add(&book, 1, from: "/ip4/192.0.2.1")
        _ = try add(&book, 2, from: "/ip4/192.0.2.2", .outbound)
        _ = try add(&book, 9, from: "/ip4/192.0.2.3")
        _ = book.prove(9, is: KeyPair().peerID)
        #expect(book.halfOpen { $0 == .inbound ? .seconds(5) : .seconds(1) } == ["c1"])
        #expect(Set(book.halfOpen { _ in .seconds(20) }) == ["c1", "c2"])
    }
}

@Suite struct PeerStoreTests {
    private let one = KeyPair().peerID
    private let two = KeyPair().peerID

    @Test func anAddressIsForgottenAfterItsTime() throws {
        var store = PeerStore(greatestPeerCount: 10, greatestAddressCount: 10)
        let address = try Multiaddr(parsing: "/ip4/192.0.2.1/tcp/1")
        store.learn([address.with(one)], of: one, until: .seconds(10), at: .zero)
        #expect(store.addresses(of: one, at: .seconds(9)) == [address])
        store.learn([address], of: one, until: .seconds(5), at: .zero)  // Shorter than what is known.
        #expect(store.addresses(of: one, at: .seconds(9)) == [address])
        #expect(store.addresses(of: one, at: .seconds(10)).isEmpty)
        store.expire(at: .seconds(10))
        #expect(store.count == 0)
    }

    @Test func whatIsRememberedIsBounded() throws {
        var store = PeerStore(greatestPeerCount: 3, greatestAddressCount: 2)
        let addresses = try (1...5).map { try Multiaddr(parsing: "/ip4/192.0.2.\($0)/tcp/1") }
        store.learn(addresses, of: one, until: .seconds(10), at: .zero)
        #expect(store.addresses(of: one, at: .zero).count == 2)
        store.setConnected(true, two, at: .zero)
        for _ in 0..<20 { store.learn(addresses, of: KeyPair().peerID, until: .seconds(10), at: .zero) }
        #expect(store.count == 3)
        // Who is connected stays.
        store.setProtocols(["/a"], of: two)
        #expect(store.protocols(of: two) == ["/a"])
        store.setConnected(false, two, at: .zero)
        #expect(store.protocols(of: two).isEmpty)
    }
}
