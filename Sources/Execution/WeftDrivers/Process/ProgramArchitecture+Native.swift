package import WeftModel

extension ProgramArchitecture {
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

    /// As qemu's user mode emulators are called: `qemu-NAME-static`.
    var emulatorName: String { self == .arm64 ? "aarch64" : rawValue }
}
