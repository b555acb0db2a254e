import Glibc
import WeftKernels

/// Finds the library of kernels: where it is said to be, beside the executable, or in the checkout that it was built in.
enum KernelLibraryPlace {
    static let variable = "WEFT_KERNELS"

    /// Throws ``CLIError`` when there is none, or one that cannot be read.
    static func open(_ named: String?, environment: [String: String]) throws -> KernelLibrary {
        do {
            if let folder = named ?? environment[variable] { return try KernelLibrary(folder: folder) }
            guard let folder = candidates.first(where: { access($0, R_OK | X_OK) == 0 }) else {
                throw CLIError(
                    .notFound, "there is no kernel library beside weft",
                    hint: "say where it is with --library or \(variable)")
            }
            return try KernelLibrary(folder: folder)
        } catch let error as KernelLibraryError {
            throw CLIError(.failure, error.description)
        }
    }

    private static var candidates: [String] {
        let path = [CChar](unsafeUninitializedCapacity: Int(PATH_MAX)) { buffer, count in
            count = max(0, readlink("/proc/self/exe", buffer.baseAddress!, buffer.count))
        }
        var parts = String(decoding: path.map { UInt8(bitPattern: $0) }, as: UTF8.self).split(separator: "/").dropLast()
        var result = ["/\(parts.joined(separator: "/"))/weft-kernels"]
        if parts.last == "bin" { result.append("/\(parts.dropLast().joined(separator: "/"))/share/weft/kernels") }
        // .build/CONFIGURATION, or .build/TRIPLE/CONFIGURATION.
        while let last = parts.popLast() {
            if last == ".build" { result.append("/\(parts.joined(separator: "/"))/kernels") }
        }
        return result
    }
}
