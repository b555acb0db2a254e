/// A name of the domain name system: labels, outermost last (RFC 1035, 3.1). Compared without regard to the case of ASCII letters.
package struct DNSName: Sendable {
    package static let maxLabelBytes = 63
    /// Bytes on the wire, with the lengths and the root.
    package static let maxBytes = 255

    package let labels: [[UInt8]]

    /// nil when a label is empty or too long, or the whole is.
    package init?(labels: [[UInt8]]) {
        guard labels.allSatisfy({ !$0.isEmpty && $0.count <= Self.maxLabelBytes }),
            labels.reduce(1, { $0 + $1.count + 1 }) <= Self.maxBytes
        else { return nil }
        self.labels = labels
    }

    /// A name as it is written, as in `_p2p._udp.local`, whose labels contain no dots.
    package init?(_ text: String) {
        self.init(labels: text.split(separator: ".", omittingEmptySubsequences: false).map { Array($0.utf8) })
    }

    /// This name under another.
    package func appending(_ parent: DNSName) -> DNSName? { DNSName(labels: labels + parent.labels) }

    /// The label in front, and the name that it is under.
    package var split: (first: [UInt8], parent: DNSName)? {
        guard let first = labels.first, let parent = DNSName(labels: Array(labels.dropFirst())) else { return nil }
        return (first, parent)
    }

    private var folded: [[UInt8]] {
        labels.map { $0.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 } }
    }
}

extension DNSName: Hashable, CustomStringConvertible {
    package static func == (left: DNSName, right: DNSName) -> Bool {
        left.labels == right.labels || left.folded == right.folded
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(folded) }

    package var description: String { labels.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ".") }
}

/// A message of the domain name system (RFC 1035, 4), as far as multicast DNS needs it: questions, and records in three places.
package struct DNSMessage: Sendable, Hashable {
    package struct Question: Sendable, Hashable {
        package let name: DNSName
        /// The kind of record that is asked for; `DNSRecordKind.any` asks for all.
        package let kind: UInt16

        package init(name: DNSName, kind: UInt16) {
            self.name = name
            self.kind = kind
        }
    }

    package struct Record: Sendable, Hashable {
        package let name: DNSName
        package let data: DNSRecordData
        /// Seconds that the record may be remembered; 0 takes it back (RFC 6762, 10.1).
        package let timeToLiveSeconds: UInt32
        /// Whether it replaces what was known of this name and kind (RFC 6762, 10.2).
        package let flushesCache: Bool

        package init(name: DNSName, data: DNSRecordData, timeToLiveSeconds: UInt32, flushesCache: Bool = false) {
            self.name = name
            self.data = data
            self.timeToLiveSeconds = timeToLiveSeconds
            self.flushesCache = flushesCache
        }
    }

    package var isResponse: Bool
    package var questions: [Question]
    package var answers: [Record]
    package var additional: [Record]

    package init(isResponse: Bool, questions: [Question] = [], answers: [Record] = [], additional: [Record] = []) {
        self.isResponse = isResponse
        self.questions = questions
        self.answers = answers
        self.additional = additional
    }
}

/// The kinds of records that are understood, by number.
package enum DNSRecordKind {
    package static let a: UInt16 = 1
    package static let pointer: UInt16 = 12
    package static let text: UInt16 = 16
    package static let aaaa: UInt16 = 28
    package static let service: UInt16 = 33
    package static let any: UInt16 = 255
}

package enum DNSRecordData: Sendable, Hashable {
    /// An IPv4 address, four bytes.
    case a([UInt8])
    /// An IPv6 address, sixteen bytes.
    case aaaa([UInt8])
    case pointer(DNSName)
    /// Strings of at most 255 bytes.
    case text([[UInt8]])
    case service(port: UInt16, host: DNSName)
    /// A kind that is not needed here, without its content.
    case other(UInt16)

    package var kind: UInt16 {
        switch self {
        case .a: DNSRecordKind.a
        case .aaaa: DNSRecordKind.aaaa
        case .pointer: DNSRecordKind.pointer
        case .text: DNSRecordKind.text
        case .service: DNSRecordKind.service
        case .other(let kind): kind
        }
    }
}

/// Why bytes are not a message.
package enum DNSError: Error, Sendable, Hashable {
    case tooLarge
    /// It ends in the middle of something.
    case truncated
    /// A name is too long, has a label of an unknown kind, or points where it must not.
    case badName
    /// A record's content is not what its kind must have.
    case badRecord
    /// More questions or records than a message on a local network has.
    case tooMany
    /// Not a query nor an answer of the kind that multicast DNS knows, or one with an error.
    case unsupported
}
