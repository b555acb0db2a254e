package import WeftEngine
package import WeftFormats
package import WeftLedger
package import WeftModel

/// How a coordinator behaves. The defaults are right for one machine to a few thousand nodes.
package struct CoordinatorConfiguration: Sendable {
    package var engine = EngineConfiguration()
    /// What jobs cost; nil: nothing.
    package var prices: PriceList?
    /// How often workers send a heartbeat; a third of the lease or less.
    package var heartbeat: Duration = .seconds(3)
    /// How long a new link may take to prove its key.
    package var handshakeTimeout: Duration = .seconds(10)
    /// Links that have not proven their key yet.
    package var maxHandshakes = 256
    /// While so many events wait for a decision, jobs are declined and their submitters told to come back.
    package var maxWaitingEvents = 8192
    /// Largest output of one attempt that is fetched from its worker.
    package var maxBlobBytes: Int64 = 8 << 30
    /// Ended jobs are removed after this long; nil keeps them.
    package var retention: Duration?
    /// Whether entries of the log go with the jobs that they are of.
    package var prunesLog = false
    /// How many verified answers are kept for identical tasks; 0 keeps and uses none.
    package var cacheEntries = 100_000
    /// Fetches a URL input into a blob; nil: URL inputs are refused. Gets the host allow-list from its maker.
    package var fetchURL: (@Sendable (_ url: String, _ expecting: Digest?) async throws -> BlobReference)?
    /// Runs the programs of comparators; nil: jobs that name one that needs a program are refused.
    package var comparatorPrograms: (any ComparatorPrograms)?
    /// A webhook that nothing could be delivered to for so long is disabled.
    package var webhookPatience: Duration = .seconds(3 * 86_400)
    package var version = "0.1.0"

    package init() {}
}

/// The wall clock at its making plus the monotonic time since: never goes backwards.
package struct SteadyClock: Sendable {
    private let origin: Instant
    private let start: ContinuousClock.Instant

    package init(wallMicroseconds: Int64) {
        origin = Instant(microseconds: wallMicroseconds)
        start = ContinuousClock.now
    }

    package var now: Instant { origin + (ContinuousClock.now - start) }
}

package struct Principal: Hashable, Sendable {
    package var name: String
    package var role: Role

    package init(name: String, role: Role) {
        self.name = name
        self.role = role
    }
}

/// Why a request cannot be done. The HTTP side turns it into a problem document.
package enum RequestError: Error, Hashable, Sendable {
    /// The request is wrong: every field that is, and what would be right.
    case invalid([Problem])
    case notFound(String)
    /// The submitter's budget does not reach.
    case unaffordable(String, BudgetShortage)
    case conflict(String)
    case busy(String, retryAfterSeconds: Int)
    case unavailable(String)
}
