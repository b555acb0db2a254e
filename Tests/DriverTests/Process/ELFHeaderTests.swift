import Testing
import WeftDrivers
import WeftModel

@Suite struct ELFHeaderTests {
    private func header(_ bytes: [UInt8]) -> ELFHeader? {
        // The closure does not throw, so the reader does not either.
        try? ELFHeader(sizeBytes: Int64(bytes.count)) { offset, length in
            #expect(length <= 256 * 56, "no header may make it read much")
            guard offset >= 0, offset < bytes.count else { return [] }
            return Array(bytes[Int(offset)..<min(bytes.count, Int(offset) + length)])
        }
    }

    @Test(arguments: ProgramArchitecture.allCases) func eachArchitectureIsToldByItsHeader(
        architecture: ProgramArchitecture
    ) {
        #expect(header(TinyProgram.bytes(architecture))?.architecture == architecture)
        #expect(header(TinyProgram.bytes(architecture))?.loader == nil)
    }

    @Test func whatIsCutOffIsNoProgram() {
        let whole = TinyProgram.bytes(.arm64)
        for count in 0..<whole.count { #expect(header(Array(whole[..<count])) == nil, "\(count) bytes") }
    }

    @Test func offsetsBeyondTheFileAreNotFollowed() {
        var bytes = TinyProgram.bytes(.riscv64)
        for index in 32..<40 { bytes[index] = 0xff }
        #expect(header(bytes) == nil, "a segment table at the end of all addresses")
        bytes = TinyProgram.bytes(.riscv64)
        bytes[56] = 0xff
        bytes[57] = 0xff
        #expect(header(bytes) == nil, "65535 segments")
        bytes = TinyProgram.bytes(.riscv64)
        for index in 96..<104 { bytes[index] = 0xff }
        #expect(header(bytes) == nil, "a segment larger than the file")
    }

    @Test func aForeignByteOrderAndAnUnknownMachineAreForNoProcessor() {
        var bytes = TinyProgram.bytes(.arm64)
        bytes[18] = 22  // s390
        #expect(header(bytes) != nil && header(bytes)?.architecture == nil)
        bytes[5] = 2
        #expect(header(bytes) != nil && header(bytes)?.architecture == nil)
    }

    @Test func noChangeOfBytesMakesItReadTooMuchOrTrap() {
        var random = SystemRandomNumberGenerator()
        for architecture in ProgramArchitecture.allCases {
            let whole = TinyProgram.bytes(architecture)
            for _ in 0..<2000 {
                var bytes = whole
                for _ in 0..<Int.random(in: 1...8, using: &random) {
                    bytes[Int.random(in: 4..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
                _ = header(bytes)
            }
        }
    }
}
