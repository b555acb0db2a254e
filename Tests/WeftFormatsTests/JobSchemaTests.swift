import Foundation
import Testing
import WeftFormats
import WeftModel

@Suite struct JobSchemaTests {
    private let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// To renew the file, run the tests with `WEFT_RECORD_SPECS` set and read the diff.
    @Test func theCheckedInSchemaIsTheGeneratedOne() throws {
        let url = root.appending(path: "schemas/job.schema.json")
        let generated = CanonicalJSON.encodePretty(JobSchema.document)
        if ProcessInfo.processInfo.environment["WEFT_RECORD_SPECS"] != nil { try Data(generated).write(to: url) }
        #expect(Array(try Data(contentsOf: url)) == generated)
    }

    @Test func everyReferenceInTheSchemaLeadsSomewhere() throws {
        let definitions = try #require(JobSchema.document["$defs"])
        var open: [Document] = [JobSchema.document]
        var references = 0
        while let document = open.popLast() {
            switch document {
            case .array(let elements): open += elements
            case .object(let members):
                open += members.map(\.value)
                if let reference = document["$ref"]?.string {
                    references += 1
                    #expect(definitions[String(reference.dropFirst("#/$defs/".count))] != nil, "\(reference)")
                }
            case .null, .bool, .integer, .number, .string: break
            }
        }
        #expect(references > 10)
    }

    @Test func everyExampleIsAValidJob() throws {
        let folder = root.appending(path: "examples")
        // Those of drivers that not every machine has are in folders of their own.
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path()).filter { $0.hasSuffix(".yaml") }
        #expect(names.count >= 9)
        for name in names.sorted() {
            let bytes = Array(try Data(contentsOf: folder.appending(path: name)))
            #expect(throws: Never.self, "\(name)") { try JobSpec.parse(yamlOrJSON: bytes) }
        }
    }
}
