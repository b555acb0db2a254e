import Testing
import WeftKernels
import WeftModel

/// The library of this checkout.
enum Library {
    static var root: String {
        let parts = #filePath.split(separator: "/").dropLast(3)
        return "/" + parts.joined(separator: "/")
    }

    static func load() throws -> KernelLibrary { try KernelLibrary(folder: root + "/kernels") }

    static func instance(
        _ name: String, size: String = "small", _ settings: [String: String] = [:]
    ) throws -> KernelInstance {
        try KernelInstance(load().kernel(named: name), size: size, settings: settings)
    }

    /// What the reference gives for inputs by the seed, some of which may be others.
    static func reference(
        _ kernel: KernelInstance, seed: UInt64 = 1, _ inputs: [String: KernelArray] = [:]
    ) throws -> [String: KernelArray] {
        let all = try kernel.inputs(seed: seed).merging(inputs) { $1 }
        return try #require(KernelReference.outputs(of: kernel, inputs: all))
    }
}

extension KernelArray {
    static func real(_ values: [Float], _ shape: [Int]? = nil) -> KernelArray {
        KernelArray(.float32, shape ?? [values.count], .real(values))
    }
    static func word(_ values: [UInt32]) -> KernelArray { KernelArray(.uint32, [values.count], .word(values)) }
}
