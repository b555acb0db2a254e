import Testing
import WeftModel

@Suite struct DeviceRequestTests {
    private func read(_ device: Document) throws(InvalidDocument) -> [DeviceRequest] {
        try JobSpec(document: ["command": "true", "resources": ["devices": [device]]]).resources.devices
    }

    private func problems(_ devices: Document) -> [String] {
        do throws(InvalidDocument) {
            _ = try JobSpec(document: ["command": "true", "resources": ["devices": devices]])
            return []
        } catch {
            return error.problems.map(\.field)
        }
    }

    @Test func everythingThatCanBeAskedOfADeviceIsRead() throws {
        let devices = try read([
            "kind": "gpu", "count": 2, "vendor": "nvidia", "memory": "16GiB", "capability": 8.6, "share": "4GiB",
        ])
        #expect(
            devices == [
                DeviceRequest(
                    kind: "gpu", count: 2, vendor: "nvidia", memoryBytes: 16 << 30,
                    capability: DeviceCapability(major: 8, minor: 6), shareBytes: 4 << 30)
            ])
    }

    @Test func aRequestIsReadAgainFromItsCanonicalForm() throws {
        let spec = try JobSpec(document: [
            "command": "true",
            "resources": [
                "devices": [
                    ["kind": "gpu", "vendor": "amd", "capability": "9.0", "memory": 1_073_741_824],
                    ["kind": "gpu", "vendor": "nvidia", "share": "1GiB"], ["kind": "accelerator"],
                ]
            ],
        ])
        #expect(try JobSpec(document: spec.document).resources == spec.resources)
    }

    @Test func aRequestForAKindAloneHasTheFormThatItAlwaysHad() throws {
        let spec = try JobSpec(document: ["command": "true", "resources": ["devices": [["kind": "gpu"]]]])
        #expect(spec.document["resources"] == ["devices": [["kind": "gpu", "count": 1]]])
    }

    @Test func whatMakesNoSenseIsSaidWithItsField() {
        #expect(problems([["kind": "gpu", "capability": 8.0]]) == ["resources.devices[0].capability"])
        #expect(
            problems([["kind": "gpu", "vendor": "nvidia", "capability": "eight"]]) == [
                "resources.devices[0].capability"
            ])
        #expect(problems([["kind": "gpu", "memory": 1]]) == ["resources.devices[0].memory"])
        #expect(problems([["kind": "gpu"], ["kind": "gpu"]]) == ["resources.devices[1].kind"])
        #expect(problems([["kind": "gpu", "vendor": "amd"], ["kind": "gpu", "vendor": "nvidia"]]) == [])
    }

    @Test(arguments: [("9", 9, 0), ("8.6", 8, 6), ("12.10", 12, 10)])
    func capabilitiesAreReadAsVendorsWriteThem(text: String, major: Int, minor: Int) {
        #expect(DeviceCapability(text) == DeviceCapability(major: major, minor: minor))
    }

    @Test(arguments: ["", ".", "8.", ".6", "8.6.1", "-1", "1000", "8.100", "8,6", " 8"])
    func whatIsNoCapabilityIsNotRead(text: String) { #expect(DeviceCapability(text) == nil) }

    @Test func aHigherNumberIsAHigherCapability() throws {
        #expect(try #require(DeviceCapability("10.0")) > (try #require(DeviceCapability("9.10"))))
    }
}
