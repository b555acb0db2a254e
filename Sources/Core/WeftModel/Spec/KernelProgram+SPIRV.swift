/// What a SPIR-V module cannot be asked for: it was compiled before, from whatever it was written in.
extension KernelProgram {
    /// Something that is asked for all the same.
    struct SPIRVMisfit: Hashable, Sendable {
        /// Of the payload.
        var field: String
        /// One sentence without its full stop, which says what to do instead.
        var problem: String
    }

    /// Empty for a program in other languages alone.
    var spirvMisfits: [SPIRVMisfit] {
        guard languages.contains(.spirv) else { return [] }
        var misfits: [SPIRVMisfit] = []
        if languages.count > 1 {
            misfits.append(
                SPIRVMisfit(
                    field: "language",
                    problem: "spirv goes with no other language: a module is no text that could be read as another"))
        }
        if !defines.isEmpty {
            misfits.append(
                SPIRVMisfit(
                    field: "options.defines",
                    problem: "a SPIR-V module takes no macros: give them to the compiler that makes it"))
        }
        if usesFastMath {
            misfits.append(
                SPIRVMisfit(
                    field: "options.fast_math",
                    problem: "fast math is no option of Level Zero: a SPIR-V module says it of its own operations "
                        + "(FPFastMathMode), when its compiler is told so"))
        }
        if let index = launches.firstIndex(where: { $0.sharedBytes != 0 }) {
            misfits.append(
                SPIRVMisfit(
                    field: "launches[\(index)].shared_bytes",
                    problem: "a SPIR-V module has local_bytes among its arguments instead"))
        }
        return misfits
    }
}
