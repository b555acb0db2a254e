import Foundation
import Testing
import WeftDevices
import WeftFormats
import WeftModel

@Suite struct SchemaTests {
    private let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// To renew the file, run the tests with `WEFT_RECORD_SPECS` set and read the diff.
    @Test func theCheckedInSchemaIsTheGeneratedOne() throws {
        let url = root.appending(path: "schemas/hardware.json")
        let generated = CanonicalJSON.encodePretty(HardwareSchema.document)
        if ProcessInfo.processInfo.environment["WEFT_RECORD_SPECS"] != nil { try Data(generated).write(to: url) }
        #expect(Array(try Data(contentsOf: url)) == generated)
    }

    private func document(_ report: HardwareReport) throws -> Document {
        try JSONText.parse(APICoder.encode(report))
    }

    @Test func whatThisMachineSaysHasTheForm() async throws {
        let report = await HardwareInspector(
            probes: .installed(environment: ProcessInfo.processInfo.environment),
            environment: ProcessInfo.processInfo.environment
        ).report()
        #expect(problems(try document(report), HardwareSchema.document, "report") == [])
    }

    @Test func whatAMachineWithEverythingSaysHasTheForm() async throws {
        let machine = try FakeMachine()
        try machine.write(FakeMachine.amdGPU)
        let probe = try machine.script(
            "probe",
            #"echo '{"state":"ready","driver":"6.2","library":"/opt/x.so","devices":[{"index":0,"vendor":"amd","name":"Radeon","pci":"0000:03:00.0","capability":"11.0","architecture":"gfx1100","uuid":"GPU-1","compute_units":96,"clock_mhz":2500.5,"fp64":true,"fp16":true,"version":"2.0","utilization_percent":3}]}'"#
        )
        var report = await machine.inspector([.init(backend: "hip", arguments: [probe])]).report()
        report.benchmark = HardwareBenchmark(
            fingerprint: "00", measuredAt: Instant(microseconds: 5), processor: ProcessorBenchmark(singleMegaflops: 1),
            devices: [DeviceBenchmark(id: "gpu0", backend: "hip", loadMillidegrees: 1, notes: ["none"])],
            signature: "AA==")
        let document = try document(report)
        #expect(problems(document, HardwareSchema.document, "report") == [])
        #expect(try APICoder.decode(HardwareReport.self, from: APICoder.encode(report)) == report)
        #expect(document["devices"]?.elements?.first?["capability"]?.string == "11.0")
    }

    @Test func whatHasNotTheFormIsSeen() throws {
        let schema = HardwareSchema.document
        #expect(problems([:], schema, "report").contains("report.version is missing"))
        #expect(problems(["surprise": 1], schema, "report").contains("report.surprise is not known"))
    }

    /// As much of JSON Schema as ours uses.
    private func problems(_ value: Document, _ schema: Document, _ path: String) -> [String] {
        if let reference = schema["$ref"]?.string {
            let name = String(reference.split(separator: "/").last ?? "")
            return HardwareSchema.document["$defs"]?[name].map { problems(value, $0, path) } ?? [
                "\(reference) leads nowhere"
            ]
        }
        if let constant = schema["const"] { return value == constant ? [] : ["\(path) is not \(constant)"] }
        if let choices = schema["enum"]?.elements { return choices.contains(value) ? [] : ["\(path) is \(value)"] }
        switch (schema["type"]?.string, value) {
        case ("string", .string), ("boolean", .bool), ("number", .number), ("number", .integer): return []
        case ("integer", .integer(let number)): return number >= 0 ? [] : ["\(path) is below 0"]
        case ("array", .array(let elements)):
            return elements.enumerated().flatMap { problems($1, schema["items"] ?? [:], "\(path)[\($0)]") }
        case ("object", .object(let members)):
            let missing = (schema["required"]?.elements ?? []).compactMap(\.string).filter { value[$0] == nil }
            let inside = members.flatMap { member in
                schema["properties"]?[member.key].map { problems(member.value, $0, "\(path).\(member.key)") }
                    ?? ["\(path).\(member.key) is not known"]
            }
            return missing.map { "\(path).\($0) is missing" } + inside
        default: return ["\(path) is \(value)"]
        }
    }
}
