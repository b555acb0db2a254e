package import SwiftProtobuf

#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

extension [UInt8] {
    /// As the generated messages keep bytes.
    package var data: Data { Data(self) }
}

extension Message {
    /// As it is sent: a message without required fields can always be written.
    package func encodedBytes() -> [UInt8] {
        guard let bytes: [UInt8] = try? serializedBytes() else {
            preconditionFailure("a message without required fields can always be written")
        }
        return bytes
    }
}
