#if os(Linux)
    /// The smallest program there is: it ends with status 0. An image of nothing else tells what an engine costs, on any
    /// machine and without a registry.
    enum ProbeProgram {
        private static let headerBytes: UInt16 = 64
        private static let programHeaderBytes: UInt16 = 56
        private static let address: UInt64 = 0x40_0000

        /// Nil on an architecture whose instructions are not known here.
        static var forThisMachine: [UInt8]? {
            #if arch(x86_64)
                // mov $60, %eax (exit); xor %edi, %edi; syscall
                elf(machine: 62, code: [0xb8, 60, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05])
            #elseif arch(arm64)
                // mov x8, #93 (exit); mov x0, #0; svc #0
                elf(machine: 183, code: [0xa8, 0x0b, 0x80, 0xd2, 0x00, 0x00, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4])
            #elseif arch(riscv64)
                // li a7, 93 (exit); li a0, 0; ecall
                elf(machine: 243, code: [0x93, 0x08, 0xd0, 0x05, 0x13, 0x05, 0x00, 0x00, 0x73, 0x00, 0x00, 0x00])
            #else
                nil
            #endif
        }

        /// An executable of one segment (elf(5)).
        private static func elf(machine: UInt16, code: [UInt8]) -> [UInt8] {
            var bytes: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 9)
            func add<Number: FixedWidthInteger>(_ number: Number) {
                withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
            }
            let start = UInt64(headerBytes + programHeaderBytes)
            let size = start + UInt64(code.count)
            add(UInt16(2))  // an executable
            add(machine)
            add(UInt32(1))
            add(address + start)
            add(UInt64(headerBytes))
            add(UInt64(0))
            add(UInt32(0))
            for half in [headerBytes, programHeaderBytes, 1, 0, 0, 0] { add(half) }
            add(UInt32(1))  // loaded
            add(UInt32(5))  // readable and executable
            add(UInt64(0))
            add(address)
            add(address)
            add(size)
            add(size)
            add(UInt64(4096))
            return bytes + code
        }
    }
#endif
