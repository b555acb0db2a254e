/// What is wrong with the library's files, or with what somebody wants of it.
package enum KernelLibraryError: Error, Hashable, Sendable, CustomStringConvertible {
    /// There is no library in this folder.
    case noLibrary(folder: String, reason: String)
    /// A kernel's document says what it must not; `place` is where in it.
    case document(kernel: String, place: String, problem: String)
    case unknownKernel(String, known: [String])
    case unknownParameter(String, known: [String])
    /// A value that the parameter cannot have; `expected` says what it can.
    case parameter(String, value: String, expected: String)
    /// An array in a file that is not what was expected.
    case array(name: String, problem: String)
    /// There is no source for this language.
    case noSource(kernel: String, language: String)

    package var description: String {
        switch self {
        case .noLibrary(let folder, let reason): "there is no kernel library in \(folder): \(reason)"
        case .document(let kernel, let place, let problem): "kernel \(kernel): \(place): \(problem)"
        case .unknownKernel(let name, let known):
            "there is no kernel \(name.prefix(60)); there are \(known.joined(separator: ", "))"
        case .unknownParameter(let name, let known):
            "there is no parameter \(name.prefix(60)); there are \(known.joined(separator: ", "))"
        case .parameter(let name, let value, let expected): "\(name): expected \(expected), not \(value.prefix(60))"
        case .array(let name, let problem): "\(name): \(problem)"
        case .noSource(let kernel, let language): "kernel \(kernel) has no source in \(language)"
        }
    }
}
