package import WeftModel

/// A way to run kernels, with a driver of its own.
package enum KernelBackend: String, Sendable, Hashable, CaseIterable {
    case opencl, cuda, hip
    case levelZero = "level-zero"
    /// CUDA C on the processor.
    case emulated

    /// The driver's name, as jobs and node profiles spell it.
    package var driverName: String { self == .emulated ? KernelProgram.emulatingDriver : rawValue }

    package var language: KernelLanguage {
        switch self {
        case .opencl: .opencl
        case .cuda, .emulated: .cuda
        case .hip: .hip
        case .levelZero: .spirv
        }
    }

    /// How a source is called in the compiler's log.
    var sourceName: String {
        switch self {
        case .opencl: "kernel.cl"
        case .cuda, .emulated: "kernel.cu"
        case .hip: "kernel.hip"
        case .levelZero: "kernel.spv"
        }
    }

    /// Nodes in `/dev` that devices of vendors are reached by.
    struct NodeKinds: OptionSet {
        let rawValue: Int
        /// `nvidia0`, `nvidiactl` and the like.
        static let nvidia = NodeKinds(rawValue: 1)
        /// `kfd`, which AMD's devices are computed with.
        static let kfd = NodeKinds(rawValue: 2)
        /// `dri/renderD128` and those after it: AMD's and Intel's devices, and those of Mesa's drivers.
        static let render = NodeKinds(rawValue: 4)
    }

    /// Those that its devices may have.
    var nodeKinds: NodeKinds {
        switch self {
        case .opencl: [.nvidia, .kfd, .render]
        case .cuda: .nvidia
        case .hip: [.kfd, .render]
        case .levelZero: .render
        case .emulated: []
        }
    }
}
