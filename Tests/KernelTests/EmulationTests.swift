import Glibc
import Testing
import WeftKernels
import WeftModel

/// CUDA C on the processor: programs that test parts of it, and the library's kernels against their references.
@Suite(.serialized)
struct EmulationTests {
    @Test(arguments: [
        "atomics", "barriers", "geometry", "numbers", "printing", "tensor_cores", "warps",
    ])
    func itDoesWhatCUDADoes(program: String) throws {
        try Compiler.inFolder { folder in
            for compiler in Compiler.names {
                try Compiler.compile(
                    "\(Library.root)/Tests/KernelTests/Emulation/\(program).cu", to: "\(folder)/program", by: compiler,
                    ["-include", "cuda_emulation.h", "-I", "\(Library.root)/kernels/matmul_mixed"])
                let ended = try Compiler.run(["\(folder)/program"])
                #expect(ended.status == 0, "\(compiler): \(ended.text.prefix(2000))")
            }
        }
    }

    @Test func aKernelThatNeedsTooMuchStackEndsItsProcessWithAWord() throws {
        let source = """
            #include "checks.h"
            __device__ int deep(int n) { volatile int kept[64]; kept[n % 64] = n; return n == 0 ? 0 : deep(n - 1) + kept[n % 64]; }
            __global__ void recurse(int *y, int n) { *y = deep(n); }
            int main() { int y; run(recurse, dim3(1), dim3(1), 0, &y, 100); return run(recurse, dim3(1), dim3(1), 0, &y, 100000); }
            """
        try Compiler.inFolder { folder in
            try write(source, to: "\(folder)/deep.cu")
            try Compiler.compile(
                "\(folder)/deep.cu", to: "\(folder)/program", by: Compiler.names[0],
                ["-Wno-stringop-overflow", "-I", "\(Library.root)/Tests/KernelTests/Emulation"])
            let ended = try Compiler.run(["\(folder)/program"])
            #expect(ended.status == 128 + SIGSEGV)
            #expect(ended.text.contains("more stack than a thread has"))
        }
    }

    @Test func theUnitOfASourceKnowsItsEntriesAndItsSharedArrays() throws {
        try withUnits { library in
            #expect(library.parameterSizes("twice<double>") == [8, 8, 4])
            #expect(library.parameterSizes("once") == nil)
        }
    }

    @Test func aLaunchFindsTheSharedArraysOfItsUnit() throws {
        try withUnits { library in
            var x = [1.0, 2, 3]
            var y = [0.0, 0, 0]
            try x.withUnsafeMutableBytes { x in
                try y.withUnsafeMutableBytes { y in
                    try library.launch(
                        KernelLaunch(
                            entry: "twice<double>", grid: KernelSize(1), block: KernelSize(32), sharedBytes: 24,
                            arguments: [.buffer("y"), .buffer("x"), .integer(.uint32, 3)]),
                        ["x": x, "y": y])
                }
            }
            #expect(y == [6, 4, 2])
        }
    }

    @Test func blocksThatRunAtOnceHaveSharedArraysOfTheirOwn() throws {
        try withUnits { library in
            let blocks = 200
            let rounds = 50
            var y = [UInt32](repeating: 0, count: blocks * 64)
            try y.withUnsafeMutableBytes { y in
                try library.launch(
                    KernelLaunch(
                        entry: "inner::exchanged<unsigned>", grid: KernelSize(Int64(blocks)), block: KernelSize(64),
                        sharedBytes: 256,
                        arguments: [.buffer("y"), .integer(.uint32, Int64(rounds))]),
                    ["y": y])
            }
            let expected = y.indices.map { thread in
                let partner = thread / 64 * 64 + 63 - thread % 64
                return UInt32(rounds * 2 * partner + rounds * (rounds - 1) / 2)
            }
            #expect(y == expected)
        }
    }

