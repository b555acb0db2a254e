/// Kernels for a GPU, or for what stands in for one: one source, buffers by name, and launches over them in order.
package struct KernelPayload: Hashable, Sendable {
    package var source: InputSource
    package var program: KernelProgram

    package init(source: InputSource, program: KernelProgram) {
        self.source = source
        self.program = program
    }
}

/// What kernels are written in.
package enum KernelLanguage: String, Hashable, Sendable, Codable, CaseIterable {
    case opencl, cuda, hip
    /// Not a text: a module that some compiler made before, for Level Zero. Goes with no other language.
    case spirv

    /// The driver that runs it where nothing is emulated, as node profiles spell it.
    package var driver: String { self == .spirv ? KernelProgram.levelZeroDriver : rawValue }
}

/// Everything about a job of kernels but its source.
package struct KernelProgram: Hashable, Sendable {
    /// What the source can be read as, the preferred one first: at least one, none twice. The node's driver decides which one
    /// it is; a source that is a text can tell by the macros `WEFT_OPENCL`, `WEFT_CUDA` and `WEFT_HIP`.
    package var languages: [KernelLanguage]
    /// Whether CUDA C may run on a processor, emulated.
    package var allowsEmulation: Bool
    /// Macros, by name, each once.
    package var defines: [KernelDefine]
    /// Whether the compiler may trade exactness for speed.
    package var usesFastMath: Bool
    package var buffers: [KernelBuffer]
    /// At least one, in the order in which they run; each sees what those before it wrote.
    package var launches: [KernelLaunch]

    package init(
        languages: [KernelLanguage], allowsEmulation: Bool = false, defines: [KernelDefine] = [],
        usesFastMath: Bool = false, buffers: [KernelBuffer] = [], launches: [KernelLaunch]
    ) {
        self.languages = languages
        self.allowsEmulation = allowsEmulation
        self.defines = defines
        self.usesFastMath = usesFastMath
        self.buffers = buffers
        self.launches = launches
    }

    /// The driver that runs CUDA C on a processor.
    package static let emulatingDriver = "cuda-emulated"
    /// The driver that runs SPIR-V.
    package static let levelZeroDriver = "level-zero"

    /// The names of the drivers that may run it, where a job requires `drivers`.
    package func drivers(required drivers: [String] = []) -> [String] {
        let isEmulated = languages.contains(.cuda) && (allowsEmulation || drivers.contains(Self.emulatingDriver))
        return languages.map(\.driver) + (isEmulated ? [Self.emulatingDriver] : [])
    }

    /// Bytes of all buffers together.
    package var bufferBytes: Int64 {
        buffers.reduce(0) { $0.addingReportingOverflow($1.sizeBytes).partialValue }
    }
}

package struct KernelDefine: Hashable, Sendable {
    package var name: String
    package var value: String

    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// Of which kind the elements of a buffer or a scalar are. Little-endian everywhere.
package enum KernelType: String, Hashable, Sendable, CaseIterable {
    case float16, bfloat16, float32, float64, int8, int16, int32, int64, uint8, uint16, uint32, uint64

    package var sizeBytes: Int64 {
        switch self {
        case .int8, .uint8: 1
        case .float16, .bfloat16, .int16, .uint16: 2
        case .float32, .int32, .uint32: 4
        case .float64, .int64, .uint64: 8
        }
    }

    /// The whole numbers that a scalar of this type can be; nil where it can be others, too.
    package var integers: ClosedRange<Int64>? {
        switch self {
        case .float16, .bfloat16, .float32, .float64: nil
        case .int8: Int64(Int8.min)...Int64(Int8.max)
        case .int16: Int64(Int16.min)...Int64(Int16.max)
        case .int32: Int64(Int32.min)...Int64(Int32.max)
        case .int64: Int64.min...Int64.max
        case .uint8: 0...Int64(UInt8.max)
        case .uint16: 0...Int64(UInt16.max)
        case .uint32: 0...Int64(UInt32.max)
        case .uint64: 0...Int64.max
        }
    }
}

/// Memory of the device, with what is in it at the beginning and what becomes of it.
package struct KernelBuffer: Hashable, Sendable {
    package var name: String
    package var type: KernelType
    /// Dimensions, the slowest first; none is a single element. See ``JobLimits/kernelDimensions``.
    package var shape: [Int64]
    /// The input that fills it: of type and shape in NumPy's format where its name ends in `.npy`, otherwise the bare
    /// elements. Zeros if nil.
    package var inputPath: String?
    /// The output that it is written to in the end, in the format that its name says. Dropped if nil.
    package var outputPath: String?

    package init(
        name: String, type: KernelType, shape: [Int64], inputPath: String? = nil, outputPath: String? = nil
    ) {
        self.name = name
        self.type = type
        self.shape = shape
        self.inputPath = inputPath
        self.outputPath = outputPath
    }

    /// Saturates far above ``JobLimits/kernelBufferBytes``.
    package var sizeBytes: Int64 {
        shape.reduce(type.sizeBytes) { size, dimension in
            let (product, overflow) = size.multipliedReportingOverflow(by: dimension)
            return overflow ? .max >> 8 : product
        }
    }
}

/// One launch of a kernel.
package struct KernelLaunch: Hashable, Sendable {
    /// The kernel's name in the source.
    package var entry: String
    /// Blocks (work groups) in each of three dimensions.
    package var grid: KernelSize
    /// Threads (work items) of a block in each of three dimensions.
    package var block: KernelSize
    /// Memory that the threads of a block share, beyond what the source itself declares; 0 for OpenCL and SPIR-V, which
    /// have ``KernelArgument/local(bytes:)``.
    package var sharedBytes: Int64
    package var arguments: [KernelArgument]

    package init(
        entry: String, grid: KernelSize, block: KernelSize, sharedBytes: Int64 = 0, arguments: [KernelArgument]
    ) {
        self.entry = entry
        self.grid = grid
        self.block = block
        self.sharedBytes = sharedBytes
        self.arguments = arguments
    }
}

package struct KernelSize: Hashable, Sendable {
    package var x: Int64
    package var y: Int64
    package var z: Int64

    package init(_ x: Int64, _ y: Int64 = 1, _ z: Int64 = 1) {
        self.x = x
        self.y = y
        self.z = z
    }

    package var all: [Int64] { [x, y, z] }
}

package enum KernelArgument: Hashable, Sendable {
    /// The buffer of this name.
    case buffer(String)
    case integer(KernelType, Int64)
    case real(KernelType, Double)
    /// A pointer to so many bytes of local memory; OpenCL and SPIR-V only.
    case local(bytes: Int64)
}
