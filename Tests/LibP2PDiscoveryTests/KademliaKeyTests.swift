import LibP2P
import LibP2PDiscovery
import SeededNumbers
import Testing

@Suite struct KademliaKeyTests {
    @Test func aPlaceIsTheDigestOfBytes() {
        // SHA-256 of "abc" (FIPS 180-4, appendix).
        let key = KademliaKey(hashing: Array("abc".utf8))
        #expect(key.words.0 == 0xba78_16bf_8f01_cfea)
        #expect(key.words.3 == 0xb410_ff61_f200_15ad)
    }

    @Test func distanceIsSymmetricAndZeroToItself() {
        var random = SeededRandom(seed: 1)
        for _ in 0..<100 {
            let (one, other) = (KademliaKey(of: .random(&random)), KademliaKey(of: .random(&random)))
            #expect(one.distance(to: other) == other.distance(to: one))
            #expect(one.distance(to: one) == KademliaKey(words: (0, 0, 0, 0)))
            #expect(one.distance(to: one) < one.distance(to: other))
        }
    }

    @Test func aPrefixIsSharedUpToTheFirstBitThatDiffers() {
        let zero = KademliaKey(words: (0, 0, 0, 0))
        #expect(zero.commonPrefixLength(with: zero) == 256)
        #expect(zero.commonPrefixLength(with: KademliaKey(words: (0, 0, 0, 1))) == 255)
        #expect(zero.commonPrefixLength(with: KademliaKey(words: (0, 1 << 63, 0, 0))) == 64)
        #expect(zero.commonPrefixLength(with: KademliaKey(words: (1 << 63, 0, 0, 0))) == 0)
    }

    @Test func bytesAreFoundForEveryRegionThatIsSearched() {
        var random = SeededRandom(seed: 2)
        let key = KademliaKey(of: .random(&random))
        for bits in 0..<9 {
            let bytes = key.preimage(sharing: bits, maxTries: 1 << 15, using: &random)
            #expect(bytes.map { KademliaKey(hashing: $0).commonPrefixLength(with: key) } == bits)
        }
        #expect(key.preimage(sharing: 200, maxTries: 100, using: &random) == nil)
    }
}
