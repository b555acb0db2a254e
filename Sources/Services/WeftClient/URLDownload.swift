import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
import NIOSSL

/// Fetches job inputs that are given as URLs, from hosts that an operator allows and from no others: who may submit jobs
/// must not thereby reach into the coordinator's network.
package struct URLDownload: Sendable {
    package typealias Failure = AllowedHosts.Refusal

    private static let maxRedirects = 5

    private let hosts: AllowedHosts
    private let limitBytes: Int64
    private let timeout: TimeAmount

    /// - Parameters:
    ///   - allowedHosts: names as they stand in URLs, with the port where that is not the scheme's own:
    ///     `data.example.org`, `127.0.0.1:9000`.
    ///   - limitBytes: the largest file that is taken.
    package init(allowedHosts: [String], limitBytes: Int64 = 8 << 30, timeout: Duration = .seconds(600)) {
        hosts = AllowedHosts(allowedHosts, does: "fetches from", setting: "coordinator.fetch_hosts")
        self.limitBytes = limitBytes
        self.timeout = TimeAmount(timeout)
    }

    /// Hands the file's bytes to `write`, in order. Redirects are followed within the allowed hosts. Throws
    /// ``AllowedHosts/Refusal`` and what `write` throws.
    package func fetch(_ address: String, write: ([UInt8]) async throws -> Void) async throws {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        configuration.timeout.connect = .seconds(10)
        configuration.timeout.read = .seconds(60)
        let client = HTTPClient(configuration: configuration)
        let outcome: Result<Void, any Error>
        do {
            try await fetch(address, client, write)
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        try await client.shutdown()
        try outcome.get()
    }

    private func fetch(_ address: String, _ client: HTTPClient, _ write: ([UInt8]) async throws -> Void) async throws {
        var address = address
        for _ in 0...Self.maxRedirects {
            let url = try hosts.checked(address).url
            let response: HTTPClientResponse
            do {
                response = try await client.execute(HTTPClientRequest(url: url.absoluteString), timeout: timeout)
            } catch {
                throw Failure(description: "\(url.host() ?? "the host") does not answer: \(error)")
            }
            if (300..<400).contains(response.status.code), let next = response.headers.first(name: "location") {
                address = URL(string: next, relativeTo: url)?.absoluteString ?? next
                continue
            }
            guard response.status.code == 200 else {
                throw Failure(description: "the server answered \(response.status.code)")
            }
            var count: Int64 = 0
            for try await part in response.body {
                count += Int64(part.readableBytes)
                guard count <= limitBytes else { throw Failure(description: "it has more than \(limitBytes) bytes") }
                try await write([UInt8](part.readableBytesView))
            }
            return
        }
        throw Failure(description: "more than \(Self.maxRedirects) redirects")
    }
}
