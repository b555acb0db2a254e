#if os(Linux)
    /// Why a container engine gave no answer, or none that could be used.
    package enum EngineError: Error, Hashable, Sendable, CustomStringConvertible {
        /// Nobody listens there, or it may not be used.
        case cannotConnect(path: String, message: String)
        /// It took longer than it was given.
        case timedOut
        /// The caller lost interest.
        case interrupted
        /// It hung up in the middle.
        case truncated
        /// What came is not HTTP, or not what this call answers.
        case malformed(String)
        case tooLarge(limitBytes: Int)
        /// It understood and said no.
        case refused(status: Int, message: String)
        /// The system had no thread, descriptor or socket for it.
        case system(String)

        package var description: String {
            switch self {
            case .cannotConnect(let path, let message): "no container engine answers at \(path): \(message)"
            case .timedOut: "the container engine did not answer in time"
            case .interrupted: "the call to the container engine was given up"
            case .truncated: "the container engine hung up in the middle of an answer"
            case .malformed(let what): "the container engine's answer makes no sense: \(what)"
            case .tooLarge(let limit): "the container engine's answer is larger than \(limit) bytes"
            case .refused(let status, let message): "the container engine refused (\(status)): \(message)"
            case .system(let message): message
            }
        }
    }
#endif
