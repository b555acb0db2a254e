/// Bounds that both ends keep.
package enum LinkBounds {
    /// Largest cost of one frame (see ``Frame/messageOverheadBytes``), and so largest encoded frame.
    package static let frameBytes = 4 << 20
    /// What a receiver lets its peer have on the way, counted as frames cost.
    package static let windowBytes = 8 << 20
    /// Bytes that a link takes from its senders before the transport has sent them.
    package static let stagedBytes = 1 << 20
    /// Small batches are joined into frames, and large ones split into frames, of about this many bytes.
    package static let joinedFrameBytes = 128 << 10
    /// Largest piece of a blob in one message.
    package static let blobChunkBytes = 256 << 10
    /// Largest blob that travels inside a result.
    package static let inlineBlobBytes = 16 << 10
    /// Jobs whose orders a worker keeps for one link.
    package static let jobOrders = 4096
    /// About how large an order may be that the worker is to keep; a larger one comes with each of its assignments.
    package static let keptOrderBytes = 16 << 10
    /// Protocol versions that this build speaks.
    package static let versions: ClosedRange<UInt32> = 1...1

    /// The highest version that both this build and a peer that offers `minimum` to `maximum` speak.
    /// Throws ``LinkError/malformed(_:)`` for an empty range, ``LinkError/refused(_:)`` when there is none in common.
    package static func commonVersion(
        minimum: UInt32, maximum: UInt32, own: ClosedRange<UInt32> = versions
    ) throws(LinkError) -> UInt32 {
        guard minimum <= maximum else { throw .malformed("versions \(minimum) to \(maximum) are no range") }
        let highest = min(maximum, own.upperBound)
        guard highest >= max(minimum, own.lowerBound) else {
            throw .refused(
                "the peer speaks protocol versions \(minimum) to \(maximum), this build \(own.lowerBound) to "
                    + "\(own.upperBound)")
        }
        return highest
    }
}

/// The bounds of one link. ``standard`` everywhere but in tests: `frameBytes` is part of the protocol.
package struct LinkLimits: Hashable, Sendable {
    /// See ``LinkBounds/frameBytes``.
    package let frameBytes: Int
    /// See ``LinkBounds/windowBytes``; at least `frameBytes`, or the largest frame could never be sent.
    package let windowBytes: Int
    /// See ``LinkBounds/stagedBytes``.
    package let stagedBytes: Int
    /// See ``LinkBounds/joinedFrameBytes``.
    package let joinedFrameBytes: Int

    package static let standard = LinkLimits()

    package init(
        frameBytes: Int = LinkBounds.frameBytes, windowBytes: Int = LinkBounds.windowBytes,
        stagedBytes: Int = LinkBounds.stagedBytes, joinedFrameBytes: Int = LinkBounds.joinedFrameBytes
    ) {
        precondition(frameBytes > Frame.messageOverheadBytes, "a frame must hold a message")
        precondition(windowBytes >= frameBytes, "a window must hold the largest frame")
        precondition(stagedBytes > 0 && joinedFrameBytes > 0, "bounds are positive")
        self.frameBytes = frameBytes
        self.windowBytes = windowBytes
        self.stagedBytes = stagedBytes
        self.joinedFrameBytes = min(joinedFrameBytes, frameBytes)
    }

    /// Largest encoded message.
    package var messageBytes: Int { frameBytes - Frame.messageOverheadBytes }
}
