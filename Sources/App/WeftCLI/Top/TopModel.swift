package import WeftFormats
package import WeftModel

/// What `weft top` shows and how keys change it. Decides; ``TopSession`` draws and asks the coordinator.
package struct TopModel: Sendable {
    package enum Page: Sendable { case jobs, nodes }

    package enum Mode: Sendable, Equatable {
        case browsing
        /// The filter is being typed.
        case filtering
        case confirming(Question)
        /// What a job prints.
        case log(JobID)
        /// Text that was asked for, such as why a job waits.
        case reading(title: String)
        case help
    }

    package enum Question: Sendable, Equatable {
        case cancel(JobID, name: String)
        case drain(NodeID, name: String, Bool)
    }

    /// What is to be done about a key.
    package enum Request: Sendable, Equatable {
        case quit, refresh
        case cancel(JobID)
        case drain(NodeID, Bool)
        case follow(JobID)
        case stopFollowing
        case explain(JobID)
        case describe(NodeID)
    }

    /// Lines of a log that are kept.
    package static let keptLines = 2000

    package private(set) var snapshot: TopSnapshot?
    package private(set) var rates: TopRates?
    package private(set) var page = Page.jobs
    package private(set) var mode = Mode.browsing
    package private(set) var filter = ""
    /// What went wrong, or was done, last.
    package var message: String?
    /// Of a log, or of what is read; the newest last.
    package private(set) var lines: [String] = []
    /// How many lines above the newest the view of them ends; 0 follows.
    package private(set) var linesBack = 0
    private var selectedJob: JobID?
    private var selectedNode: NodeID?
    private var position = 0

    package init() {}

    // MARK: What there is

    package var jobs: [JobView] {
        let all = snapshot?.jobs ?? []
        return filter.isEmpty
            ? all
            : all.filter { job in
                matches(
                    [job.id.description, job.name, job.state.rawValue, job.submitter] + job.labels.map { "\($0)=\($1)" }
                )
            }
    }

    package var nodes: [NodeView] {
        let all = snapshot?.nodes ?? []
        return filter.isEmpty
            ? all : all.filter { matches([$0.id.text, $0.name, $0.state.rawValue, $0.profile.owner]) }
    }

    /// The row that is chosen, counted from 0; nil where there are none.
    package var selection: Int? {
        let count = rowCount
        guard count > 0 else { return nil }
        let known =
            switch page {
            case .jobs: jobs.firstIndex { $0.id == selectedJob }
            case .nodes: nodes.firstIndex { $0.id == selectedNode }
            }
        // Who is gone is followed by who is at its place now.
        return known ?? min(position, count - 1)
    }

    private var rowCount: Int { page == .jobs ? jobs.count : nodes.count }

    private func matches(_ texts: [String]) -> Bool {
        let wanted = filter.lowercased()
        return texts.contains { $0.lowercased().contains(wanted) }
    }

    // MARK: What comes

    package mutating func take(_ snapshot: TopSnapshot) {
        rates = self.snapshot.flatMap { TopRates(from: $0, to: snapshot) }
        self.snapshot = snapshot
    }

    /// More lines of what is followed, or all of what is read.
    package mutating func add(lines more: [String]) {
        lines += more
        if linesBack > 0 { linesBack += more.count }
        if lines.count > Self.keptLines { lines.removeFirst(lines.count - Self.keptLines) }
        linesBack = min(linesBack, max(0, lines.count - 1))
    }

    /// Shows a text over the whole screen, from its beginning.
    package mutating func read(_ text: [String], title: String) {
        mode = .reading(title: title)
        lines = text
        linesBack = max(0, text.count - 1)
    }

    /// - Parameter height: of the list, in rows.
    package mutating func press(_ key: Key, height: Int) -> Request? {
        if key == .interrupt { return .quit }
        switch mode {
        case .browsing: return browse(key, height)
        case .filtering: return type(key)
        case .confirming(let question): return answer(key, question)
        case .log, .reading: return page(key, height)
        case .help:
            mode = .browsing
            return nil
        }
    }

    private mutating func browse(_ key: Key, _ height: Int) -> Request? {
        message = nil
        switch key {
        case .character("q"): return .quit
        case .character(" "): return .refresh
        case .character("?"), .character("h"): mode = .help
        case .character("/"): mode = .filtering
        case .escape: filter = ""
        case .tab: change(to: page == .jobs ? .nodes : .jobs)
        case .character("1"): change(to: .jobs)
        case .character("2"): change(to: .nodes)
        case .up, .character("k"): move(by: -1)
        case .down, .character("j"): move(by: 1)
        case .pageUp: move(by: -max(1, height))
        case .pageDown: move(by: max(1, height))
        case .home, .character("g"): move(by: -rowCount)
        case .end, .character("G"): move(by: rowCount)
        case .enter, .character, .backspace, .interrupt, .clear: return act(key)
        }
        return nil
    }

    /// Keys that mean the chosen row.
    private mutating func act(_ key: Key) -> Request? {
        guard let selection else { return nil }
        switch (page, key) {
        case (.jobs, .enter), (.jobs, .character("l")):
            let job = jobs[selection]
            mode = .log(job.id)
            lines = []
            linesBack = 0
            return .follow(job.id)
        case (.jobs, .character("e")): return .explain(jobs[selection].id)
        case (.jobs, .character("c")):
            let job = jobs[selection]
            guard !job.state.isFinal else {
                message = "job \(job.id) has ended: \(job.state.rawValue)"
                return nil
            }
            mode = .confirming(.cancel(job.id, name: job.name))
        case (.nodes, .enter): return .describe(nodes[selection].id)
        case (.nodes, .character("d")):
            let node = nodes[selection]
            mode = .confirming(.drain(node.id, name: node.name, node.state != .draining))
        default: break
        }
        return nil
    }

    private mutating func type(_ key: Key) -> Request? {
        switch key {
        case .character(let character) where filter.count < 100: filter.append(character)
        case .backspace: if !filter.isEmpty { filter.removeLast() }
        case .clear: filter = ""
        case .escape:
            filter = ""
            mode = .browsing
        case .enter: mode = .browsing
        default: break
        }
        return nil
    }

    private mutating func answer(_ key: Key, _ question: Question) -> Request? {
        mode = .browsing
        guard key == .character("y") || key == .character("Y") else {
            message = "nothing was changed"
            return nil
        }
        switch question {
        case .cancel(let job, _): return .cancel(job)
        case .drain(let node, _, let isDraining): return .drain(node, isDraining)
        }
    }

    private mutating func page(_ key: Key, _ height: Int) -> Request? {
        let top = max(0, lines.count - height)
        linesBack = min(linesBack, top)
        switch key {
        case .character("q"), .escape, .backspace:
            defer {
                mode = .browsing
                lines = []
            }
            if case .log = mode { return .stopFollowing }
            return nil
        case .up, .character("k"): linesBack = min(top, linesBack + 1)
        case .down, .character("j"): linesBack = max(0, linesBack - 1)
        case .pageUp: linesBack = min(top, linesBack + max(1, height))
        case .pageDown: linesBack = max(0, linesBack - max(1, height))
        case .home, .character("g"): linesBack = top
        case .end, .character("G"): linesBack = 0
        default: break
        }
        return nil
    }

    private mutating func change(to page: Page) {
        self.page = page
        position = selection ?? 0
    }

    private mutating func move(by rows: Int) {
        guard let selection else { return }
        position = min(max(0, selection + rows), rowCount - 1)
        switch page {
        case .jobs: selectedJob = jobs[position].id
        case .nodes: selectedNode = nodes[position].id
        }
    }
}
