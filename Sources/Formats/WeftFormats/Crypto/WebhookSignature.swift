import Crypto
import FoundationEssentials
package import WeftModel

/// Signatures of webhooks' deliveries, as the Standard Webhooks specification 1.0.0 has them: `v1,` and the HMAC-SHA256 of
/// `id.timestamp.body` in base64.
package enum WebhookSignature {
    /// Of a new secret's key.
    package static let keyBytes = 32

    /// A secret of random bytes.
    package static func makeSecret() -> WebhookSecret {
        var generator = SystemRandomNumberGenerator()
        let key = (0..<keyBytes).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        return WebhookSecret("whsec_" + Data(key).base64EncodedString())
    }

    /// The header `webhook-signature`; nil for a secret that is none.
    /// - Parameter timestamp: of this sending, in seconds since the epoch.
    package static func sign(
        _ body: [UInt8], id: String, timestamp: Int64, with secret: WebhookSecret
    ) -> String? {
        guard secret.text.hasPrefix("whsec_"), let key = Data(base64Encoded: String(secret.text.dropFirst(6))),
            !key.isEmpty
        else { return nil }
        var mac = HMAC<SHA256>(key: SymmetricKey(data: key))
        mac.update(data: Data("\(id).\(timestamp).".utf8))
        mac.update(data: Data(body))
        return "v1," + Data(mac.finalize()).base64EncodedString()
    }
}
