import FoundationEssentials
import NIOCore
import WeftFormats
import WeftModel

/// The one place where bodies become values and values become bodies.
enum JSON {
    enum SpecFormat { case json, yaml }

    static func encode(_ value: some Encodable) throws -> ByteBuffer {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return ByteBuffer(bytes: try encoder.encode(value))
    }

    /// For documents that say what went wrong: should one not encode, an empty body is better than another error.
    static func orEmpty(_ value: some Encodable) -> ByteBuffer { (try? encode(value)) ?? ByteBuffer() }

    static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(type, from: Data(bytes))
    }
}

extension JSON {
    static func specFormat(_ mediaType: String?) throws -> SpecFormat {
        switch mediaType {
        case nil, "application/json": .json
        case "application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml": .yaml
        default: throw HTTPFailure.unsupportedMediaType(allowed: ["application/json", "application/yaml"])
        }
    }
    static func spec(_ bytes: [UInt8], _ format: SpecFormat) throws -> JobSpec { fatalError() }
    static func encode(_ spec: JobSpec) -> [UInt8] { [] }
    static func jobSchema() -> [UInt8] { [] }
}
