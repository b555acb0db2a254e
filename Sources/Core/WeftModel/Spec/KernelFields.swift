/// The mappings of a kernel's payload.
extension JobFields {
    static let kernel: [FieldRule] =
        [
            FieldRule(
                "language",
                "What the source is: spirv, or one of opencl, cuda and hip, or a list of those that it can be read as.",
                .anyOf([
                    .choice(KernelLanguage.self),
                    .list(.choice(KernelLanguage.self), 1...KernelLanguage.allCases.count),
                ])),
            FieldRule("source", "The kernels: a text or a source; SPIR-V is no text.", .reference("content")),
            FieldRule("emulated", "Whether CUDA C may run on a processor; false by default.", ["type": "boolean"]),
            FieldRule("options", "How it is compiled.", .reference("kernelOptions")),
            FieldRule(
                "buffers", "Memory of the device, by name.",
                .list(.reference("kernelBuffer"), 0...JobLimits.kernelBuffers)),
            FieldRule(
                "launches", "What runs, in order.", .list(.reference("kernelLaunch"), JobLimits.kernelLaunches)),
        ] + kernelLaunch

    static let kernelOptions: [FieldRule] = [
        FieldRule(
            "defines", "Macros; none for SPIR-V.",
            [
                "type": "object", "propertyNames": ["pattern": .string(Words.variablePattern)],
                "additionalProperties": .anyOf([
                    ["type": "integer"], .text(0...JobLimits.kernelDefineBytes),
                ]),
                "maxProperties": .integer(Int64(JobLimits.kernelDefines)),
            ]),
        FieldRule(
            "fast_math", "Whether exactness may be traded for speed; false by default, and for SPIR-V.",
            ["type": "boolean"]),
    ]

    static let kernelBuffer: [FieldRule] = [
        FieldRule("name", "What launches call it.", .variable),
        FieldRule("dtype", "Of what it consists.", .choice(KernelType.self)),
        FieldRule(
            "shape", "How many there are, in each dimension; [] for one.",
            .anyOf([
                .integer(JobLimits.kernelBufferBytes),
                .list(.integer(JobLimits.kernelBufferBytes), 0...JobLimits.kernelDimensions),
            ])),
        FieldRule(
            "in", "The input that fills it, NumPy's format if it ends in .npy, else bare elements; zeros by default.",
            .reference("path")),
        FieldRule("out", "The output that it is written to in the end; none by default.", .reference("path")),
    ]

    static let kernelLaunch: [FieldRule] = [
        FieldRule("entry", "The name of the kernel.", .text(JobLimits.kernelEntry)),
        FieldRule("grid", "How many blocks (work groups), in up to three dimensions.", size(JobLimits.kernelGrid)),
        FieldRule(
            "block", "How many threads (work items) a block has, in up to three dimensions; 1 by default.",
            size(JobLimits.kernelBlock)),
        FieldRule(
            "shared_bytes", "Memory shared by a block beyond what the source declares; 0 by default.",
            .integer(JobLimits.kernelSharedBytes)),
        FieldRule(
            "arguments", "What the kernel is called with: buffers, by name, and scalars.",
            .list(.reference("kernelArgument"), 0...JobLimits.kernelArguments)),
    ]

    static let kernelScalar: [FieldRule] = [
        FieldRule("dtype", "Of which kind it is.", .choice(KernelType.self)),
        FieldRule(
            "value", "The number; one with a fraction can be a text.",
            .anyOf([
                ["type": "number"],
                ["type": "string", "pattern": .string("^-?" + Quantities.numberPattern.dropFirst())],
            ])),
    ]

    static let kernelLocal: [FieldRule] = [
        FieldRule(
            "local_bytes", "Local memory of a work group; OpenCL and SPIR-V only.",
            .integer(1...JobLimits.kernelSharedBytes.upperBound))
    ]

    private static func size(_ range: ClosedRange<Int64>) -> Document {
        .anyOf([.integer(range), .list(.integer(range), 1...3)])
    }
}

extension Document {
    fileprivate static var variable: Document {
        [
            "type": "string", "pattern": .string(Words.variablePattern),
            "maxLength": .integer(Int64(JobLimits.word.upperBound)),
        ]
    }
}
