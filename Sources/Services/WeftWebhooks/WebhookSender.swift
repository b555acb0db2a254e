import AsyncHTTPClient
import Dispatch
import FoundationEssentials
import NIOCore
import NIOHTTP1
import WeftClient
import WeftCoordinator
import WeftFormats
import WeftModel

/// Sends events to receivers whose hosts the operator allows. Names are looked up here, addresses are checked, and the
/// connection goes to the address that was checked: a name that comes to stand for another one meanwhile changes nothing.
struct WebhookSender: Sendable {
    /// What a receiver's answer may weigh. More of it is not read, and the connection is closed.
    static let answerBytes = 16 << 10

    struct Failure: Error, Hashable, Sendable {
        var reason: String
        /// The receiver's answer, if there was one.
        var status: Int?
        var retryAfter: Duration?

        /// Gone, says the receiver (410), and is not to be asked again.
        var isFinal: Bool { status == 410 }
    }

    let hosts: AllowedHosts
    let timeout: Duration
    let agent: String
    /// Blocks; on a thread of its own.
    var resolve: @Sendable (String) throws -> [ResolvedAddress] = Resolver.addresses
    var now: @Sendable () -> Instant

    init(_ settings: WebhookSettings, now: @escaping @Sendable () -> Instant) {
        hosts = AllowedHosts(settings.hosts, does: "sends events to", setting: "coordinator.webhook_hosts")
        timeout = settings.timeout
        agent = "Weft/\(settings.version)"
        self.now = now
    }

    /// Runs `body` with a connection, which is made when it is needed and kept meanwhile.
    func connected<Value: Sendable>(
        to address: String, _ body: (WebhookConnection) async -> Value
    ) async -> Result<Value, Failure> {
        let target: (AllowedHosts.Checked, ResolvedAddress)
        do { target = try await checked(address) } catch { return .failure(error) }
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        configuration.dnsOverride = [target.0.host: target.1.text]
        configuration.timeout.connect = .seconds(10)
        configuration.timeout.read = TimeAmount(timeout)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.idleTimeout = .seconds(5)
        let client = HTTPClient(configuration: configuration)
        let value = await body(WebhookConnection(client: client, target: target.0, sender: self))
        // Only fails for a client that was shut down before.
        try? await client.shutdown()
        return .success(value)
    }

    /// The address to connect to.
    private func checked(_ address: String) async throws(Failure) -> (AllowedHosts.Checked, ResolvedAddress) {
        let target: AllowedHosts.Checked
        do { target = try hosts.checked(address) } catch { throw Failure(reason: error.description) }
        let found: [ResolvedAddress]
        switch await TimeLimit.run(timeout, { await lookUp(target.host) }) {
        case .success(let addresses)?: found = addresses
        case .failure(let failure)?: throw failure
        case nil: throw Failure(reason: "the look-up of \(target.host) took too long")
        }
        guard let address = found.first(where: { $0.isPublic || hosts.names(address: $0.text, port: target.port) })
        else {
            let text = found.first?.text ?? "no address"
            throw Failure(
                reason:
                    "\(target.host) is \(text), which is not a public address and not itself among coordinator.webhook_hosts"
            )
        }
        return (target, address)
    }

    private static let lookUps = DispatchQueue(label: "weft.webhooks.names", attributes: .concurrent)

    /// A look-up that takes too long is left to its thread.
    private func lookUp(_ host: String) async -> Result<[ResolvedAddress], Failure> {
        let answer = AsyncStream<Result<[ResolvedAddress], Failure>>.makeStream(bufferingPolicy: .bufferingNewest(1))
        Self.lookUps.async { [resolve] in
            let result: Result<[ResolvedAddress], Failure>
            do {
                result = .success(try resolve(host))
            } catch {
                let reason = (error as? Resolver.Failure)?.reason ?? "\(error)"
                result = .failure(Failure(reason: "\(host) is not known: \(reason)"))
            }
            answer.continuation.yield(result)
            answer.continuation.finish()
        }
        for await result in answer.stream { return result }
        return .failure(Failure(reason: "cancelled"))
    }
}

/// To one receiver.
struct WebhookConnection: Sendable {
    let client: HTTPClient
    let target: AllowedHosts.Checked
    let sender: WebhookSender

    /// Sends one event, signed anew; its answer's status. Throws ``WebhookSender/Failure`` for all but 2xx.
    func send(_ body: [UInt8], id: String, secret: WebhookSecret) async throws(WebhookSender.Failure) -> Int {
        let timestamp = sender.now().microseconds / 1_000_000
        guard let signature = WebhookSignature.sign(body, id: id, timestamp: timestamp, with: secret) else {
            throw WebhookSender.Failure(reason: "the webhook's secret is damaged")
        }
        var request = HTTPClientRequest(url: target.url.absoluteString)
        request.method = .POST
        request.headers = [
            "content-type": CloudEvent<EventView>.contentType, "user-agent": sender.agent, "webhook-id": id,
            "webhook-timestamp": String(timestamp), "webhook-signature": signature,
        ]
        request.body = .bytes(ByteBuffer(bytes: body))
        let exchange = request
        switch await TimeLimit.run(sender.timeout, { await post(exchange) }) {
        case .success(let status)?: return status
        case .failure(let failure)?: throw failure
        case nil:
            throw WebhookSender.Failure(
                reason: "the receiver did not answer within \(sender.timeout.components.seconds) s")
        }
    }

    private func post(_ request: HTTPClientRequest) async -> Result<Int, WebhookSender.Failure> {
        do {
            let answer = try await client.execute(request, timeout: TimeAmount(sender.timeout))
            // What it says is not told to anybody: a submitter must not read other servers' answers by this.
            var count = 0
            for try await piece in answer.body {
                count += piece.readableBytes
                if count > WebhookSender.answerBytes { break }
            }
            let status = Int(answer.status.code)
            guard !(200..<300).contains(status) else { return .success(status) }
            let asked = answer.headers.first(name: "retry-after").flatMap {
                RetryAfter.duration($0, now: sender.now())
            }
            return .failure(
                WebhookSender.Failure(reason: Self.words(for: status), status: status, retryAfter: asked))
        } catch {
            return .failure(WebhookSender.Failure(reason: FailureWords.of(error, host: target.host)))
        }
    }

    private static func words(for status: Int) -> String {
        switch status {
        case 300..<400: "the receiver answered \(status), and redirects are not followed"
        case 410: "the receiver answered 410 (Gone)"
        default: "the receiver answered \(status)"
        }
    }
}

enum TimeLimit {
    /// What `body` makes; nil, and `body` is cancelled, when it takes longer.
    static func run<Value: Sendable>(_ limit: Duration, _ body: @escaping @Sendable () async -> Value) async -> Value? {
        await withTaskGroup(of: Value?.self) { group in
            group.addTask { await body() }
            group.addTask {
                try? await Task.sleep(for: limit)  // cancelled: the other one has ended
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }
}
