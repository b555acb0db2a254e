/// What processors a program can be built for, as jobs and node profiles spell them.
package enum ProgramArchitecture: String, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    case amd64 = "x86_64"
    case arm64, riscv64, arm, i386

    /// What this executable was built for; nil where programs of that kind are not known here.
    package static var native: ProgramArchitecture? {
        #if arch(x86_64)
            .amd64
        #elseif arch(arm64)
            .arm64
        #elseif arch(riscv64)
            .riscv64
        #elseif arch(arm)
            .arm
        #elseif arch(i386)
            .i386
        #else
            nil
        #endif
    }

    /// Takes the other names that are in use, too.
    package init?(named name: String) {
        switch name {
        case "aarch64": self = .arm64
        case "amd64", "x86-64": self = .amd64
        case "armv7l", "armhf": self = .arm
        case "i686", "x86": self = .i386
        default: self.init(rawValue: name)
        }
    }

    package var description: String { rawValue }

    /// As qemu's user mode emulators are called: `qemu-NAME-static`.
    var emulatorName: String { self == .arm64 ? "aarch64" : rawValue }

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

    var is64Bit: Bool { headerFields.is64Bit }
    var machine: UInt16 { headerFields.machine }

    init?(is64Bit: Bool, machine: UInt16) {
        let found = Self.allCases.first { $0.is64Bit == is64Bit && $0.machine == machine }
        guard let found else { return nil }
        self = found
    }
}
