import WeftModel

/// What an operation of the library should give, computed by plain Swift on this machine.
///
/// Sums are of double precision, so that a reference is nearer to the truth than any device.
package enum KernelReference {
    /// Arrays of the written buffers, by name, from those of the read ones.
    typealias Compute = @Sendable (KernelInstance, [String: KernelArray]) -> [String: KernelArray]

    static let all: [String: Compute] = [
        "attention": AttentionReference.compute,
        "convolution": ConvolutionReference.compute,
        "elementwise": VectorReferences.elementwise,
        "fft": FourierReference.compute,
        "image_filter": ImageFilterReference.compute,
        "mandelbrot": MandelbrotReference.compute,
        "matmul": MatrixReference.compute,
        "matmul_bf16": MatrixReference.compute,
        "matmul_fp16": MatrixReference.compute,
        "nbody": BodiesReference.compute,
        "path_tracer": PathTracerReference.compute,
        "radix_sort": SortReference.compute,
        "reduction": VectorReferences.reduction,
        "saxpy": VectorReferences.saxpy,
        "scan": VectorReferences.scan,
        "sha256_search": SHA256SearchReference.compute,
        "softmax": SoftmaxReference.compute,
    ]

    /// Nil where there is no reference for the operation.
    package static func outputs(
        of instance: KernelInstance, inputs: [String: KernelArray]
    ) -> [String: KernelArray]? {
        all[instance.description.name].map { $0(instance, inputs) }
    }
}

extension [String: KernelArray] {
    /// An input that the description has; anything else is the library's mistake.
    func real(_ name: String) -> [Float] { array(name).wide }
    func words(_ name: String) -> [UInt32] { array(name).words }
    func byteValues(_ name: String) -> [UInt8] { array(name).byteValues }

    private func array(_ name: String) -> KernelArray {
        guard let array = self[name] else { preconditionFailure("the kernel has no input \(name)") }
        return array
    }
}

extension KernelInstance {
    /// An output of single precision.
    func output(_ name: String, _ values: [Float]) -> (String, KernelArray) {
        (name, KernelArray(.float32, shape(of: name), .real(values)))
    }

    func output(_ name: String, _ values: [UInt32]) -> (String, KernelArray) {
        (name, KernelArray(.uint32, shape(of: name), .word(values)))
    }
}
