/// What a sender may still send: credit that its peer granted and it has not used.
package struct SendWindow: Hashable, Sendable {
    package private(set) var availableBytes: UInt64 = 0

    package init() {}

    /// Adds a grant. Throws ``LinkError/malformed(_:)`` when the sum leaves the range of 63 bits.
    package mutating func grant(_ bytes: UInt64) throws(LinkError) {
        let (sum, overflow) = availableBytes.addingReportingOverflow(bytes)
        guard !overflow, sum <= UInt64(Int64.max) else {
            throw .malformed("credit_bytes: more credit than can be counted")
        }
        availableBytes = sum
    }

    /// Whether `bytes` may be sent now.
    package func covers(_ bytes: Int) -> Bool { UInt64(bytes) <= availableBytes }

    package mutating func use(_ bytes: Int) {
        precondition(covers(bytes), "sent more than was granted")
        availableBytes -= UInt64(bytes)
    }
}

/// What a receiver lets its peer send. At all times
/// `allowance + unread + to be granted = window`, so no more than the window is ever held for the reader.
package struct ReceiveWindow: Hashable, Sendable {
    package let windowBytes: Int
    /// Grants are gathered until they are worth a frame of their own.
    private let thresholdBytes: Int
    /// Granted and not yet used by the peer.
    package private(set) var allowanceBytes = 0
    /// Arrived and not yet taken by the reader.
    package private(set) var unreadBytes = 0
    private var ungrantedBytes: Int

    /// `frameBytes` is the largest frame: whatever the threshold holds back, the peer can send one when all is read.
    package init(windowBytes: Int, frameBytes: Int) {
        precondition(windowBytes >= frameBytes, "a window must hold the largest frame")
        self.windowBytes = windowBytes
        ungrantedBytes = windowBytes
        thresholdBytes = max(1, min(windowBytes / 4, windowBytes - frameBytes))
    }

    /// Throws ``LinkError/malformed(_:)`` when the peer sent more than it was granted.
    package mutating func received(_ bytes: Int) throws(LinkError) {
        guard bytes <= allowanceBytes else {
            throw .malformed("\(bytes) bytes arrived where credit for \(allowanceBytes) was left")
        }
        allowanceBytes -= bytes
        unreadBytes += bytes
    }

    /// The reader took everything that had arrived.
    package mutating func readAll() {
        ungrantedBytes += unreadBytes
        unreadBytes = 0
    }

    package var isGrantDue: Bool { ungrantedBytes >= thresholdBytes }

    /// The bytes to grant now; 0 when it is not worth it yet.
    package mutating func takeGrant() -> UInt64 {
        guard isGrantDue else { return 0 }
        defer { ungrantedBytes = 0 }
        allowanceBytes += ungrantedBytes
        return UInt64(ungrantedBytes)
    }
}
