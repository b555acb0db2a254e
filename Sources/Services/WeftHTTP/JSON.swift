import NIOCore
import WeftFormats
import WeftModel

/// The one place where bodies become values and values become bodies.
enum JSON {
    static func encode(_ value: some Encodable) throws -> ByteBuffer {
        ByteBuffer(bytes: try APICoder.encode(value))
    }

    /// For documents that say what went wrong: should one not encode, an empty body is better than another error.
    static func orEmpty(_ value: some Encodable) -> ByteBuffer { (try? encode(value)) ?? ByteBuffer() }

    /// Throws ``InvalidDocument`` that names the field.
    static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
        do {
            return try APICoder.decode(type, from: bytes)
        } catch let error as DecodingError {
            throw InvalidDocument([problem(error)])
        }
    }

    private static func problem(_ error: DecodingError) -> Problem {
        func field(_ path: [any CodingKey]) -> String {
            path.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
        }
        switch error {
        case .keyNotFound(let key, let context):
            return Problem(field: field(context.codingPath + [key]), message: "is missing")
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            return Problem(field: field(context.codingPath), message: "has the wrong kind of value")
        case .dataCorrupted(let context):
            let path = field(context.codingPath)
            return Problem(
                field: path, message: path.isEmpty ? "this is no JSON document" : "has a value that is not allowed here"
            )
        @unknown default: return Problem(field: "", message: "this document cannot be read")
        }
    }

    enum SpecFormat { case json, yaml }

    /// Throws 415 for a media type that no job comes in.
    static func specFormat(_ mediaType: String?) throws -> SpecFormat {
        switch mediaType {
        case nil, "application/json": .json
        case "application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml": .yaml
        default: throw HTTPFailure.unsupportedMediaType(allowed: ["application/json", "application/yaml"])
        }
    }

    /// Throws ``InvalidDocument`` with everything that is wrong.
    static func spec(_ bytes: [UInt8], _ format: SpecFormat, limit: Int) throws -> JobSpec {
        let limits = TextLimits(maxBytes: limit)
        let document =
            switch format {
            case .json: try JSONText.parse(bytes, limits: limits)
            case .yaml: try YAMLText.parse(bytes, limits: limits)
            }
        return try ImageJob.spec(document) ?? JobSpec(document: document)
    }
}
