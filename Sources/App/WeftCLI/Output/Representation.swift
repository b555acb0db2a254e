import FoundationEssentials
import WeftFormats
package import WeftModel

/// Values in the form in which the API writes them.
package enum Representation {
    package static func document(of value: some Encodable) throws -> Document {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return try JSONText.parse(Array(encoder.encode(value)))
    }
}
