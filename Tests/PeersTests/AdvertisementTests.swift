import LibP2P
import Testing
import WeftModel
import WeftPeers

@Suite struct AdvertisementTests {
    static let now = Instant(microseconds: 1_800_000_000_000_000)

    static func advertisement(
        of keys: KeyPair, sequence: UInt64 = 1, lasting: Duration = .seconds(180),
        address: String = "/ip4/192.0.2.7/tcp/4001"
    ) throws -> Advertisement {
        Advertisement(
            peer: keys.peerID, sequence: sequence, expiresAt: now + lasting,
            addresses: [try Multiaddr(parsing: address)],
            profile: NodeProfile(
                name: "ada", operatingSystem: "linux", architecture: "x86_64", capacity: Resources(),
                drivers: [DriverProfile(name: "process")], labels: ["zone": "b"], owner: "ann"),
            freeSlots: 2, price: Credits(microCredits: 5))
    }

    @Test func whatIsSignedIsReadAsItWas() throws {
        let keys = KeyPair()
        let advertisement = try Self.advertisement(of: keys)
        #expect(try Advertisement(signed: advertisement.signed(by: keys), now: Self.now) == advertisement)
        #expect(advertisement.node.text == "\(keys.peerID)")
    }

    /// Bytes that only say what is not signed (the lengths of an encoding written otherwise) could be an exception; there are none.
    @Test func everyChangedByteIsRefused() throws {
        let keys = KeyPair()
        let bytes = try Self.advertisement(of: keys).signed(by: keys)
        for position in bytes.indices {
            var changed = bytes
            changed[position] ^= 0x01
            #expect(throws: AdvertisementError.self, "byte \(position)") {
                try Advertisement(signed: changed, now: Self.now)
            }
        }
        for count in bytes.indices {
            #expect(throws: AdvertisementError.self) {
                try Advertisement(signed: Array(bytes.prefix(count)), now: Self.now)
            }
        }
    }

    @Test func itHoldsUntilItsEndAndNobodyMayAskForMuchLonger() throws {
        let keys = KeyPair()
        let bytes = try Self.advertisement(of: keys).signed(by: keys)
        #expect(throws: AdvertisementError.expired) { try Advertisement(signed: bytes, now: Self.now + .seconds(180)) }
        let long = try Self.advertisement(of: keys, lasting: .seconds(3600)).signed(by: keys)
        #expect(throws: AdvertisementError.lastsTooLong) { try Advertisement(signed: long, now: Self.now) }
    }

    @Test func aSignatureForSomethingElseIsNone() throws {
        let keys = KeyPair()
        let envelope = SignedEnvelope(payload: [1], payloadType: [2], domain: "something else", keys: keys)
        #expect(throws: AdvertisementError.badSignature) { try Advertisement(signed: envelope.encoded, now: Self.now) }
    }
}

@Suite struct AdvertisementBookTests {
    private let now = AdvertisementTests.now

    @Test func onlyALaterOneOfTheSameNodeTakesItsPlace() throws {
        var book = AdvertisementBook()
        let keys = KeyPair()
        try book.take(AdvertisementTests.advertisement(of: keys, sequence: 5), now: now)
        for old in [1, 4, 5] as [UInt64] {
            #expect(throws: AdvertisementError.stale) {
                try book.take(AdvertisementTests.advertisement(of: keys, sequence: old), now: now)
            }
        }
        try book.take(AdvertisementTests.advertisement(of: keys, sequence: 6), now: now)
        #expect(book.all(now: now).map(\.sequence) == [6])
    }

    @Test func whatNodesSaidBeforeTheyWentCannotBeBroughtBack() throws {
        var book = AdvertisementBook()
        let keys = KeyPair()
        try book.take(AdvertisementTests.advertisement(of: keys, sequence: 9), now: now)
        let later = now + .seconds(200)
        #expect(book.all(now: later).isEmpty)
        var replayed = try AdvertisementTests.advertisement(of: keys, sequence: 8)
        replayed.expiresAt = later + .seconds(100)
        #expect(throws: AdvertisementError.stale) { try book.take(replayed, now: later) }
    }

    @Test func oneNetworkCannotTakeAllPlaces() throws {
        var book = AdvertisementBook(limit: 100, networkLimit: 10)
        for number in 1...10 {
            try book.take(
                AdvertisementTests.advertisement(of: KeyPair(), address: "/ip4/192.0.2.\(number)/tcp/1"), now: now)
        }
        #expect(throws: AdvertisementError.full) {
            try book.take(AdvertisementTests.advertisement(of: KeyPair(), address: "/ip4/192.0.2.99/tcp/1"), now: now)
        }
        try book.take(AdvertisementTests.advertisement(of: KeyPair(), address: "/ip4/198.51.100.1/tcp/1"), now: now)
        // Places are free again when their time is over.
        let later = now + .seconds(200)
        var fresh = try AdvertisementTests.advertisement(of: KeyPair(), address: "/ip4/192.0.2.99/tcp/1")
        fresh.expiresAt = later + .seconds(100)
        try book.take(fresh, now: later)
        #expect(book.all(now: later).count == 1)
    }

    @Test func thereIsABoundInAll() throws {
        var book = AdvertisementBook(limit: 20, networkLimit: 10)
        for number in 0..<20 {
            try book.take(
                AdvertisementTests.advertisement(of: KeyPair(), address: "/ip4/10.\(number).0.1/tcp/1"), now: now)
        }
        #expect(throws: AdvertisementError.full) {
            try book.take(AdvertisementTests.advertisement(of: KeyPair(), address: "/ip4/10.200.0.1/tcp/1"), now: now)
        }
    }
}
