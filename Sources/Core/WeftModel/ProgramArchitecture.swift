/// What processors a program can be built for, as jobs and node profiles spell them.
package enum ProgramArchitecture: String, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    case amd64 = "x86_64"
    case arm64, riscv64, arm, i386

    /// Takes the other names that are in use, too.
    package init?(named name: String) {
        switch name {
        case "aarch64": self = .arm64
        case "amd64", "x64", "x86-64": self = .amd64
        case "armv7l", "armhf": self = .arm
        case "i686", "x86": self = .i386
        default: self.init(rawValue: name)
        }
    }

    package var description: String { rawValue }

    /// `EI_CLASS` and `e_machine` of its programs (ELF specification, generic ABI, chapter 4). All are little endian.
    private var headerFields: (is64Bit: Bool, machine: UInt16) {
        switch self {
        case .amd64: (true, 62)
        case .arm64: (true, 183)
        case .riscv64: (true, 243)
        case .arm: (false, 40)
        case .i386: (false, 3)
        }
    }

    package var is64Bit: Bool { headerFields.is64Bit }
    package var machine: UInt16 { headerFields.machine }

    package init?(is64Bit: Bool, machine: UInt16) {
        let found = Self.allCases.first { $0.is64Bit == is64Bit && $0.machine == machine }
        guard let found else { return nil }
        self = found
    }

    /// What every program begins with.
    package static let headerMagic: [UInt8] = [0x7f, UInt8(ascii: "E"), UInt8(ascii: "L"), UInt8(ascii: "F")]

    /// What the first bytes of a program say that it is built for; nil for scripts and what is not known. 20 bytes are
    /// enough. The rest of the header is not looked at.
    package init?(programHeader bytes: [UInt8]) {
        guard bytes.count >= 20, bytes.starts(with: Self.headerMagic), bytes[4] == 1 || bytes[4] == 2, bytes[5] == 1
        else {
            return nil
        }
        self.init(is64Bit: bytes[4] == 2, machine: UInt16(bytes[18]) | UInt16(bytes[19]) << 8)
    }
}
