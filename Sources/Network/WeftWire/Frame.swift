import SwiftProtobuf

/// One frame as it arrived: the messages of a `Batch` of `proto/weft.proto`, and the credit that came with them.
package struct Frame: Sendable {
    /// What a message costs besides its encoded bytes, so that a flood of empty messages is bounded like any other.
    package static let messageOverheadBytes = 64

    package var messages: [Message]
    package var creditBytes: UInt64
    /// Encoded bytes of the messages plus ``messageOverheadBytes`` for each: what credit is counted in.
    package var costBytes: Int
}

/// One frame ready to be sent, without credit. Frames may be joined by putting their bytes one after the other.
package struct EncodedFrame: Hashable, Sendable {
    package var bytes: [UInt8]
    package var costBytes: Int
}

// A Batch, in the terms of https://protobuf.dev/programming-guides/encoding: `messages` is field 1,
// length-delimited; `credit_bytes` is field 2, a varint. Written by hand because the cost of each message must be
// known before it is decoded, and so that a message is encoded once however batches are split.
extension Frame {
    private static let messageTag: UInt64 = 1 << 3 | 2
    private static let creditTag: UInt64 = 2 << 3 | 0

    /// Encodes each message once and fills frames of about `limits.joinedFrameBytes` with them, in order.
    /// Throws ``LinkError/tooLarge(bytes:limit:)`` for a message that no frame can hold.
    package static func encode(
        _ messages: [Message], limits: LinkLimits = .standard
    ) throws(LinkError) -> [EncodedFrame] {
        var frames: [EncodedFrame] = []
        var frame = EncodedFrame(bytes: [], costBytes: 0)
        for message in messages {
            let encoded: [UInt8]
            do {
                encoded = try message.serializedBytes()
            } catch {
                // No field of ours is required, so the only cause left is protobuf's own bound of 2 GiB.
                throw .tooLarge(bytes: Int(Int32.max), limit: limits.messageBytes)
            }
            guard encoded.count <= limits.messageBytes else {
                throw .tooLarge(bytes: encoded.count, limit: limits.messageBytes)
            }
            let cost = encoded.count + messageOverheadBytes
            if frame.costBytes > 0, frame.costBytes + cost > limits.joinedFrameBytes {
                frames.append(frame)
                frame = EncodedFrame(bytes: [], costBytes: 0)
            }
            appendVarint(messageTag, to: &frame.bytes)
            appendVarint(UInt64(encoded.count), to: &frame.bytes)
            frame.bytes.append(contentsOf: encoded)
            frame.costBytes += cost
        }
        if frame.costBytes > 0 { frames.append(frame) }
        return frames
    }

    /// Adds a grant of credit to a frame's bytes.
    package static func append(creditBytes: UInt64, to bytes: inout [UInt8]) {
        appendVarint(creditTag, to: &bytes)
        appendVarint(creditBytes, to: &bytes)
    }

    /// Decodes a frame. Fields that this build does not know are skipped.
    /// Throws ``LinkError/tooLarge(bytes:limit:)`` or ``LinkError/malformed(_:)``.
    package init(decoding bytes: [UInt8], limits: LinkLimits = .standard) throws(LinkError) {
        try self.init(decoding: bytes.span.bytes, limits: limits)
    }

    /// The same, from bytes that somebody else owns.
    package init(decoding bytes: RawSpan, limits: LinkLimits = .standard) throws(LinkError) {
        guard bytes.byteCount <= limits.frameBytes else {
            throw .tooLarge(bytes: bytes.byteCount, limit: limits.frameBytes)
        }
        var options = BinaryDecodingOptions()
        options.discardUnknownFields = true
        self.init(messages: [], creditBytes: 0, costBytes: 0)
        var offset = 0
        while offset < bytes.byteCount {
            let tag = try Self.varint(bytes, &offset)
            switch (tag, tag & 7) {
            case (Self.messageTag, _):
                let length = try Self.length(bytes, &offset)
                costBytes += length + Self.messageOverheadBytes
                guard costBytes <= limits.frameBytes else {
                    throw .tooLarge(bytes: costBytes, limit: limits.frameBytes)
                }
                do {
                    messages.append(
                        try Message(serializedBytes: bytes.extracting(offset..<offset + length), options: options))
                } catch {
                    throw .malformed("message \(messages.count) of a frame: \(error)")
                }
                offset += length
            case (Self.creditTag, _):
                // The last one counts for protobuf; frames that were joined carry one each, and all count.
                let (sum, overflow) = creditBytes.addingReportingOverflow(try Self.varint(bytes, &offset))
                guard !overflow else { throw .malformed("credit_bytes: more credit than can be counted") }
                creditBytes = sum
            case (_, 0): _ = try Self.varint(bytes, &offset)
            case (_, 1): try Self.skip(8, bytes, &offset)
            case (_, 2): offset += try Self.length(bytes, &offset)
            case (_, 5): try Self.skip(4, bytes, &offset)
            default: throw .malformed("a field of wire type \(tag & 7)")
            }
            guard tag >> 3 != 0, tag >> 3 < 1 << 29 else { throw .malformed("a field of number \(tag >> 3)") }
        }
    }

    private static func skip(_ count: Int, _ bytes: RawSpan, _ offset: inout Int) throws(LinkError) {
        guard bytes.byteCount - offset >= count else { throw .malformed("the frame ends inside a field") }
        offset += count
    }

    private static func length(_ bytes: RawSpan, _ offset: inout Int) throws(LinkError) -> Int {
        let length = try varint(bytes, &offset)
        guard length <= UInt64(bytes.byteCount - offset) else { throw .malformed("the frame ends inside a field") }
        return Int(length)
    }

    private static func varint(_ bytes: RawSpan, _ offset: inout Int) throws(LinkError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while offset < bytes.byteCount {
            let byte = bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
            offset += 1
            guard shift < 63 || byte <= 1 else { throw .malformed("a number of more than 64 bits") }
            value |= UInt64(byte & 0x7f) << shift
            if byte & 0x80 == 0 { return value }
            shift += 7
        }
        throw .malformed("the frame ends inside a number")
    }

    private static func appendVarint(_ value: UInt64, to bytes: inout [UInt8]) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
