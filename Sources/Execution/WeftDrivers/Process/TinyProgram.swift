package import WeftModel

/// Whole programs of one system call each, to see whether programs of a kind run here. Nothing has to be compiled.
package enum TinyProgram {
    /// What each of them ends with: nothing that a failure would end with by chance.
    package static let status: Int32 = 42

    /// `exit(42)`, in the instructions of each processor.
    private static func code(_ architecture: ProgramArchitecture) -> [UInt8] {
        switch architecture {
        case .amd64:
            // mov edi, 42; mov eax, 60; syscall
            [0xbf, 42, 0, 0, 0, 0xb8, 60, 0, 0, 0, 0x0f, 0x05]
        case .i386:
            // mov ebx, 42; mov eax, 1; int 0x80
            [0xbb, 42, 0, 0, 0, 0xb8, 1, 0, 0, 0, 0xcd, 0x80]
        case .arm64:
            // mov x0, #42; mov x8, #93; svc #0
            words([0xd280_0540, 0xd280_0ba8, 0xd400_0001])
        case .arm:
            // mov r0, #42; mov r7, #1; svc #0
            words([0xe3a0_002a, 0xe3a0_7001, 0xef00_0000])
        case .riscv64:
            // li a0, 42; li a7, 93; ecall
            words([0x02a0_0513, 0x05d0_0893, 0x0000_0073])
        }
    }

    private static func words(_ values: [UInt32]) -> [UInt8] { values.flatMap { littleEndian($0) } }

    private static func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }

    /// An ELF file with one segment, which holds the file whole.
    package static func bytes(_ architecture: ProgramArchitecture) -> [UInt8] {
        architecture.is64Bit ? file(architecture, UInt64.self) : file(architecture, UInt32.self)
    }

    /// Laid out as in the ELF specification; addresses are as wide as `Address`.
    private static func file<Address: FixedWidthInteger>(
        _ architecture: ProgramArchitecture, _: Address.Type
    ) -> [UInt8] {
        let is64Bit = architecture.is64Bit
        let headerBytes = is64Bit ? 64 : 52
        let segmentBytes = is64Bit ? 56 : 32
        let base: Address = 0x40_0000
        let code = code(architecture)
        let size = Address(headerBytes + segmentBytes + code.count)
        var bytes = ELFHeader.magic + [is64Bit ? 2 : 1, 1, 1, 0] + [UInt8](repeating: 0, count: 8)
        bytes += littleEndian(UInt16(2)) + littleEndian(architecture.machine) + littleEndian(UInt32(1))
        bytes += littleEndian(base + Address(headerBytes + segmentBytes))  // entry
        bytes += littleEndian(Address(headerBytes)) + littleEndian(Address(0))  // segments, sections
        // EABI version 5, or ARM's kernels and emulators take it for the old system call interface.
        bytes += littleEndian(UInt32(architecture == .arm ? 0x0500_0000 : 0))
        for field in [headerBytes, segmentBytes, 1, 0, 0, 0] { bytes += littleEndian(UInt16(field)) }
        bytes += littleEndian(UInt32(1))
        if is64Bit { bytes += littleEndian(UInt32(5)) }  // readable, executable
        for value in [0, base, base, size, size] { bytes += littleEndian(Address(value)) }
        if !is64Bit { bytes += littleEndian(UInt32(5)) }
        bytes += littleEndian(Address(0x1000))
        return bytes + code
    }
}
