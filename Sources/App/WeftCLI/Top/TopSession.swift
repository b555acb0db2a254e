import Glibc
import WeftFormats
package import WeftModel

/// `weft top` on a terminal: asks the coordinator again and again, draws, and does what keys ask for.
package struct TopSession: Sendable {
    package enum Incident: Sendable {
        case key(Key)
        case snapshot(TopSnapshot)
        case failure(String)
        case lines([String])
        case text(String, title: String)
        case done(String)
        /// The window has another size.
        case resized
        case end
    }

    private let api: any CoordinatorAPI
    private let terminal: ScreenTerminal
    private let interval: Duration
    private let style: Style
    private let now: @Sendable () -> Instant

    package init(
        api: any CoordinatorAPI, terminal: ScreenTerminal, interval: Duration, style: Style,
        now: @escaping @Sendable () -> Instant
    ) {
        self.api = api
        self.terminal = terminal
        self.interval = interval
        self.style = style
        self.now = now
    }

    /// Until somebody quits, or the terminal goes away.
    package func run() async throws {
        let (incidents, continuation) = AsyncStream<Incident>.makeStream(bufferingPolicy: .bufferingNewest(4096))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for await key in terminal.keys { continuation.yield(.key(key)) }
                continuation.yield(.end)
            }
            group.addTask {
                for await number in SignalStream([SIGWINCH, SIGTERM, SIGHUP, SIGINT]) {
                    continuation.yield(number == SIGWINCH ? .resized : .end)
                }
            }
            let (turns, again) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
            group.addTask { await ask(turns, continuation) }
            group.addTask {
                while !Task.isCancelled {
                    again.yield()
                    try await Task.sleep(for: interval)
                }
            }
            defer { group.cancelAll() }
            try await show(incidents, continuation) { again.yield() }
        }
    }

    private func ask(_ turns: AsyncStream<Void>, _ incidents: AsyncStream<Incident>.Continuation) async {
        for await _ in turns {
            do {
                incidents.yield(.snapshot(try await TopSnapshot.take(from: api, now: now())))
            } catch {
                if !Task.isCancelled { incidents.yield(.failure(ErrorWords.describe(error).message)) }
            }
        }
    }

    private func show(
        _ incidents: AsyncStream<Incident>, _ continuation: AsyncStream<Incident>.Continuation,
        refresh: () -> Void
    ) async throws {
        var model = TopModel()
        var drawn: [String] = []
        var follower: Task<Void, Never>?
        defer { follower?.cancel() }
        try draw(model, &drawn)
        for await incident in incidents {
            switch incident {
            case .end: return
            case .resized:
                drawn = []
                try terminal.clear()
            case .snapshot(let snapshot): model.take(snapshot)
            case .failure(let message), .done(let message): model.message = message
            case .lines(let lines): model.add(lines: lines)
            case .text(let text, let title): model.read(screen.wrapped(text), title: title)
            case .key(let key):
                switch model.press(key, height: screen.height) {
                case nil: break
                case .quit: return
                case .refresh: refresh()
                case .follow(let job):
                    follower?.cancel()
                    follower = Task { await follow(job, continuation) }
                case .stopFollowing:
                    follower?.cancel()
                    follower = nil
                case .cancel(let job):
                    carryOut(continuation) { "job \(job) is \(try await api.cancel(job).state.rawValue)" }
                    refresh()
                case .drain(let node, let isDraining):
                    carryOut(continuation) {
                        let view = try await api.drain(node, isDraining)
                        return "\(view.name) gets \(isDraining ? "no new work" : "work again")"
                    }
                    refresh()
                case .explain(let job): explain(job, continuation)
                case .describe(let id):
                    guard let node = model.nodes.first(where: { $0.id == id }) else { break }
                    let text = NodeTables.details(node, now: now()).render(style: Style(hasColor: false))
                    model.read(screen.wrapped(text), title: "node \(node.name)")
                }
            }
            try draw(model, &drawn)
        }
    }

    private var screen: TopScreen {
        let size = terminal.size
        return TopScreen(rows: size.rows, columns: size.columns, style: style)
    }

    private func draw(_ model: TopModel, _ drawn: inout [String]) throws {
        let lines = screen.lines(of: model, now: now())
        try terminal.draw(lines, over: drawn)
        drawn = lines
    }

    // MARK: What keys ask for

    private func carryOut(
        _ incidents: AsyncStream<Incident>.Continuation, _ action: @escaping @Sendable () async throws -> String
    ) {
        Task {
            do {
                incidents.yield(.done(try await action()))
            } catch {
                incidents.yield(.failure(ErrorWords.describe(error).message))
            }
        }
    }

    private func explain(_ job: JobID, _ incidents: AsyncStream<Incident>.Continuation) {
        let api = api
        Task {
            do {
                let text = NodeTables.explanation(try await api.explain(job, task: nil), style: Style(hasColor: false))
                incidents.yield(.text(text, title: "why job \(job) waits"))
            } catch {
                incidents.yield(.failure(ErrorWords.describe(error).message))
            }
        }
    }

    private func follow(_ job: JobID, _ incidents: AsyncStream<Incident>.Continuation) async {
        do {
            var lines = LogLines(isPrefixed: true)
            func show(_ bytes: [UInt8]) {
                let whole = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
                if !whole.isEmpty { incidents.yield(.lines(whole)) }
            }
            for try await piece in try await api.logs(job, task: nil, follow: true) {
                show(lines.take(piece.task, try LogPrinter.bytes(of: piece), isError: piece.stream == .stderr))
            }
            for (bytes, _) in lines.rest() { show(bytes) }
            if !Task.isCancelled { incidents.yield(.lines(["-- that is all of job \(job)"])) }
        } catch {
            if !Task.isCancelled { incidents.yield(.lines(["-- \(ErrorWords.describe(error).message)"])) }
        }
    }
}
