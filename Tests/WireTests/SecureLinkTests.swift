import NIOPosix
import Testing
import WebSocketLink
import WeftWire

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

@Suite(.timeLimit(.minutes(1))) struct SecureLinkTests {
    private let group = MultiThreadedEventLoopGroup.singleton

    /// Runs `body` with a server that presents `certificate`, and the files of both certificates.
    private func withServer(
        _ body: (_ url: String, _ certificate: String, _ other: String) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/weft-tls-\(UInt64.random(in: 0...UInt64.max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for (name, text) in [("a.pem", Self.certificate), ("a.key", Self.key), ("b.pem", Self.other)] {
            try Data(text.utf8).write(to: URL(filePath: folder + "/" + name))
        }
        let server = try await WebSocketLinkServer.start(
            host: "127.0.0.1", port: 0, tls: .init(certificateFile: folder + "/a.pem", keyFile: folder + "/a.key"),
            on: group
        ) { link in
            // Echoes; ends with its client.
            Task { for try await batch in link.inbound { try await link.send(batch) } }
        }
        do {
            try await body("wss://127.0.0.1:\(server.port)", folder + "/a.pem", folder + "/b.pem")
        } catch {
            try await server.stop()
            throw error
        }
        try await server.stop()
    }

    private func expectEcho(_ url: String, _ tls: WebSocketLink.TLS) async throws {
        let link = try await WebSocketLink.connect(url: url, tls: tls, on: group)
        let message = Message(.heartbeat(.init()))
        try await link.send([message])
        var batches = link.inbound.makeAsyncIterator()
        #expect(try await batches.next() == [message])
        await link.close()
    }

    private func expectRefusal(_ url: String, _ tls: WebSocketLink.TLS) async throws {
        do {
            _ = try await WebSocketLink.connect(url: url, tls: tls, on: group)
            Issue.record("a certificate that is not trusted gave a link")
        } catch LinkError.refused {}
    }

    @Test func aTrustedOrPinnedCertificateGivesALink() async throws {
        try await withServer { url, certificate, _ in
            try await expectEcho(url, .init(trustRootsFile: certificate))
            try await expectEcho(url, .init(pinnedCertificateFile: certificate))
            let name = url.replacing("127.0.0.1", with: "localhost")
            try await expectEcho(name, .init(trustRootsFile: certificate))
        }
    }

    @Test func anyOtherCertificateIsRefused() async throws {
        try await withServer { url, _, other in
            try await expectRefusal(url, .init())
            try await expectRefusal(url, .init(trustRootsFile: other))
            try await expectRefusal(url, .init(pinnedCertificateFile: other))
        }
    }

    // Made for these tests and of no other use: self-signed, for localhost and 127.0.0.1, good until 2126.
    private static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBmzCCAUGgAwIBAgIUVHvortT/FgNwr4FXFNWoQ4uxcxkwCgYIKoZIzj0EAwIw
        FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTAxMzM0OFoYDzIxMjYxMDI4
        MDEzMzQ4WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
        PQMBBwNCAATM2sdwyTx0fJi2/15f9G54eqNciK/OBH5sjcDzubaMcn6DII3kj9pJ
        TrAZmy15TTOmqM6PotHyZfkRnCdMhfGzo28wbTAdBgNVHQ4EFgQU4lPgMO0l7H2P
        TFOSm737TNwyIfEwHwYDVR0jBBgwFoAU4lPgMO0l7H2PTFOSm737TNwyIfEwDwYD
        VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
        zj0EAwIDSAAwRQIhAPMrsUxWsonjTSQVYt9v28Wqr4APJ4NoR3It8zMVNkt4AiA2
        g7ystwjYxy+Ww7daoy/CxX0MQR5E+FnaH5y/7FSLKQ==
        -----END CERTIFICATE-----

        """
    private static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgu23o46aECha2CzHh
        MFsEpC3+61lOFUZIEG448C8HiTOhRANCAATM2sdwyTx0fJi2/15f9G54eqNciK/O
        BH5sjcDzubaMcn6DII3kj9pJTrAZmy15TTOmqM6PotHyZfkRnCdMhfGz
        -----END PRIVATE KEY-----

        """
    private static let other = """
        -----BEGIN CERTIFICATE-----
        MIIBmzCCAUGgAwIBAgIURksxS2thNhRu9nZJPee0EaSy2rwwCgYIKoZIzj0EAwIw
        FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTAxMzM0OFoYDzIxMjYxMDI4
        MDEzMzQ4WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
        PQMBBwNCAAS1apt21q02JwhnJM6hRIexo7QzdnRcOsplHb9JgKQd3uPz6IFfQEzI
        JqgWp4M0oyKPJ7C/J4rxz+JwF2U0qFHEo28wbTAdBgNVHQ4EFgQU9fUCvPDLvQfr
        k2pyRcVVkCd5r40wHwYDVR0jBBgwFoAU9fUCvPDLvQfrk2pyRcVVkCd5r40wDwYD
        VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
        zj0EAwIDSAAwRQIgHc6QSFfFQZnIYEUqeK9Ij2uJOa0HIcEnOmhxd+TQA3oCIQCI
        Wl/a2jfW4ZD4FS5C1wtOAliecp7JBxDWvgQLrmszPw==
        -----END CERTIFICATE-----

        """
}
