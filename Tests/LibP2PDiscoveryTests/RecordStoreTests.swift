import LibP2P
import LibP2PDiscovery
import SeededNumbers
import Testing

/// Values are a digit and anything else; the greater digit is better.
struct DigitRecords: RecordValidator {
    func validate(_ value: [UInt8], for key: [UInt8]) throws {
        guard let first = value.first, (0x30...0x39).contains(first) else { throw InvalidRecord("not a digit") }
    }

    func best(of values: [[UInt8]], for key: [UInt8]) -> Int {
        values.indices.max { values[$0][0] < values[$1][0] } ?? 0
    }
}

let digits = RecordNamespaces(["digits": DigitRecords()])

@Suite struct RecordStoreTests {
    private var random = SeededRandom(seed: 4)
    private let own: PeerID
    private let key = Array("/digits/one".utf8)

    init() { own = PeerID.random(&random) }

    @Test func aValueOfANamespaceThatIsNotKnownIsRefused() {
        for key in ["/other/one", "digits/one", "/digits", "/digits/", "/", "", "//one"] {
            #expect(throws: InvalidRecord.self, "\(key)") { try digits.validate([0x31], for: Array(key.utf8)) }
        }
        #expect(throws: InvalidRecord.self) { try digits.validate([0x41], for: key) }
        #expect(throws: Never.self) { try digits.validate([0x31], for: key) }
    }

    @Test mutating func aWorseValueDoesNotReplaceABetterOne() throws {
        var store = RecordStore(of: own)
        try store.put([0x35], for: key, from: .random(&random), namespaces: digits, at: .zero)
        #expect(throws: RecordStore.Refusal.worse) {
            try store.put([0x31], for: key, from: own, namespaces: digits, at: .zero)
        }
        #expect(store.value(of: key, at: .zero) == [0x35])
        try store.put([0x36], for: key, from: own, namespaces: digits, at: .zero)
        #expect(store.value(of: key, at: .zero) == [0x36])
        #expect(store.count == 1 && store.totalBytes == key.count + 1)
    }

    @Test mutating func aValueExpires() throws {
        var store = RecordStore(of: own)
        try store.put([0x35], for: key, from: own, namespaces: digits, at: .zero)
        #expect(store.value(of: key, at: store.limits.lifetime) == nil)
        // What has expired is no reason against a worse one.
        try store.put([0x31], for: key, from: own, namespaces: digits, at: store.limits.lifetime)
        store.expire(at: store.limits.lifetime * 2)
        #expect(store.count == 0 && store.totalBytes == 0)
    }

    @Test mutating func theStoreIsBoundedInValuesBytesAndPeers() {
        var limits = RecordStore.Limits()
        limits.records = 50
        limits.totalBytes = 4_000
        limits.recordsPerPeer = 5
        var store = RecordStore(of: own, limits: limits)
        let greedy = PeerID.random(&random)
        for number in 0..<20 {
            try? store.put(
                [0x31], for: Array("/digits/g\(number)".utf8), from: greedy, namespaces: digits, at: .zero)
        }
        #expect(store.count == 5)
        for number in 0..<500 {
            let value = [0x31] + [UInt8](repeating: 0, count: random.below(200))
            try? store.put(
                value, for: Array("/digits/\(number)".utf8), from: .random(&random), namespaces: digits, at: .zero)
            #expect(store.count <= 50 && store.totalBytes <= 4_000)
        }
        #expect(throws: RecordStore.Refusal.tooLarge(limit: limits.valueBytes)) {
            try store.put(
                [UInt8](repeating: 0x31, count: limits.valueBytes + 1), for: key, from: own, namespaces: digits,
                at: .zero)
        }
    }

    @Test func aPublicKeyStandsForItsPeerAlone() throws {
        let keys = KeyPair()
        let namespaces = RecordNamespaces()
        let key = PublicKeyRecords.key(of: keys.peerID)
        try namespaces.validate(keys.publicKey.encoded, for: key)
        #expect(throws: InvalidRecord.self) { try namespaces.validate(KeyPair().publicKey.encoded, for: key) }
        #expect(throws: InvalidRecord.self) { try namespaces.validate([1, 2, 3], for: key) }
    }

    @Test mutating func theBestOfTheAnswersCountsAndTheOthersAreTold() {
        let peers = (0..<4).map { _ in PeerID.random(&random) }
        var values = ValueCollection(key: key, namespaces: digits, quorum: 3)
        let areValid = [
            values.add([0x35], from: peers[0]), values.add([0x41], from: peers[1]), values.add([0x37], from: peers[2]),
        ]
        #expect(areValid == [true, false, true])
        #expect(!values.isEnough)
        _ = values.add([0x37], from: peers[3])
        #expect(values.isEnough)
        #expect(values.best == [0x37])
        #expect(values.outdated(among: peers) == [peers[0], peers[1]])
    }

    @Test mutating func aPeerThatAsksTooMuchIsRefusedUntilTimeHasPassed() {
        var budget = RequestBudget()
        let (greedy, modest) = (PeerID.random(&random), PeerID.random(&random))
        var answered = 0
        for _ in 0..<1_000 where budget.take(greedy, at: .zero) { answered += 1 }
        #expect(answered == Int(budget.limits.burst))
        let areAnswered = [
            budget.take(modest, at: .zero), budget.take(greedy, at: .milliseconds(10)),
            budget.take(greedy, at: .seconds(1)),
        ]
        #expect(areAnswered == [true, false, true])
        // However many ask, those that are remembered are few, and who asked too much is remembered longest.
        for _ in 0..<20_000 { _ = budget.take(.random(&random), at: .milliseconds(1_001)) }
        for _ in 0..<100 { _ = budget.take(greedy, at: .milliseconds(1_001)) }
        let isRemembered = !budget.take(greedy, at: .milliseconds(1_001))
        #expect(isRemembered)
    }
}
