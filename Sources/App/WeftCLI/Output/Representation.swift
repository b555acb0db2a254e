import WeftFormats
package import WeftModel

/// Values in the form in which the API writes them.
package enum Representation {
    package static func document(of value: some Encodable) throws -> Document {
        try JSONText.parse(APICoder.encode(value))
    }

    /// On one line, with its line break: for streams of values.
    package static func line(of value: some Encodable) throws -> [UInt8] {
        try APICoder.encode(value) + [UInt8(ascii: "\n")]
    }
}
