package import WeftModel
package import WeftSandbox

/// How a worker runs one kind of payload.
///
/// Promises of every driver:
/// - ``probe()`` never throws and says why the driver cannot be used here, with what the owner could do about it.
/// - ``run(_:in:log:)`` returns only when nothing of the payload runs any more, whatever happened. When the calling
///   task is cancelled it ends the payload with everything it started and returns ``RunEnd/cancelled``.
/// - While the order's pause holds, the payload stands still with everything it started, its time does not run, and it
///   can be ended all the same.
/// - It touches nothing outside the workspace, and leaves removing that to its caller.
package protocol Driver: Sendable {
    /// As jobs and node profiles spell it.
    var name: String { get }
    /// The kinds of payload that it runs, as jobs spell them; the one of its name by default.
    var payloads: [String] { get }
    /// Whether it shows directories of the working directory at absolute paths; false by default.
    var mounts: Bool { get }
    func probe() async -> DriverAvailability
    /// What takes longer to find out, for a driver that can be used without it: nil where ``probe()`` has said everything.
    func probeFurther() async -> DriverAvailability?
    /// `log` is called in the order of the bytes, from one thread at a time, and must not block.
    func run(_ order: RunOrder, in workspace: Workspace, log: @escaping LogSink) async -> RunReport
    /// Gives back what the driver holds, helper processes included. Called once, when nothing runs any more.
    func shutDown() async
}

extension Driver {
    package var payloads: [String] { [name] }

    package var mounts: Bool { false }

    package func probeFurther() async -> DriverAvailability? { nil }

    package func shutDown() async {}
}

package enum DriverAvailability: Sendable, Hashable {
    /// `startup` is how long a payload that does nothing takes, `enforced` the limits that hold here. `isolation` is the
    /// wall around what it runs; a driver that runs its helpers by another one says that one's. `architectures` are what
    /// programs may be built for: what the machine runs by itself first, then what is emulated; empty for the machine's
    /// own alone.
    case available(
        version: String, startup: Duration, enforced: [Limit], isolation: Isolation, architectures: [String] = [])
    /// `hint` is what the owner can do about it; empty when there is nothing.
    case unavailable(reason: String, hint: String)
}

/// What a driver is to run: one attempt, with its inputs in place.
package struct RunOrder: Sendable, Hashable {
    package var payload: RunPayload
    /// The SHA-256 of the file that the payload runs (a module, a source, an image archive), where it is known: it need not
    /// be computed again then.
    package var codeDigest: Digest?
    /// What the payload sets besides what the driver always sets (`PATH`, `HOME`, `LANG`, `TMPDIR`).
    package var environment: [String: String]
    /// A file of the host to read standard input from; empty input if nil.
    package var standardInputPath: String?
    package var resources: Resources
    /// Wall time, more than zero.
    package var timeout: Duration
    /// Says whose work this is: a driver may let orders with the same value use the same walls, one after the other.
    /// Nil: walls of its own. What one leaves behind the next does not find, either way.
    package var reuse: String?
    /// Whose job it is, told apart from everybody else's: what a driver keeps of one's compilations serves nobody else. Nil:
    /// nothing is kept.
    package var owner: String?
    /// Holds the payload still while the owner wants the machine.
    package var pause: RunPause?
    /// Directories of the working directory that are at absolute paths, too; they are there. Drivers that cannot show
    /// them refuse the order.
    package var mounts: [Mount]
    /// The devices that the attempt has, whole or in part, in the order in which they were asked for; none unless some were.
    package var devices: [GrantedDevice]

    package init(
        _ payload: RunPayload, codeDigest: Digest? = nil, environment: [String: String] = [:],
        standardInputPath: String? = nil, resources: Resources = Resources(), timeout: Duration = .seconds(3600),
        reuse: String? = nil, owner: String? = nil, pause: RunPause? = nil, mounts: [Mount] = [],
        devices: [GrantedDevice] = []
    ) {
        self.payload = payload
        self.codeDigest = codeDigest
        self.environment = environment
        self.standardInputPath = standardInputPath
        self.resources = resources
        self.timeout = timeout
        self.reuse = reuse
        self.owner = owner
        self.pause = pause
        self.mounts = mounts
        self.devices = devices
    }

    /// Throws ``AttemptFailure`` where directories are to be at absolute paths.
    func refuseMounts(_ why: String) throws(AttemptFailure) {
        guard mounts.isEmpty else {
            throw AttemptFailure(.refused, "directories cannot be at other paths here: \(why)")
        }
    }
}

/// How a payload ended.
package enum RunEnd: Sendable, Hashable {
    /// It ran to an end of its own: 0 to 255; 128 + n when signal n ended it.
    case exited(Int32)
    case failed(AttemptFailure)
    /// The calling task was cancelled.
    case cancelled
}

/// What a driver saw of one attempt.
package struct RunReport: Sendable {
    package var end: RunEnd
    /// Everything written to standard output. Complete when `end` is ``RunEnd/exited(_:)``.
    package var standardOutput: CapturedOutput
    /// The beginning and the end of standard error.
    package var standardError: KeptText
    package var usage: Usage?
    /// Devices that were lost meanwhile, by their names, and how that showed: the worker takes them out of use. The end is
    /// a failure of the node's then.
    package var lostDevices: [String: String]

    package init(
        end: RunEnd, standardOutput: CapturedOutput = .memory([]), standardError: KeptText = KeptText(),
        usage: Usage? = nil, lostDevices: [String: String] = [:]
    ) {
        self.end = end
        self.standardOutput = standardOutput
        self.standardError = standardError
        self.usage = usage
        self.lostDevices = lostDevices
    }
}

/// A piece of a running payload's output, for whoever watches.
package struct LogBytes: Sendable, Hashable {
    package var isStandardError: Bool
    /// Of the first byte, in the stream.
    package var offset: UInt64
    package var bytes: [UInt8]
    /// Bytes left out before these, because nobody could take them.
    package var dropped: UInt64

    package init(isStandardError: Bool, offset: UInt64, bytes: [UInt8], dropped: UInt64) {
        self.isStandardError = isStandardError
        self.offset = offset
        self.bytes = bytes
        self.dropped = dropped
    }
}

/// Takes a piece of log, or returns false when there is no room for it now: it is then counted as dropped.
package typealias LogSink = @Sendable (LogBytes) -> Bool

/// How much of a payload's output is kept, and how it is streamed.
package struct OutputBounds: Sendable, Hashable {
    /// Standard output is kept whole up to here; a payload that writes more fails.
    package var standardOutputBytes: Int64
    /// From here on standard output is kept in a file beside the workspace, not in memory.
    package var standardOutputMemoryBytes: Int
    /// Of standard error, this many first bytes and as many last ones are kept.
    package var standardErrorBytes: Int
    /// Log pieces are sent when this much has gathered …
    package var logPieceBytes: Int
    /// … or when the oldest byte is this old.
    package var logDelay: Duration

    package init(
        standardOutputBytes: Int64 = 64 << 20, standardOutputMemoryBytes: Int = 256 << 10,
        standardErrorBytes: Int = 64 << 10, logPieceBytes: Int = 32 << 10, logDelay: Duration = .milliseconds(20)
    ) {
        self.standardOutputBytes = standardOutputBytes
        self.standardOutputMemoryBytes = standardOutputMemoryBytes
        self.standardErrorBytes = standardErrorBytes
        self.logPieceBytes = logPieceBytes
        self.logDelay = logDelay
    }
}
