package import WeftFormats
package import WeftModel
import WeftStorage

extension Coordinator {
    /// Makes a token; its secret is in the answer and nowhere else.
    package func createToken(name: String, role: Role) async throws -> TokenView {
        guard TokenName.isRight(name) else {
            throw RequestError.invalid([Problem(field: "name", message: TokenName.rule)])
        }
        guard !tokenRecords.values.contains(where: { $0.name == name }) else {
            throw RequestError.conflict("there is a token named \(name); revoke it first")
        }
        guard tokenRecords.count < 10_000 else {
            throw RequestError.conflict("there are 10,000 tokens; revoke some first")
        }
        var generator = SystemRandomNumberGenerator()
        let random = (0..<4).map { _ in generator.next() }.map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
        let secret = "weft_" + random.joined()
        let record = TokenRecord(
            name: name, role: role, secretDigest: Hashing.sha256(Array(secret.utf8)), createdAt: clock.now)
        tokenRecords[record.secretDigest] = record
        do {
            try await journal.commit([.tokenChanged(record)])
        } catch {
            tokenRecords[record.secretDigest] = nil
            throw RequestError.unavailable("the journal cannot be written: \(error)")
        }
        return TokenView(
            name: name, role: role, createdAt: Timestamp(record.createdAt), revokedAt: nil, secret: secret)
    }

    /// Tokens in force, by name.
    package func tokens() -> [TokenView] {
        tokenRecords.values.sorted { $0.name < $1.name }.map {
            TokenView(name: $0.name, role: $0.role, createdAt: Timestamp($0.createdAt), revokedAt: nil)
        }
    }

    package func revokeToken(name: String) async throws {
        guard var record = tokenRecords.values.first(where: { $0.name == name }) else {
            throw RequestError.notFound("no token named \(name)")
        }
        tokenRecords[record.secretDigest] = nil
        record.revokedAt = clock.now
        let orphaned = webhooks.disable(ownedBy: name, "the token of its owner was revoked", at: clock.now)
        do {
            try await journal.commit([.tokenChanged(record)] + orphaned)
        } catch {
            throw RequestError.unavailable("the token is revoked until the next restart only: \(error)")
        }
    }

    /// Who the bearer of this secret is; nil when it is unknown or revoked. Looked up by digest, so that the time it
    /// takes tells nothing about the secret.
    package func authenticate(secret: String) -> Principal? {
        tokenRecords[Hashing.sha256(Array(secret.utf8))].map { Principal(name: $0.name, role: $0.role) }
    }
}
