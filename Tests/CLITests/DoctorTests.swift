import Testing
import WeftCLI
import WeftFormats
import WeftModel

@Suite struct DoctorTests {
    @Test func everyDriverIsListedBesideWhatTheSandboxCanDo() async throws {
        let result = await Tool().run("doctor", "--output", "json")
        let report = try JSONText.parse(Array(result.output.utf8))
        #expect(report["mode"]?.string != nil)
        let drivers = try #require(report["drivers"]?.elements)
        let names = drivers.map { $0["name"]?.string }
        #expect(names.prefix(4) == ["process", "assembly", "wasm", "vm"])
        // Those of the engines that are here, by their names.
        #expect(drivers.contains { $0["payloads"]?.elements?.contains(.string("container")) == true })
        for driver in drivers {
            guard case .bool(let isAvailable)? = driver["is_available"] else {
                Issue.record("\(driver)")
                continue
            }
            #expect((driver["reason"] == nil) == isAvailable)
            #expect((driver["isolation"] != nil) == isAvailable)
            #expect((driver["enforced"] != nil) == isAvailable)
            #expect((driver["startup_microseconds"] != nil) == isAvailable)
        }
    }

    @Test func aTableSaysOfADriverWhatMatters() async {
        let text = await Tool().run("doctor").output
        #expect(text.contains("\nDrivers\n"))
        #expect(text.contains("assembly"))
    }
}
