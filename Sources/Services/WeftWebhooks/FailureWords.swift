import AsyncHTTPClient
import Glibc
import NIOCore
import NIOPosix
import NIOSSL

/// Why a receiver could not be asked, in words for who owns its webhook.
enum FailureWords {
    static func of(_ error: any Error, host: String) -> String {
        switch error {
        case let error as HTTPClientError:
            switch error {
            case .connectTimeout, .readTimeout, .writeTimeout, .deadlineExceeded, .getConnectionFromPoolTimeout:
                "\(host) did not answer in time"
            case .tlsHandshakeTimeout: "\(host) speaks no TLS"
            case .remoteConnectionClosed: "\(host) closed the connection without an answer"
            default: "\(host) did not answer properly: \(error.shortDescription)"
            }
        case let error as NIOConnectionError:
            of(error.connectionErrors.first?.error ?? IOError(errnoCode: 0, reason: "connect"), host: host)
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError:
            "\(error)".contains("CERTIFICATE_VERIFY_FAILED")
                ? "the certificate of \(host) is not trusted" : "\(host) and the coordinator agree on no TLS"
        case let error as IOError: "\(host) cannot be connected to: \(String(cString: strerror(error.errnoCode)))"
        default: "\(host) does not answer: \(error)"
        }
    }
}
