import Testing
import WeftModel

@Suite struct KernelProgramTests {
    private static func program(
        _ languages: [KernelLanguage], _ change: (inout KernelProgram) -> Void = { _ in }
    ) -> KernelProgram {
        var program = KernelProgram(
            languages: languages, buffers: [KernelBuffer(name: "x", type: .int32, shape: [4])],
            launches: [KernelLaunch(entry: "f", grid: KernelSize(1), block: KernelSize(4), arguments: [.buffer("x")])])
        change(&program)
        return program
    }

    @Test func everyLanguageHasADriver() {
        #expect(Self.program([.cuda, .hip, .opencl]).drivers() == ["cuda", "hip", "opencl"])
        #expect(Self.program([.spirv]).drivers() == ["level-zero"])
        #expect(Self.program([.spirv]).drivers(required: ["level-zero", "cuda-emulated"]) == ["level-zero"])
        #expect(Self.program([.cuda]).drivers(required: ["cuda-emulated"]) == ["cuda", "cuda-emulated"])
    }

    /// A driver is matched by its name, which is not that of the language.
    @Test func aModuleGoesToTheDriverOfLevelZeroAlone() {
        var profile = NodeProfile(
            name: "node", operatingSystem: "linux", architecture: "x86_64", capacity: Resources(),
            drivers: ["opencl", "level-zero"].map { DriverProfile(name: $0, payloads: ["kernel"]) })
        let payload = KernelPayload(source: .inline([3, 2, 0x23, 7]), program: Self.program([.spirv]))
        let spec = JobSpec(name: "s", payload: .kernel(payload))
        #expect(profile.driver(for: spec.driverWish)?.index == 1)
        profile.drivers.removeLast()
        #expect(profile.driver(for: spec.driverWish) == nil)
    }

    @Test func aModuleIsNotAskedForWhatItCannotHave() {
        #expect(Self.program([.spirv]).problem == nil)
        #expect(Self.program([.spirv]) { $0.launches[0].arguments.append(.local(bytes: 64)) }.problem == nil)
        #expect(Self.program([.opencl, .spirv]).problem?.contains("no other language") == true)
        let macro = Self.program([.spirv]) { $0.defines = [KernelDefine(name: "N", value: "1")] }
        #expect(macro.problem?.contains("macros") == true)
        #expect(Self.program([.spirv]) { $0.usesFastMath = true }.problem?.contains("FPFastMathMode") == true)
        #expect(Self.program([.spirv]) { $0.launches[0].sharedBytes = 1 }.problem?.contains("local_bytes") == true)
        // Sources that are texts can have all of it.
        let text = Self.program([.opencl]) {
            $0.defines = [KernelDefine(name: "N", value: "1")]
            $0.usesFastMath = true
        }
        #expect(text.problem == nil)
    }
}
