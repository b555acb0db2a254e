import Synchronization
import WeftWire

/// Bounds links: all of them, and apart from that those whose worker has not proved its key yet, so that strangers
/// cannot keep workers out.
final class LinkAdmission: Sendable {
    private struct State {
        var all = 0
        var new = 0
    }

    private let state = Mutex(State())
    private let limits: HTTPServer.Limits

    init(limits: HTTPServer.Limits) { self.limits = limits }

    var count: Int { state.withLock { $0.all } }

    func checkRoom() throws {
        guard state.withLock({ $0.all < limits.links && $0.new < limits.newLinks }) else {
            throw HTTPFailure.busy("too many links are open or being opened", retryAfterSeconds: 2)
        }
    }

    /// Serves an accepted link within the bounds. A link beyond them (opened in the same moment) is closed.
    func serve(_ link: any Link, with serve: @Sendable (any Link) async -> Void) async {
        let fits = state.withLock { state in
            guard state.all < limits.links, state.new < limits.newLinks else { return false }
            state.all += 1
            state.new += 1
            return true
        }
        guard fits else { return await link.close() }
        let admitted = AdmittedLink(link) { [self] in state.withLock { $0.new -= 1 } }
        await serve(admitted)
        await link.close()
        admitted.settle()
        state.withLock { $0.all -= 1 }
    }
}

/// Passes everything on and sees the coordinator's Welcome: from then on the worker is known.
private final class AdmittedLink: Link {
    private let link: any Link
    private let isNew = Mutex(true)
    private let onKnown: @Sendable () -> Void

    init(_ link: any Link, onKnown: @escaping @Sendable () -> Void) {
        self.link = link
        self.onKnown = onKnown
    }

    var remoteDescription: String { link.remoteDescription }
    var route: LinkRoute { link.route }
    var channelBinding: [UInt8] { link.channelBinding }
    var inbound: LinkInbound { link.inbound }

    func send(_ messages: [Message]) async throws {
        try await link.send(messages)
        if isNew.withLock({ $0 }), messages.contains(where: \.isWelcome) { settle() }
    }

    func close() async { await link.close() }

    func settle() {
        let wasNew = isNew.withLock { isNew in
            defer { isNew = false }
            return isNew
        }
        if wasNew { onKnown() }
    }
}

extension Message {
    fileprivate var isWelcome: Bool {
        if case .welcome = body { true } else { false }
    }
}
