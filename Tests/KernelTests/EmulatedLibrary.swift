import Glibc
import Testing
import WeftKernels
import WeftModel

/// A unit of the emulation, opened in this process.
struct EmulatedLibrary {
    private let handle: UnsafeMutableRawPointer

    private typealias Launch =
        @convention(c) (
            UnsafePointer<CChar>, UnsafePointer<UInt32>, UnsafePointer<UInt32>, UInt,
            UnsafeMutablePointer<UnsafeMutableRawPointer?>
        ) -> Int32
    private typealias Parameters = @convention(c) (UnsafePointer<CChar>, UnsafeMutablePointer<UInt>, UInt32) -> Int32
    private typealias Words = @convention(c) () -> UnsafePointer<CChar>

    init(_ path: String) throws {
        handle = try #require(dlopen(path, RTLD_NOW | RTLD_LOCAL), "\(dlerror().map { String(cString: $0) } ?? "")")
    }

    private func function<Function>(_ name: String, _: Function.Type) throws -> Function {
        unsafeBitCast(try #require(dlsym(handle, name)), to: Function.self)
    }

    func parameterSizes(_ entry: String) -> [UInt]? {
        guard let parameters = try? function("weft_emulated_parameters", Parameters.self) else { return nil }
        var sizes = [UInt](repeating: 0, count: 64)
        let count = parameters(entry, &sizes, 64)
        return count < 0 ? nil : Array(sizes.prefix(Int(count)))
    }

    /// The test fails with the library's own words.
    func launch(_ launch: KernelLaunch, _ buffers: [String: UnsafeMutableRawBufferPointer]) throws {
        let call = try function("weft_emulated_launch", Launch.self)
        let words = try function("weft_emulated_error", Words.self)
        // Eight bytes for each argument are enough for pointers and scalars alike.
        let values = UnsafeMutablePointer<UInt64>.allocate(capacity: launch.arguments.count)
        defer { values.deallocate() }
        for (index, argument) in launch.arguments.enumerated() {
            switch argument {
            case .buffer(let name): values[index] = UInt64(UInt(bitPattern: try #require(buffers[name]).baseAddress))
            case .integer(_, let value): values[index] = UInt64(bitPattern: value)
            case .real(.float32, let value): values[index] = UInt64(Float(value).bitPattern)
            case .real(_, let value): values[index] = value.bitPattern
            case .local: Issue.record("CUDA has no local arguments")
            }
        }
        var arguments: [UnsafeMutableRawPointer?] = launch.arguments.indices.map {
            UnsafeMutableRawPointer(values + $0)
        }
        let status = call(
            launch.entry, launch.grid.all.map(UInt32.init), launch.block.all.map(UInt32.init), UInt(launch.sharedBytes),
            &arguments)
        try #require(status == 0, "\(String(cString: words()))")
    }

    /// Compiles a kernel of the library, runs all its launches and returns all buffers.
    static func run(
        _ kernel: KernelInstance, _ source: String, _ inputs: [String: KernelArray], in folder: String
    ) throws -> [String: KernelArray] {
        let entries = Set(kernel.launches.map(\.entry)).sorted()
        let unit = """
            #include "cuda_emulation.h"
            \(source)
            extern "C" int weft_emulated_launch(const char *entry, const unsigned grid[3], const unsigned block[3],
                                                unsigned long sharedBytes, void **arguments) {
            \(entries.map { "WEFT_EMULATION_LAUNCH(\($0), \"\($0)\")" }.joined(separator: "\n"))
                return weft::emulation::noEntry(entry);
            }
            extern "C" const char *weft_emulated_error(void) { return weft::emulation::report.text; }
            """
        let path = "\(folder)/unit.cpp"
        let file = try #require(fopen(path, "w"))
        fputs(unit, file)
        fclose(file)
        try Compiler.compile(path, to: "\(folder)/unit.so", by: Compiler.names[0], ["-shared", "-Wno-sign-compare"])
        let library = try EmulatedLibrary("\(folder)/unit.so")
        var buffers: [String: UnsafeMutableRawBufferPointer] = [:]
        defer { for buffer in buffers.values { buffer.deallocate() } }
        for (buffer, shape) in zip(kernel.description.buffers, kernel.shapes) {
            let array = try inputs[buffer.name] ?? .zeros(buffer.type, shape)
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: array.bytes.count, alignment: 64)
            memory.copyBytes(from: array.bytes)
            buffers[buffer.name] = memory
        }
        for launch in kernel.launches { try library.launch(launch, buffers) }
        var result: [String: KernelArray] = [:]
        for (buffer, shape) in zip(kernel.description.buffers, kernel.shapes) {
            result[buffer.name] = try KernelArray(buffer.type, shape, bytes: Array(try #require(buffers[buffer.name])))
        }
        return result
    }
}
