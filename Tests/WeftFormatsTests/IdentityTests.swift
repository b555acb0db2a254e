import Foundation
import SeededNumbers
import Testing
import WeftFormats
import WeftModel

@Suite struct IdentityTests {
    private func hex(_ text: String) -> [UInt8] {
        stride(from: 0, to: text.count, by: 2).map { UInt8(text.dropFirst($0).prefix(2), radix: 16)! }
    }

    /// RFC 8032, section 7.1, tests 1 to 3.
    @Test(arguments: [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ])
    func signaturesAreThoseOfTheRFC(_ seed: String, _ key: String, _ message: String, _ signature: String) throws {
        let identity = try #require(SigningIdentity(seed: hex(seed)))
        #expect(identity.publicIdentity.keyBytes == hex(key))
        #expect(identity.publicIdentity.verify(signature: hex(signature), over: hex(message)))
        #expect(!identity.publicIdentity.verify(signature: hex(signature), over: hex(message) + [0]))
        let own = identity.sign(hex(message))
        #expect(identity.publicIdentity.verify(signature: own, over: hex(message)))
        #if os(Linux)
            #expect(own == hex(signature))
        #endif
    }

    /// Peer ids from the libp2p specification: the first as base58 and as CID, the second of its Ed25519 test key.
    @Test(arguments: [
        (
            "2ffa35a99d3a3cfbb17bb7c1dc5561b18a8dcca4df38dc613ea859c37eb1336b",
            "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA"
        ),
        (
            "1ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e",
            "12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq"
        ),
    ])
    func nodeIDsAreLibp2pPeerIDs(_ key: String, _ text: String) throws {
        let identity = try #require(PublicIdentity(keyBytes: hex(key)))
        #expect(identity.nodeID == NodeID(text))
        #expect(NodeID(text).publicKey == identity)
    }

    @Test(arguments: [
        "", "1", "12D3KooW", "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5S",
        " 12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA",
        "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5S0", "112D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA",
        "QmRLoXS3E73psYaUsma1VSbboTa2J8Z9kso1tpiGLk9WQ4", String(repeating: "z", count: 100_000),
    ])
    func otherTextsNameNoKey(_ text: String) { #expect(NodeID(text).publicKey == nil) }

    @Test func everyNewIdentityIsAnother() {
        let ids = Set((0..<20).map { _ in SigningIdentity().nodeID })
        #expect(ids.count == 20)
        #expect(ids.allSatisfy { $0.text.hasPrefix("12D3KooW") && $0.publicKey?.nodeID == $0 })
    }

    @Test func malformedSignaturesAreRefusedWithoutACrash() throws {
        var random = SeededRandom(seed: 3)
        let identity = try #require(SigningIdentity(seed: random.bytes(count: 32)))
        for count in 0...130 {
            #expect(!identity.publicIdentity.verify(signature: random.bytes(count: count), over: [1, 2, 3]))
        }
        for _ in 0..<200 {
            let key = try #require(PublicIdentity(keyBytes: random.bytes(count: 32)))
            #expect(!key.verify(signature: random.bytes(count: 64), over: [1]))
        }
        #expect(SigningIdentity(seed: []) == nil)
        #expect(PublicIdentity(keyBytes: [1]) == nil)
    }
}

@Suite struct Base58Tests {
    /// draft-msporny-base58-03, section 5, and leading zeros.
    @Test(arguments: [
        ("Hello World!", "2NEpo7TZRRrLZSi2U"),
        (
            "The quick brown fox jumps over the lazy dog.",
            "USm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z"
        ),
        ("", ""), ("\u{0}", "1"),
    ])
    func knownTexts(_ plain: String, _ text: String) {
        #expect(Base58.encode(Array(plain.utf8)) == text)
        #expect(Base58.decode(text) == Array(plain.utf8))
    }

    @Test func leadingZerosAreKept() {
        #expect(Base58.encode([0x00, 0x00, 0x28, 0x7F, 0xB4, 0xCD]) == "11233QC4")
        #expect(Base58.decode("11233QC4") == [0x00, 0x00, 0x28, 0x7F, 0xB4, 0xCD])
    }

