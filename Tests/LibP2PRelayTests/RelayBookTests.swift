import LibP2P
import LibP2PRelay
import Testing

@Suite struct RelayBookTests {
    private let peers = (0..<8).map { _ in KeyPair().peerID }
    private let address = IPAddress.v4(0xC000_0201)

    private func book(_ edit: (inout RelayConfiguration) -> Void = { _ in }) -> RelayBook {
        var configuration = RelayConfiguration()
        configuration.reservationLifetime = .seconds(100)
        edit(&configuration)
        return RelayBook(configuration: configuration)
    }

    @Test func aPlaceEndsWithItsTimeAndIsKeptByAskingAgain() throws {
        var book = book()
        #expect(try book.reserve(peers[0], from: address, now: .zero) == .seconds(100))
        #expect(book.hasReservation(peers[0], now: .seconds(99)))
        #expect(!book.hasReservation(peers[0], now: .seconds(100)))
        #expect(try book.reserve(peers[0], from: address, now: .seconds(50)) == .seconds(150))
        #expect(book.hasReservation(peers[0], now: .seconds(149)))
        book.disconnected(peers[0])
        #expect(!book.hasReservation(peers[0], now: .seconds(50)))
    }

    @Test func placesAreLimitedInAllAndOfEachAddress() throws {
        var book = book {
            $0.reservations = 3
            $0.reservationsPerAddress = 2
        }
        _ = try book.reserve(peers[0], from: address, now: .zero)
        _ = try book.reserve(peers[1], from: address, now: .zero)
        #expect(throws: CircuitError.refused(.reservationRefused)) {
            try book.reserve(peers[2], from: address, now: .zero)
        }
        _ = try book.reserve(peers[1], from: address, now: .zero)
        _ = try book.reserve(peers[3], from: .v4(1), now: .zero)
        #expect(throws: CircuitError.refused(.reservationRefused)) {
            try book.reserve(peers[4], from: .v4(2), now: .zero)
        }
        // Those whose time is over make room.
        _ = try book.reserve(peers[4], from: address, now: .seconds(100))
        #expect(book.reservationCount == 1)
    }

    @Test func neighboursOfIPv6ShareTheirPlaces() throws {
        var book = book { $0.reservationsPerAddress = 1 }
        let network = UInt128(0x2001_0DB8) << 96
        _ = try book.reserve(peers[0], from: .v6(network | 1), now: .zero)
        #expect(throws: CircuitError.self) { try book.reserve(peers[1], from: .v6(network | 2), now: .zero) }
    }

    @Test func circuitsNeedAPlaceAndAreLimitedOfEachPeerAndAddress() throws {
        var book = book {
            $0.circuits = 4
            $0.circuitsPerPeer = 2
            $0.circuitsPerAddress = 3
        }
        #expect(throws: CircuitError.refused(.noReservation)) {
            try book.connect(peers[0], from: address, to: peers[1], now: .zero)
        }
        for peer in peers[1...4] { _ = try book.reserve(peer, from: nil, now: .zero) }
        let first = try book.connect(peers[0], from: address, to: peers[1], now: .zero)
        _ = try book.connect(peers[0], from: address, to: peers[2], now: .zero)
        #expect(throws: CircuitError.refused(.resourceLimitExceeded)) {
            try book.connect(peers[0], from: address, to: peers[3], now: .zero)
        }
        _ = try book.connect(peers[5], from: address, to: peers[3], now: .zero)
        #expect(throws: CircuitError.refused(.resourceLimitExceeded)) {
            try book.connect(peers[6], from: address, to: peers[4], now: .zero)
        }
        book.ended(first)
        book.ended(first)
        _ = try book.connect(peers[6], from: address, to: peers[4], now: .zero)
        #expect(book.circuitCount == 3)
        #expect(throws: CircuitError.refused(.noReservation)) {
            try book.connect(peers[1], from: nil, to: peers[1], now: .zero)
        }
    }

    @Test func onePeerCannotKeepARelayBusyWithRequests() {
        var book = book()
        var begun = (0..<10).map { _ in book.beginRequest(of: peers[0]) }
        begun.append(book.beginRequest(of: peers[1]))
        book.endRequest(of: peers[0])
        begun.append(book.beginRequest(of: peers[0]))
        #expect(begun == [true, true, true, true] + Array(repeating: false, count: 6) + [true, true])
    }
}
