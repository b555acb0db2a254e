package import WeftModel

#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

// Checks that the mappings share. What fails is the peer's fault, so each throws `LinkError.malformed` with the
// field's name in proto/weft.proto.

/// Bounds on what one message may hold, where the frame's bound is not enough.
package enum WireBounds {
    /// A name, label, note or other short text, in UTF-8 bytes.
    package static let textBytes = 4096
    /// Labels, notes, devices or drivers in one message.
    package static let entries = 1024
    /// Inputs, outputs, arguments or environment variables in one message.
    package static let items = 65_536
    /// Any quantity of bytes, thousandths or microseconds: 2⁶⁰, so that sums of a few cannot overflow.
    package static let quantity: Int64 = 1 << 60
    /// An Ed25519 signature.
    package static let signatureBytes = 64
    /// Devices of one kind.
    package static let deviceCount: Int32 = 1 << 20
    /// The longest timeout: 30 days.
    package static let timeoutMilliseconds: UInt64 = 30 * 24 * 3600 * 1000
}

func malformed(_ field: String, _ why: String) -> LinkError { .malformed("\(field): \(why)") }

func checkedText(
    _ text: String, _ field: String, limitBytes: Int = WireBounds.textBytes, mayBeEmpty: Bool = true
) throws(LinkError) -> String {
    guard mayBeEmpty || !text.isEmpty else { throw malformed(field, "must not be empty") }
    guard text.utf8.count <= limitBytes else { throw malformed(field, "longer than \(limitBytes) bytes") }
    guard !text.utf8.contains(0) else { throw malformed(field, "must not contain a zero byte") }
    return text
}

func checkedCount(_ count: Int, _ field: String, limit: Int) throws(LinkError) {
    guard count <= limit else { throw malformed(field, "\(count) entries; the limit is \(limit)") }
}

/// Names, none of them empty.
func checkedNames(_ names: [String], _ field: String) throws(LinkError) {
    try checkedCount(names.count, field, limit: WireBounds.entries)
    for (position, name) in names.enumerated() {
        _ = try checkedText(name, "\(field)[\(position)]", mayBeEmpty: false)
    }
}

func checkedQuantity(_ value: Int64, _ field: String) throws(LinkError) -> Int64 {
    guard (0...WireBounds.quantity).contains(value) else { throw malformed(field, "\(value) is out of range") }
    return value
}

/// Relative to the working directory and never leaving it, as the rules for jobs say; checked again by whoever acts
/// on it, because the peer may not have.
func checkedPath(_ path: String, _ field: String) throws(LinkError) -> String {
    let path = try checkedText(path, field, mayBeEmpty: false)
    let parts = path.utf8.split(separator: UInt8(ascii: "/"))
    guard !path.hasPrefix("/"), !parts.contains(where: { $0.elementsEqual("..".utf8) }) else {
        throw malformed(field, "must be relative and without `..`")
    }
    return path
}

func checkedInstant(_ microseconds: Int64, _ field: String) throws(LinkError) -> Instant {
    Instant(microseconds: try checkedQuantity(microseconds, field))
}

extension Digest {
    /// Reads 32 bytes of a message's field. Throws ``LinkError/malformed(_:)`` with the field's name.
    package init(wire: Data, field: String) throws(LinkError) {
        guard let digest = Digest(bytes: wire) else {
            throw malformed(field, "\(wire.count) bytes; a SHA-256 digest has 32")
        }
        self = digest
    }

    /// The 32 bytes of a message's field.
    package var wire: Data { Data(bytes) }
}

extension Weft_Wire_V1_Message {
    /// One message with this body: `Message(.heartbeat(heartbeat))`.
    package init(_ body: OneOf_Body) {
        self.init()
        self.body = body
    }
}
