package import WeftFormats
package import WeftModel

/// Why a call failed, in words for a person.
package enum ClientError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The address of the coordinator is no address.
    case badAddress(String)
    /// Nobody answers there.
    case cannotConnect(url: String, reason: String)
    /// The certificate is not trusted, or the other end speaks no TLS.
    case untrusted(url: String, reason: String)
    case timedOut(url: String)
    /// The connection broke in the middle.
    case lost(url: String, reason: String)
    /// The coordinator said no, and why.
    case refused(ProblemDocument)
    /// The answer is none of a coordinator.
    case unexpected(url: String, reason: String)
    /// A local file cannot be read or written.
    case file(path: String, reason: String)
    case corrupted(expected: Digest, actual: Digest)

    package var description: String {
        switch self {
        case .badAddress(let text):
            "\(text) is no address of a coordinator; it looks like http://127.0.0.1:7700"
        case .cannotConnect(let url, let reason):
            "cannot connect to \(url): \(reason). Is the coordinator running? Start one with: weft up"
        case .untrusted(let url, let reason):
            "cannot trust \(url): \(reason). Name its root certificate, or use http:// if it speaks no TLS"
        case .timedOut(let url): "\(url) did not answer in time"
        case .lost(let url, let reason): "the connection to \(url) was lost: \(reason)"
        case .refused(let problem): Self.text(problem)
        case .unexpected(let url, let reason): "\(url) does not answer like a coordinator: \(reason)"
        case .file(let path, let reason): "\(path): \(reason)"
        case .corrupted(let expected, let actual): "the bytes that came are \(actual), not \(expected)"
        }
    }

    /// The HTTP status, where the coordinator answered.
    package var status: Int? {
        guard case .refused(let problem) = self else { return nil }
        return problem.status
    }

    private static func text(_ problem: ProblemDocument) -> String {
        var text = problem.detail ?? problem.title
        let errors = (problem.errors ?? []).map(\.description).filter { $0 != problem.detail }
        if !errors.isEmpty { text += "\n  " + errors.joined(separator: "\n  ") }
        switch problem.status {
        case 401: text += ". Set WEFT_TOKEN, or give a token of this coordinator"
        case 500...599:
            if let id = problem.requestID { text += " (request \(id))" }
        default: break
        }
        return text
    }
}
