import Testing

@testable import LibP2P

@Suite struct ValueTests {
    @Test func aVarintIsReadAsItWasWritten() throws {
        for value in [0, 1, 127, 128, 255, 300, 16_383, 16_384, UInt64(1) << 62, (UInt64(1) << 63) - 1] {
            let bytes = Varint.encode(value)
            #expect(bytes.count == Varint.length(of: value))
            let (read, length) = try #require(try Varint.decode(bytes + [0xAA]))
            #expect(read == value)
            #expect(length == bytes.count)
            for cut in 0..<bytes.count { #expect(try Varint.decode(bytes.prefix(cut)) == nil) }
        }
    }

    @Test func aVarintThatIsLongerThanItsValueNeedsIsRefused() {
        #expect(throws: MultiformatError.badVarint) { try Varint.decode([0x81, 0x00]) }
        #expect(throws: MultiformatError.badVarint) { try Varint.decode([UInt8](repeating: 0xFF, count: 9)) }
    }

    /// From the draft "The Base58 Encoding Scheme", section 5.
    @Test func base58IsThatOfTheDraft() throws {
        let pairs: [([UInt8], String)] = [
            (Array("Hello World!".utf8), "2NEpo7TZRRrLZSi2U"),
            (
                Array("The quick brown fox jumps over the lazy dog.".utf8),
                "USm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z"
            ),
            ([0x00, 0x00, 0x28, 0x7F, 0xB4, 0xCD], "11233QC4"),
            ([], ""),
        ]
        for (bytes, text) in pairs {
            #expect(Base58.encode(bytes) == text)
            #expect(try Base58.decode(text) == bytes)
        }
        for bad in ["0", "O", "I", "l", "é", " "] { #expect(throws: MultiformatError.self) { try Base58.decode(bad) } }
        #expect(throws: MultiformatError.self) { try Base58.decode(String(repeating: "z", count: 513)) }
    }

    /// From RFC 4648, section 10, without padding and in small letters.
    @Test func base32IsThatOfTheStandard() throws {
        let pairs = [
            ("", ""), ("f", "my"), ("fo", "mzxq"), ("foo", "mzxw6"), ("foob", "mzxw6yq"), ("fooba", "mzxw6ytb"),
            ("foobar", "mzxw6ytboi"),
        ]
        for (bytes, text) in pairs {
            #expect(Base32.encode(Array(bytes.utf8)) == text)
            #expect(try Base32.decode(text, capitals: false) == Array(bytes.utf8))
            #expect(try Multibase.decode("B" + text.uppercased()).bytes == Array(bytes.utf8))
        }
        // A digit that adds nothing, and bits that no value has.
        for bad in ["m", "mz", "mzx", "mzxw6ytboia", "my======", "MY"] {
            #expect(throws: MultiformatError.self) { try Base32.decode(bad, capitals: false) }
        }
    }

    @Test func aPeerIDHasTwoTextsAndOneValue() throws {
        // From the specification of peer ids.
        let old = try PeerID(parsing: "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N")
        #expect(old.description == "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N")
        let named = try PeerID(parsing: "bafzbeie5745rpv2m6tjyuugywy4d5ewrqgqqhfnf445he3omzpjbx5xqxe")
        #expect(named.cid.description == "bafzbeie5745rpv2m6tjyuugywy4d5ewrqgqqhfnf445he3omzpjbx5xqxe")
        #expect(named == old)
        let short = try PeerID(parsing: "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA")
        #expect(short.publicKey != nil)
        #expect(short.publicKey?.peerID == short)
        for bad in ["", "1", "Qm", "12D3", "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku", "zzz"] {
            #expect(throws: MultiformatError.self) { try PeerID(parsing: bad) }
        }
    }

    @Test func aCIDIsReadInBothVersions() throws {
        let one = try CID(parsing: "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku")
        #expect(one.codec == CID.raw)
        #expect(one.multihash == Multihash(sha256Of: []) || one.multihash.function == Multihash.sha256)
        #expect(try CID(bytes: one.bytes) == one)
        let zero = try CID(parsing: "QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n")
        #expect(zero.codec == CID.dagProtobuf)
        #expect(zero.description == "bafybeihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku")
        for cut in 0..<one.bytes.count {
            #expect(throws: MultiformatError.self) { try CID(bytes: Array(one.bytes.prefix(cut))) }
        }
        #expect(throws: MultiformatError.self) { try CID(bytes: one.bytes + [0]) }
    }

    @Test(arguments: [
        "/ip4/127.0.0.1/tcp/4001", "/ip6/::1/tcp/65535", "/ip6/2001:db8::1/udp/1/quic-v1",
        "/dns4/example.org/tcp/443/wss",
        "/dns/a.example/tcp/80/ws", "/dns6/b/tcp/1", "/dnsaddr/bootstrap.libp2p.io",
        "/ip4/192.0.2.1/tcp/4001/p2p/QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N",
        "/ip4/192.0.2.1/tcp/1/p2p/12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA/p2p-circuit/p2p/QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N",
        "/ip4/1.2.3.4/tcp/443/tls/sni/example.org/ws",
    ]) func anAddressIsTheSameAsTextAndAsBytes(_ text: String) throws {
        let address = try Multiaddr(parsing: text)
        #expect(address.description == text)
        #expect(try Multiaddr(bytes: address.bytes) == address)
        for cut in 1..<address.bytes.count {
            if let shorter = try? Multiaddr(bytes: address.bytes.prefix(cut)) {
                #expect(shorter.components.count < address.components.count)
            }
        }
    }

    @Test(arguments: [
        "", "ip4/1.2.3.4", "/", "//", "/ip4", "/ip4/", "/ip4/1.2.3", "/ip4/1.2.3.256", "/ip4/::1", "/ip6/1.2.3.4",
        "/tcp/65536",
        "/tcp/-1", "/tcp/+1", "/tcp", "/nonsense/1", "/dns4/", "/p2p/xyz", "/ip4/1.2.3.4//tcp/1",
    ]) func whatIsNoAddressIsRefused(_ text: String) {
        if text == "/" {
            #expect((try? Multiaddr(parsing: text))?.components.isEmpty ?? true)
        } else {
            #expect(throws: MultiformatError.self) { try Multiaddr(parsing: text) }
        }
    }

    @Test func anAddressKnowsItsPeerItsRelayAndItsNeighbourhood() throws {
        let peer = KeyPair().peerID
        let relay = KeyPair().peerID
        let direct = try Multiaddr(parsing: "/ip4/192.0.2.77/tcp/4001")
        #expect(direct.peerID == nil)
        #expect(direct.with(peer).peerID == peer)
        #expect(direct.with(peer).with(relay).peerID == relay)
        let relayed = direct.with(relay).appending(.p2pCircuit).with(peer)
        #expect(relayed.isRelayed && !direct.isRelayed)
        #expect(relayed.relayAddress == direct.with(relay))
        #expect(relayed.peerID == peer)
        #expect(direct.with(relay).appending(.p2pCircuit).peerID == nil)
        #expect(direct.ipAddress?.neighbourhood.description == "192.0.2.0")
        #expect(try IPAddress(parsing: "2001:db8:1:2::3").neighbourhood.description == "2001:db8:1::")
        for text in [
            "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "169.254.1.1", "fe80::1",
            "fd00::1",
        ] {
            #expect(try IPAddress(parsing: text).isPrivate, "\(text)")
        }
        for text in ["11.1.2.3", "172.32.0.1", "192.169.1.1", "100.128.0.1", "2001:db8::1"] {
            #expect(try !IPAddress(parsing: text).isPrivate, "\(text)")
        }
    }
}
