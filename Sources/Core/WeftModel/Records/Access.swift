/// What the bearer of a token may do; each role may do all that the ones before it may.
package enum Role: String, Hashable, Sendable, Codable, CaseIterable {
    /// Read everything.
    case viewer
    /// And submit jobs, cancel its own, write blobs.
    case submitter
    /// And manage nodes, tokens and everybody's jobs.
    case admin
    /// Admit a machine as a node; nothing else.
    case worker

    /// Whether this role includes what `other` may do.
    package func includes(_ other: Role) -> Bool {
        switch (self, other) {
        case (.admin, _), (.submitter, .submitter), (.submitter, .viewer), (.viewer, .viewer), (.worker, .worker): true
        case (.submitter, _), (.viewer, _), (.worker, _): false
        }
    }
}

/// A token as it is kept: never the secret, only its SHA-256.
package struct TokenRecord: Hashable, Sendable {
    /// Unique; what jobs name as their submitter.
    package var name: String
    package var role: Role
    package var secretDigest: Digest
    package var createdAt: Instant
    package var revokedAt: Instant?

    package init(name: String, role: Role, secretDigest: Digest, createdAt: Instant, revokedAt: Instant? = nil) {
        self.name = name
        self.role = role
        self.secretDigest = secretDigest
        self.createdAt = createdAt
        self.revokedAt = revokedAt
    }
}
