import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import WeftFormats
package import WeftModel

/// Speaks the API of a coordinator (`/api/v1`, see docs/api.md).
///
/// Calls may come from many tasks at once; connections are kept and shared. Calls that cannot do harm twice are tried
/// again when the coordinator is busy or a connection breaks. Every call throws ``ClientError``, or
/// `CancellationError` when its task is cancelled. Call ``shutdown()`` when done, or use ``with(_:token:trustRoots:_:)``.
package struct WeftClient: Sendable {
    package enum TrustRoots: Hashable, Sendable {
        /// The system's certificates.
        case system
        /// A PEM file with the only certificates that are trusted.
        case file(String)
    }

    /// How patient the client is.
    package struct Policy: Hashable, Sendable {
        package var connectTimeout: Duration = .seconds(5)
        /// Of one call that is no stream, transfer or wait.
        package var callTimeout: Duration = .seconds(30)
        /// How often a call is tried, at most.
        package var attempts = 4
        package var firstRetryDelay: Duration = .milliseconds(200)
        /// A coordinator that asks for more patience than this gets none.
        package var longestRetryDelay: Duration = .seconds(15)

        package init() {}
    }

    let transport: Transport
    let policy: Policy
    let trace: TraceContext?

    /// - Parameters:
    ///   - baseURL: for example `http://127.0.0.1:7700`.
    ///   - token: the secret of a token; nil where none is needed (health).
    ///   - trace: the span that submitted jobs belong to.
    /// - Throws: ``ClientError`` for an address or certificate file that cannot be used.
    package init(
        baseURL: String, token: String?, trustRoots: TrustRoots = .system, policy: Policy = Policy(),
        trace: TraceContext? = nil
    ) throws {
        transport = try Transport(base: baseURL, token: token, trustRoots: trustRoots, policy: policy)
        self.policy = policy
        self.trace = trace
    }

    package var baseURL: String { transport.base }

    /// The thread on which answers are read. A program that waits for one call after the other, and does nothing else meanwhile, may
    /// run there as well: no other thread is woken then.
    package var executor: any TaskExecutor { transport.loop }

    /// Closes every connection; calls that are going on fail.
    package func shutdown() async throws { try await transport.shutdown() }

    /// Makes a client for the time of `body`.
    package static func with<Value: Sendable>(
        _ baseURL: String, token: String?, trustRoots: TrustRoots = .system,
        _ body: (WeftClient) async throws -> Value
    ) async throws -> Value {
        let client = try WeftClient(baseURL: baseURL, token: token, trustRoots: trustRoots)
        do {
            let value = try await body(client)
            try await client.shutdown()
            return value
        } catch {
            // The error of the body says more than a failed clean-up.
            try? await client.shutdown()
            throw error
        }
    }

    func get<Value: Decodable>(
        _ type: Value.Type, _ path: String, query: [(String, String)] = [], timeout: Duration? = nil
    ) async throws -> Value {
        try await transport.json(
            type, Transport.Call(path: path, query: query, timeout: timeout ?? policy.callTimeout))
    }

    func post<Value: Decodable>(
        _ type: Value.Type, _ path: String, _ body: some Encodable, isIdempotent: Bool
    ) async throws -> Value {
        try await transport.json(
            type,
            Transport.Call(
                method: .POST, path: path, headers: [("content-type", "application/json")],
                body: .bytes(ByteBuffer(bytes: try APICoder.encode(body))), isIdempotent: isIdempotent,
                timeout: policy.callTimeout))
    }
}
