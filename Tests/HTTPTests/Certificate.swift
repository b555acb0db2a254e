import Foundation
import WeftHTTP

/// A self-signed certificate for localhost and 127.0.0.1, made for these tests and trusted nowhere else.
enum Certificate {
    /// Writes the files into a new folder, runs `body`, and removes them.
    static func withFiles<Value>(_ body: (HTTPServer.TLS) async throws -> Value) async throws -> Value {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("weft-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let tls = HTTPServer.TLS(
            certificateChainFile: folder.appendingPathComponent("chain.pem").path,
            privateKeyFile: folder.appendingPathComponent("key.pem").path)
        try chain.write(toFile: tls.certificateChainFile, atomically: true, encoding: .utf8)
        try key.write(toFile: tls.privateKeyFile, atomically: true, encoding: .utf8)
        return try await body(tls)
    }

    private static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgYnDT/hPddoOgxVlS
        cUK4lV3SM1Y3Sr2lrdWcNfDilEWhRANCAARbxv7ZG7UsdXZVKxAsNuTz7H90RLUp
        q7kQYMYh3Jqx0oJcgfdipzINAHvVAnNqXcq4oCvtkfhb+98pwDKeaQ/o
        -----END PRIVATE KEY-----
        """

    private static let chain = """
        -----BEGIN CERTIFICATE-----
        MIIBmjCCAUGgAwIBAgIUKmBZXY377k1Z5XfehgaQ/0Kt19EwCgYIKoZIzj0EAwIw
        FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTAxMjU1NFoYDzIxMjYxMDI4
        MDEyNTU0WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
        PQMBBwNCAARbxv7ZG7UsdXZVKxAsNuTz7H90RLUpq7kQYMYh3Jqx0oJcgfdipzIN
        AHvVAnNqXcq4oCvtkfhb+98pwDKeaQ/oo28wbTAdBgNVHQ4EFgQUN5vABNW8nRPJ
        +COcp2fcpAe5mZIwHwYDVR0jBBgwFoAUN5vABNW8nRPJ+COcp2fcpAe5mZIwDwYD
        VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
        zj0EAwIDRwAwRAIgcNBSl3AOShvILDUJQc1TkycGcClAh0kzfFz9DBfaXRQCIAsP
        2SwLqbesEaXz4/226OJRsrsT3pAWnsVm+mDNkfIy
        -----END CERTIFICATE-----
        """
}
