import Foundation
import Testing
import WeftFormats
import WeftModel

@Suite struct JobSpecFileTests {
    @Test func thereAreEnoughFiles() {
        #expect(SpecFile.all("valid").count >= 30)
        #expect(SpecFile.all("invalid").count >= 60)
    }

    @Test(arguments: SpecFile.all("valid"))
    func aValidFileIsReadAndItsCanonicalFormIsKnown(_ file: SpecFile) throws {
        let spec = try JobSpec.parse(yamlOrJSON: try file.bytes())
        let (actual, expected) = try file.expect(String(decoding: spec.canonicalJSON, as: UTF8.self) + "\n")
        #expect(actual == expected)
    }

    @Test(arguments: SpecFile.all("valid"))
    func theCanonicalFormReadsBackAsTheSameJob(_ file: SpecFile) throws {
        let spec = try JobSpec.parse(yamlOrJSON: try file.bytes())
        #expect(try JobSpec(document: spec.document) == spec)
        let again = try JobSpec.parse(yamlOrJSON: spec.canonicalJSON)
        #expect(again == spec)
        #expect(again.digest == spec.digest)
    }

    @Test(arguments: SpecFile.all("invalid"))
    func everyProblemOfAnInvalidFileIsTold(_ file: SpecFile) throws {
        let bytes = try file.bytes()
        let error = try #require(throws: InvalidDocument.self) { try JobSpec.parse(yamlOrJSON: bytes) }
        let (actual, expected) = try file.expect(error.description + "\n")
        #expect(actual == expected)
    }
}
