package import WeftFormats
package import WeftModel
package import WeftWire

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The worker's side of how a link begins: who the other end is, and that both are who they say.
package struct Handshake: Sendable {
    enum State: Sendable, Hashable {
        /// Exits: `.greeted` on a challenge.
        case waiting
        /// Exits: `.done` on a welcome.
        case greeted(LinkStatement, by: PublicIdentity)
        /// No exits.
        case done
    }

    /// What the coordinator asks of an accepted worker.
    package struct Terms: Sendable, Hashable {
        package var coordinator: NodeID
        package var heartbeat: Duration
        package var lease: Duration
    }

    package enum Step: Sendable {
        /// Send the greeting: this hello, with the worker's state filled in. Who the coordinator says it is, is not yet
        /// proven.
        case greet(Weft_Wire_V1_Hello, claimed: NodeID)
        case welcome(Terms)
        /// The coordinator does not want this worker.
        case refused(WorkerError, canRetry: Bool)
        /// It does not keep the protocol, or is not who it says: end the link.
        case breach(String)
    }

    private let identity: SigningIdentity
    /// The only coordinator to accept.
    private let pinned: NodeID?
    private let nonce: [UInt8]
    private let channelBinding: [UInt8]
    private var state = State.waiting

    package init(identity: SigningIdentity, pinned: NodeID?, nonce: [UInt8], channelBinding: [UInt8]) {
        self.identity = identity
        self.pinned = pinned
        self.nonce = nonce
        self.channelBinding = channelBinding
    }

    package mutating func handle(_ message: Message) -> Step? {
        switch (state, message.body) {
        case (.waiting, .challenge(let challenge)): return answer(challenge)
        case (.greeted(let statement, let coordinator), .welcome(let welcome)):
            return check(welcome, statement, coordinator)
        case (.waiting, .refusal(let refusal)), (.greeted, .refusal(let refusal)):
            state = .done
            return .refused(
                .refused(code: String(refusal.code.prefix(100)), message: String(refusal.message.prefix(1000))),
                canRetry: refusal.retry)
        case (_, nil):
            return nil  // a message of a later protocol; those that must not be ignored raise the version
        case (.waiting, _): return .breach("it spoke before its challenge")
        case (.greeted, _): return .breach("it spoke before its welcome")
        case (.done, _): return nil
        }
    }

    private mutating func answer(_ challenge: Weft_Wire_V1_Challenge) -> Step {
        let version: UInt32
        do throws(LinkError) {
            version = try LinkBounds.commonVersion(minimum: challenge.minVersion, maximum: challenge.maxVersion)
        } catch {
            if case .refused(let why) = error { return .refused(.version(why), canRetry: true) }
            return .breach("\(error)")
        }
        guard let coordinator = PublicIdentity(keyBytes: [UInt8](challenge.coordinatorKey)), challenge.nonce.count == 32
        else { return .breach("its key or nonce is not 32 bytes long") }
        if let pinned, pinned != coordinator.nodeID {
            return .refused(.wrongCoordinator(expected: pinned.text, found: coordinator.nodeID.text), canRetry: false)
        }
        let statement = LinkStatement(
            role: .worker, version: version, coordinatorKey: coordinator.keyBytes,
            nodeKey: identity.publicIdentity.keyBytes, coordinatorNonce: [UInt8](challenge.nonce), nodeNonce: nonce,
            channelBinding: channelBinding)
        var hello = Weft_Wire_V1_Hello()
        hello.version = version
        hello.nodeKey = Data(identity.publicIdentity.keyBytes)
        hello.nonce = Data(nonce)
        hello.signature = Data(identity.sign(statement))
        state = .greeted(statement, by: coordinator)
        return .greet(hello, claimed: coordinator.nodeID)
    }

    private mutating func check(
        _ welcome: Weft_Wire_V1_Welcome, _ statement: LinkStatement, _ coordinator: PublicIdentity
    ) -> Step {
        var statement = statement
        statement.role = .coordinator
        guard coordinator.verify(signature: [UInt8](welcome.signature), over: statement) else {
            return .breach("its signature is not by the key it showed")
        }
        state = .done
        return .welcome(
            Terms(
                coordinator: coordinator.nodeID,
                heartbeat: .milliseconds(min(60_000, max(100, Int64(welcome.heartbeatMilliseconds)))),
                lease: .milliseconds(Int64(welcome.leaseMilliseconds))))
    }
}
