import Glibc
import WeftFormats
package import WeftModel

/// A kernel's sources by language. HIP takes CUDA's.
package struct KernelSources: Hashable, Sendable {
    package var opencl: String?
    package var cuda: String?

    /// What sources can be had in: nothing is compiled before.
    package static let languages: [KernelLanguage] = [.opencl, .cuda, .hip]

    package init(opencl: String?, cuda: String?) {
        self.opencl = opencl
        self.cuda = cuda
    }

    package func text(for language: KernelLanguage, kernel: String) throws(KernelLibraryError) -> String {
        let text =
            switch language {
            case .opencl: opencl
            case .cuda, .hip: cuda
            case .spirv: String?.none
            }
        guard let text else { throw .noSource(kernel: kernel, language: language.rawValue) }
        return text
    }

    /// One source that is each language's own wherever it is compiled.
    package func text(for languages: [KernelLanguage], kernel: String) throws(KernelLibraryError) -> String {
        let others = languages.filter { $0 != .opencl }
        guard languages.contains(.opencl), let other = others.first else {
            return try text(for: languages.first ?? .opencl, kernel: kernel)
        }
        let parts = (try text(for: .opencl, kernel: kernel), try text(for: other, kernel: kernel))
        return "#if defined(WEFT_OPENCL)\n\(parts.0)#else\n\(parts.1)#endif\n"
    }
}

/// The folder of kernels: one folder for each, with its `kernel.json` and its sources.
package struct KernelLibrary: Sendable {
    package let folder: String
    /// By name, in order.
    package let kernels: [KernelDescription]

    private static let documentLimit = 64 << 10
    private static let sourceLimit = 64 << 10

    /// Reads all documents of it. Throws for a folder that has none, and for the first that is wrong.
    package init(folder: String) throws(KernelLibraryError) {
        self.folder = folder
        guard let directory = opendir(folder) else {
            throw .noLibrary(folder: folder, reason: String(cString: strerror(errno)))
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        var kernels: [KernelDescription] = []
        for name in names.sorted() {
            guard let bytes = try Self.read("\(folder)/\(name)/kernel.json", limit: Self.documentLimit) else {
                continue
            }
            let document: Document
            do {
                document = try JSONText.parse(bytes)
            } catch {
                throw .document(kernel: name, place: "kernel.json", problem: "\(error)")
            }
            kernels.append(try KernelDescription(document, folder: name))
        }
        guard !kernels.isEmpty else { throw .noLibrary(folder: folder, reason: "no folder in it has a kernel.json") }
        self.kernels = kernels
    }

    package func kernel(named name: String) throws(KernelLibraryError) -> KernelDescription {
        guard let kernel = kernels.first(where: { $0.name == name }) else {
            throw .unknownKernel(name, known: kernels.map(\.name))
        }
        return kernel
    }

    package func sources(of kernel: KernelDescription) throws(KernelLibraryError) -> KernelSources {
        let opencl = try Self.read("\(folder)/\(kernel.source).cl", limit: Self.sourceLimit)
        let cuda = try Self.read("\(folder)/\(kernel.source).cu", limit: Self.sourceLimit)
        return KernelSources(
            opencl: opencl.map { String(decoding: $0, as: UTF8.self) },
            cuda: cuda.map { String(decoding: $0, as: UTF8.self) })
    }

    /// Nil where there is no such file.
    private static func read(_ path: String, limit: Int) throws(KernelLibraryError) -> [UInt8]? {
        guard let file = fopen(path, "rb") else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw .noLibrary(folder: path, reason: String(cString: strerror(errno)))
        }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        let count = fread(&bytes, 1, bytes.count, file)
        guard count <= limit else { throw .noLibrary(folder: path, reason: "it has more than \(limit) bytes") }
        return Array(bytes.prefix(count))
    }
}
