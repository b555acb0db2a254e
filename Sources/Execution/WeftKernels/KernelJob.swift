package import WeftModel

/// Makes a job of a kernel of the library.
package struct KernelJob: Sendable {
    package var instance: KernelInstance
    package var sources: KernelSources
    /// The preferred one first.
    package var languages: [KernelLanguage]
    /// Whether CUDA C may run on a processor.
    package var allowsEmulation: Bool

    package init(
        _ instance: KernelInstance, _ sources: KernelSources, languages: [KernelLanguage], allowsEmulation: Bool
    ) {
        self.instance = instance
        self.sources = sources
        self.languages = languages
        self.allowsEmulation = allowsEmulation
    }

    /// Where an array is in the job's working directory. bfloat16 has no name in NumPy's format, and goes as it is.
    package static func inputPath(of buffer: KernelDescription.Buffer) -> String {
        "in/\(buffer.name)\(buffer.type == .bfloat16 ? ".bin" : ".npy")"
    }

    package static func outputPath(of buffer: KernelDescription.Buffer) -> String { "\(buffer.name).npy" }

    /// What an input's file has in it.
    package static func file(of array: KernelArray) -> [UInt8] {
        array.type == .bfloat16 ? array.bytes : NumPyFile.encode(array)
    }

    /// The job without policy: its name, payload, outputs and their comparators. `inputs` has the files of the buffers that
    /// kernels read.
    ///
    /// Throws ``KernelLibraryError/noSource(kernel:language:)``.
    package func spec(inputs: [Input]) throws(KernelLibraryError) -> JobSpec {
        let buffers = zip(instance.description.buffers, instance.shapes).map { buffer, shape in
            KernelBuffer(
                name: buffer.name, type: buffer.type, shape: shape.map(Int64.init),
                inputPath: buffer.role.isRead ? Self.inputPath(of: buffer) : nil,
                outputPath: buffer.role.isWritten ? Self.outputPath(of: buffer) : nil)
        }
        let program = KernelProgram(
            languages: languages, allowsEmulation: allowsEmulation && languages.contains(.cuda), buffers: buffers,
            launches: instance.launches)
        let source = try sources.text(for: languages, kernel: instance.description.name)
        var spec = JobSpec(
            name: instance.description.name,
            payload: .kernel(KernelPayload(source: .inline(Array(source.utf8)), program: program)))
        spec.inputs = inputs
        spec.outputs = instance.description.buffers.filter(\.role.isWritten).map {
            Output(path: Self.outputPath(of: $0), comparator: instance.comparator)
        }
        return spec
    }
}