    /// Gives `body` the unit of a source with templates, namespaces and shared arrays, as each compiler makes it.
    private func withUnits(_ body: (EmulatedLibrary) throws -> Void) throws {
        let source = #"""
            // extern __shared__ int no[];
            const char *text = "extern __shared__ int neither[]; \" {";
            const char *raw = R"x(extern __shared__ int nor[];)x";
            template <class T> __global__ void twice(T *y, const T *x, unsigned count) {
                extern __shared__ __align__(16) unsigned char kept[];
                T *own = reinterpret_cast<T *>(kept);
                if (threadIdx.x < count) own[threadIdx.x] = x[threadIdx.x];
                __syncthreads();
                if (threadIdx.x < count) y[threadIdx.x] = own[count - 1 - threadIdx.x] * T(2);
            }
            namespace inner { extern "C" __global__ void other(int) { extern __shared__ float more[], kept2[]; more[0] = kept2[1]; } }
            namespace inner {
            template <class T> __global__ void exchanged(T *y, T rounds) {
                extern __shared__ T dynamic[];
                __shared__ T fixed[64];
                T own = blockIdx.x * 64 + threadIdx.x, sum = 0;
                for (T round = 0; round < rounds; round++) {
                    dynamic[threadIdx.x] = own + round;
                    fixed[threadIdx.x] = own;
                    __syncthreads();
                    sum += dynamic[63 - threadIdx.x] + fixed[63 - threadIdx.x];
                    __syncthreads();
                }
                y[own] = sum;
            }
            namespace { __global__ void hidden(float *y) { extern __shared__ float unseen[]; y[0] = unseen[0]; } }
            }
            """#
        try Compiler.inFolder { folder in
            let runner = Library.root + "/Sources/Execution/KernelRunner"
            let build = try Compiler.run([
                "/usr/bin/env", "cc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-I", runner,
                "\(runner)/emulated_unit.c", "\(Library.root)/Tests/KernelTests/Emulation/unit.c", "-o",
                "\(folder)/unit",
            ])
            try #require(build.status == 0, "\(build.text)")
            try write(source, to: "\(folder)/source.cu")
            let refused = try Compiler.run(["\(folder)/unit", "\(folder)/source.cu", "twice\";"])
            #expect(refused.status == 1)
            let unit = try Compiler.run([
                "\(folder)/unit", "\(folder)/source.cu", "twice<double>", "inner::other",
                "inner::exchanged<unsigned>", "inner::hidden",
            ])
            try #require(unit.status == 0, "\(unit.text)")
            for name in ["kept", "more", "kept2", "_ZN5inner7dynamicE", "_ZN5inner12_GLOBAL__N_16unseenE"] {
                #expect(unit.text.contains("SHARED_NAME(\"\(name)\")"))
            }
            for name in ["no", "neither", "nor"] { #expect(!unit.text.contains("SHARED_NAME(\"\(name)\")")) }
            for compiler in Compiler.names {
                try write(unit.text, to: "\(folder)/unit.cpp")
                try Compiler.compile(
                    "\(folder)/unit.cpp", to: "\(folder)/unit-\(compiler).so", by: compiler,
                    ["-shared", "-Wno-unused-variable", "-Wno-undefined-internal"])
                let library = try EmulatedLibrary("\(folder)/unit-\(compiler).so")
                try body(library)
            }
        }
    }

    @Test(arguments: try Library.load().kernels.map(\.name))
    func theLibrarysKernelsGiveWhatTheirReferencesSay(name: String) throws {
        let kernel = try Library.instance(name)
        let source = try Library.load().sources(of: kernel.description).text(for: .cuda, kernel: name)
        let inputs = try kernel.inputs(seed: 11)
        let expected = try #require(KernelReference.outputs(of: kernel, inputs: inputs))
        try Compiler.inFolder { folder in
            let outputs = try EmulatedLibrary.run(kernel, source, inputs, in: folder)
            for (buffer, array) in expected {
                let comparison = kernel.compare(try #require(outputs[buffer]), with: array)
                #expect(comparison.agrees, "\(buffer): \(comparison)")
            }
        }
    }

    private func write(_ text: String, to path: String) throws {
        let file = try #require(fopen(path, "w"))
        defer { fclose(file) }
        try #require(fputs(text, file) >= 0)
    }
}
