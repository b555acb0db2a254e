/// The kernel that tries a device out, as a module of SPIR-V 1.0:
///
///     __kernel void weft_probe(__global int *x, int y) { x[get_global_id(0)] = y + get_global_id(0); }
enum ProbeModule {
    static let bytes = SPIRVModule.bytes(of: header + instructions.flatMap(\.words))

    /// Names of results; ``bound`` is more than all of them.
    private enum ID: UInt32 {
        case kernel = 1
        case globalID, nothing, int, long, vector, vectorPointer, intPointer, signature
        case x, y, start, position, index, low, sum, element, bound
    }

    private struct Instruction {
        var code: UInt32
        var operands: [UInt32]

        init(_ code: UInt32, _ operands: UInt32...) {
            self.code = code
            self.operands = operands
        }

        /// The first word has how many there are, and which instruction it is.
        var words: [UInt32] { [UInt32(operands.count + 1) << 16 | code] + operands }
    }

    private static let header: [UInt32] = [SPIRVModule.magic, 0x0001_0000, 0, id(.bound), 0]

    private static func id(_ id: ID) -> UInt32 { id.rawValue }

    /// In the layout of section 2.4, with the numbers of section 3.
    private static let instructions: [Instruction] = [
        Instruction(17, 4),  // OpCapability Addresses
        Instruction(17, 6),  // OpCapability Kernel
        Instruction(17, 11),  // OpCapability Int64
        Instruction(14, 2, 2),  // OpMemoryModel Physical64 OpenCL
        // OpEntryPoint Kernel "weft_probe"
        Instruction(15, 6, id(.kernel), 0x7466_6577, 0x6f72_705f, 0x0000_6562, id(.globalID)),
        Instruction(71, id(.globalID), 11, 28),  // OpDecorate BuiltIn GlobalInvocationId
        Instruction(71, id(.globalID), 22),  // OpDecorate Constant
        Instruction(19, id(.nothing)),  // OpTypeVoid
        Instruction(21, id(.int), 32, 0),  // OpTypeInt
        Instruction(21, id(.long), 64, 0),  // OpTypeInt
        Instruction(23, id(.vector), id(.long), 3),  // OpTypeVector
        Instruction(32, id(.vectorPointer), 1, id(.vector)),  // OpTypePointer Input
        Instruction(32, id(.intPointer), 5, id(.int)),  // OpTypePointer CrossWorkgroup
        Instruction(33, id(.signature), id(.nothing), id(.intPointer), id(.int)),  // OpTypeFunction
        Instruction(59, id(.vectorPointer), id(.globalID), 1),  // OpVariable Input
        Instruction(54, id(.nothing), id(.kernel), 0, id(.signature)),  // OpFunction
        Instruction(55, id(.intPointer), id(.x)),  // OpFunctionParameter
        Instruction(55, id(.int), id(.y)),  // OpFunctionParameter
        Instruction(248, id(.start)),  // OpLabel
        Instruction(61, id(.vector), id(.position), id(.globalID), 2, 32),  // OpLoad Aligned
        Instruction(81, id(.long), id(.index), id(.position), 0),  // OpCompositeExtract
        Instruction(113, id(.int), id(.low), id(.index)),  // OpUConvert
        Instruction(128, id(.int), id(.sum), id(.y), id(.low)),  // OpIAdd
        Instruction(70, id(.intPointer), id(.element), id(.x), id(.index)),  // OpInBoundsPtrAccessChain
        Instruction(62, id(.element), id(.sum), 2, 4),  // OpStore Aligned
        Instruction(253),  // OpReturn
        Instruction(56),  // OpFunctionEnd
    ]
}