    @Test func randomBytesSurviveAndRandomTextsDoNotCrash() {
        var random = SeededRandom(seed: 58)
        for _ in 0..<2000 {
            let bytes = Array(repeating: 0, count: random.below(4)) + random.bytes(count: random.below(60))
            #expect(Base58.decode(Base58.encode(bytes)) == bytes)
            let text = String(decoding: random.bytes(count: random.below(140)), as: UTF8.self)
            if let decoded = Base58.decode(text) { #expect(Base58.encode(decoded) == text) }
        }
    }
}

@Suite struct KeyFileTests {
    private func withDirectory(_ body: (String) throws -> Void) throws {
        let url = FileManager.default.temporaryDirectory.appending(
            path: "weft-key-\(UInt64.random(in: 0...UInt64.max))")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: url) }
        try body(url.path())
    }

    @Test func aKeyIsMadeOnceAndReadAgain() throws {
        try withDirectory { directory in
            let path = directory + "/key.pem"
            #expect(try KeyFile.load(at: path) == nil)
            let first = try KeyFile.loadOrCreate(at: path)
            #expect(try KeyFile.loadOrCreate(at: path).nodeID == first.nodeID)
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["key.pem"])
        }
    }

    @Test func manyAtOnceGetTheSameKey() async throws {
        let directory = FileManager.default.temporaryDirectory.appending(
            path: "weft-keys-\(UInt64.random(in: 0...UInt64.max))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: directory) }
        let path = directory.appending(path: "key.pem").path()
        let ids = try await withThrowingTaskGroup(of: NodeID.self) { group in
            for _ in 0..<16 { group.addTask { try KeyFile.loadOrCreate(at: path).nodeID } }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(ids.count == 1)
    }

    /// Made by `openssl genpkey -algorithm ed25519`; the public key as `openssl pkey -pubout` gives it.
    @Test func aKeyMadeByOpenSSLIsRead() throws {
        try withDirectory { directory in
            let path = directory + "/key.pem"
            let text =
                "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIO9d+eH6U72PoKm0Q9v7lsIshmc6S/n8izfNWSrRCA4W\n-----END PRIVATE KEY-----\n"
            try Data(text.utf8).write(to: URL(filePath: path))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
            let key = try #require(Base64.decode("MCowBQYDK2VwAyEAc/dDSRyO4gp33xdOl4N/AkD7NNc8Glgb9eh/slGIglw="))
            #expect(try KeyFile.load(at: path)?.publicIdentity.keyBytes == Array(key.suffix(32)))
        }
    }

    @Test(arguments: [0o640, 0o604, 0o660, 0o644, 0o601])
    func aFileThatOthersMayUseIsRefused(_ mode: Int) throws {
        try withDirectory { directory in
            let path = directory + "/key.pem"
            _ = try KeyFile.loadOrCreate(at: path)
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
            let error = try #require(throws: KeyFileError.self) { try KeyFile.loadOrCreate(at: path) }
            #expect(error.message.contains("chmod 600"))
        }
    }

    @Test func whatIsNoKeyFileIsRefusedAndLeftAlone() throws {
        try withDirectory { directory in
            let path = directory + "/key.pem"
            for content in [
                "", "hello", String(repeating: "x", count: 10_000),
                "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----",
            ] {
                try Data(content.utf8).write(to: URL(filePath: path))
                try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
                #expect(throws: KeyFileError.self) { try KeyFile.loadOrCreate(at: path) }
                #expect(try Data(contentsOf: URL(filePath: path)) == Data(content.utf8))
            }
            let link = directory + "/link.pem"
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
            #expect(throws: KeyFileError.self) { try KeyFile.loadOrCreate(at: link) }
            #expect(throws: KeyFileError.self) { try KeyFile.loadOrCreate(at: directory) }
            #expect(throws: KeyFileError.self) { try KeyFile.loadOrCreate(at: directory + "/nowhere/key.pem") }
        }
    }
}
