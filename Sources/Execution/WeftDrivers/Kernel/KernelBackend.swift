package import WeftModel

/// A way to run kernels, with a driver of its own.
package enum KernelBackend: String, Sendable, Hashable, CaseIterable {
    case opencl, cuda, hip
    /// CUDA C on the processor.
    case emulated

    /// The driver's name, as jobs and node profiles spell it.
    package var driverName: String { self == .emulated ? KernelProgram.emulatingDriver : rawValue }

    package var language: KernelLanguage {
        switch self {
        case .opencl: .opencl
        case .cuda, .emulated: .cuda
        case .hip: .hip
        }
    }

    /// How a source is called in the compiler's log.
    var sourceName: String {
        switch self {
        case .opencl: "kernel.cl"
        case .cuda, .emulated: "kernel.cu"
        case .hip: "kernel.hip"
        }
    }
}
