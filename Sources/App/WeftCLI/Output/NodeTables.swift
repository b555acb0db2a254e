import WeftFormats
import WeftModel

/// Nodes, tokens, counters and events as tables.
enum NodeTables {
    static func list(_ nodes: [NodeView], now: Instant) -> Table {
        var table = Table([
            .init("id"), .init("name", mayShrink: true), .init("state"), .init("reached"), .init("system"),
            .init("cpu free", .right), .init("memory free", .right), .init("drivers", mayShrink: true),
            .init("running", .right), .init("score", .right), .init("seen", .right),
        ])
        for node in nodes {
            let capacity = node.profile.capacity
            table.add([
                Table.Cell(node.id.short), Table.Cell(node.name), .state(node.state.rawValue),
                Table.Cell(node.route?.rawValue ?? ""),
                Table.Cell("\(node.profile.operatingSystem)/\(node.profile.architecture)"),
                Table.Cell("\(Humanize.cpu(millis: node.free.cpuMillis))/\(Humanize.cpu(millis: capacity.cpuMillis))"),
                Table.Cell("\(Humanize.bytes(node.free.memoryBytes))/\(Humanize.bytes(capacity.memoryBytes))"),
                Table.Cell(node.profile.drivers.map(\.name).joined(separator: ",")),
                Table.Cell(String(node.runningAttempts)), score(node.reputation.score),
                Table.Cell(Humanize.age(of: node.lastSeenAt.instant, now: now)),
            ])
        }
        return table
    }

    static func details(_ node: NodeView, now: Instant) -> Details {
        var details = Details()
        let profile = node.profile
        details.add("Node", node.id.text, .strong)
        details.add("Name", node.name)
        details.add("State", node.state.rawValue, Style.meaning(ofState: node.state.rawValue))
        details.add("Reached", node.route?.rawValue)
        details.add("System", "\(profile.operatingSystem)/\(profile.architecture)")
        details.add("Offers", resources(profile.capacity))
        details.add("Free", resources(node.free))
        details.add("Running", String(node.runningAttempts))
        let reputation = node.reputation
        details.add(
            "Reputation",
            "\(reputation.score)/100 (\(reputation.agreements) agreed, \(reputation.disagreements) differed)",
            score(reputation.score).meaning)
        if let performance = node.performance, performance.finished + performance.failed + performance.lost > 0 {
            details.add("Work", describe(performance), performance.reliability < 0.9 ? .warning : nil)
        }
        for trust in node.trust ?? [] {
            details.add(
                "Trust",
                "\(trust.payload): \(trust.state.rawValue), \(trust.wrong) of \(trust.checked) checked answers wrong, "
                    + "\(trust.rightInARow) right in a row",
                trust.state == .excluded ? .bad : nil)
        }
        details.add("Paused", profile.paused.isEmpty ? nil : profile.paused, .warning)
        details.add("Owner", profile.owner.isEmpty ? nil : profile.owner)
        if !profile.submitters.isEmpty {
            details.add("Works for", profile.submitters.joined(separator: ", "))
        }
        if !profile.signers.isEmpty { details.add("Code signed by", profile.signers.joined(separator: ", ")) }
        for device in profile.devices {
            details.add("Device", describe(device), device.isUsable ? nil : .bad)
        }
        if let measured = profile.benchmark {
            for (name, value) in HardwareText.lines(measured) { details.add("Speed", "\(name): \(value)") }
        }
        for driver in profile.drivers { details.add("Driver", describe(driver, of: profile)) }
        for label in profile.labels.sorted(by: { $0.key < $1.key }) {
            details.add("Label", "\(label.key)=\(label.value)")
        }
        for note in profile.notes { details.add("Note", note, .warning) }
        details.add("Version", profile.version.isEmpty ? nil : profile.version)
        details.add("First seen", node.firstSeenAt.description)
        details.add("Last seen", "\(node.lastSeenAt) (\(Humanize.age(of: node.lastSeenAt.instant, now: now)))")
        return details
    }

    static func tokens(_ tokens: [TokenView], now: Instant) -> Table {
        var table = Table([
            .init("name", mayShrink: true), .init("role"), .init("created", .right), .init("revoked", .right),
        ])
        for token in tokens {
            table.add([
                Table.Cell(token.name), Table.Cell(token.role.rawValue),
                Table.Cell(Humanize.age(of: token.createdAt.instant, now: now)),
                Table.Cell(token.revokedAt.map { Humanize.age(of: $0.instant, now: now) } ?? "", .warning),
            ])
        }
        return table
    }

    static func stats(_ stats: Stats) -> Details {
        var details = Details()
        details.add("Coordinator", stats.coordinator.text, .strong)
        details.add("Version", stats.version)
        details.add("Up", Humanize.duration(microseconds: Int64(stats.uptimeSeconds * 1_000_000)))
        details.add("Nodes", "\(stats.nodesConnected) connected, \(stats.nodesKnown) known")
        details.add("Jobs", "\(Humanize.count(Int64(stats.jobsUnfinished))) unfinished")
        details.add(
            "Tasks",
            "\(Humanize.count(Int64(stats.tasksWaiting))) waiting, \(Humanize.count(Int64(stats.tasksHeld ?? 0))) held, "
                + "\(Humanize.count(stats.tasksEnded)) ended, \(Humanize.count(stats.tasksFailed ?? 0)) of them failed")
        details.add(
            "Attempts",
            "\(Humanize.count(Int64(stats.attemptsRunning))) running, \(Humanize.count(stats.attemptsEnded)) ended, "
                + "\(Humanize.count(stats.attemptsLost)) lost, \(Humanize.count(stats.backups)) backups of late ones")
        details.add(
            "Disagreements", Humanize.count(stats.disagreements), stats.disagreements > 0 ? .warning : nil)
        if let hits = stats.cacheHits, let misses = stats.cacheMisses, let refused = stats.cacheRefused {
            details.add(
                "Cache",
                "\(Humanize.count(Int64(stats.cacheEntries ?? 0))) answers, \(Humanize.count(hits)) used, "
                    + "\(Humanize.count(misses)) not found, \(Humanize.count(refused)) refused",
                refused > 0 ? .warning : nil)
        }
        if let log = stats.log {
            let pruned = log.minimumIndex > 0 ? ", the first \(Humanize.count(Int64(log.minimumIndex))) pruned" : ""
            details.add("Log", "\(Humanize.count(Int64(log.size))) receipts\(pruned)")
        }
        details.add("Subscribers", String(stats.subscribers))
        details.add(
            "Journal",
            "\(Humanize.count(stats.commits)) commits, \(Humanize.count(stats.committedChanges)) changes")
        return details
    }

    /// One event on one line.
    static func event(_ event: EventView, style: Style) -> String {
        var parts: [String] = []
        if let task = event.task {
            parts.append("task \(task)")
        } else if let job = event.job {
            parts.append("job \(job)")
        }
        if let attempt = event.attempt { parts.append("attempt \(attempt)") }
        if let node = event.node { parts.append("node \(node.short)") }
        if let name = event.name { parts.append(Printable.line(name)) }
        if let state = event.state { parts.append(style(Printable.line(state), Style.meaning(ofState: state))) }
        if let verdict = event.verdict {
            parts.append(style(verdict.rawValue, Style.meaning(ofState: verdict.rawValue)))
        }
        if let counts = event.counts { parts.append("(\(JobTables.summary(counts)))") }
        if let from = event.from, let to = event.to, let amount = event.amount {
            parts.append("\(amount) credits from \(Printable.line("\(from)")) to \(Printable.line("\(to)"))")
        }
        if let score = event.score { parts.append("score \(score)") }
        if let missed = event.missed { parts.append("\(missed) events left out") }
        if let reason = event.reason { parts.append(Printable.line(reason)) }
        let kind = event.kind.rawValue + String(repeating: " ", count: max(0, 15 - event.kind.rawValue.count))
        return "\(style(String(event.at.description.dropFirst(11).prefix(12)), .quiet)) \(style(kind, .strong)) "
            + parts.joined(separator: " ") + "\n"
    }

    static func explanation(_ explanation: Explanation, style: Style) -> String {
        let meaning: Style.Meaning? =
            switch explanation.kind {
            case .notWaiting: .good
            case .notNow: .warning
            case .neverHere: .bad
            }
        var text = style(Printable.line(explanation.summary), meaning) + "\n"
        for reason in explanation.reasons {
            let nodes = reason.nodeCount == 0 ? "" : " (\(reason.nodeCount) node\(reason.nodeCount == 1 ? "" : "s"))"
            text += "  \(style(Printable.line(reason.field), .strong)): \(Printable.line(reason.message))\(nodes)\n"
        }
        if let suggestion = explanation.suggestion { text += "Try: \(Printable.line(suggestion))\n" }
        return text
    }

    private static func describe(_ driver: DriverProfile, of profile: NodeProfile) -> String {
        var text = driver.version.isEmpty ? driver.name : "\(driver.name) \(driver.version)"
        if driver.payloads != [driver.name] { text += " for \(driver.payloads.joined(separator: ", "))" }
        text += ": wall \((driver.isolation ?? profile.isolation).rawValue)"
        let emulated = driver.architectures.filter { $0 != profile.architecture }
        if !emulated.isEmpty { text += "; emulates \(emulated.joined(separator: ", "))" }
        let limits = driver.isolation == nil ? profile.enforced : driver.enforced
        return text + "; enforces " + (limits.isEmpty ? "nothing" : limits.map(\.rawValue).joined(separator: ", "))
    }

    private static func describe(_ device: DeviceProfile) -> String {
        let parts = [
            "\(device.id): \(device.kind)", device.vendor, device.model,
            device.memoryBytes.map { Humanize.bytes($0) } ?? "", device.architecture,
            device.driver.isEmpty ? "" : "driver \(device.driver)", device.backends.joined(separator: "+"),
        ].filter { !$0.isEmpty }
        return parts.joined(separator: " ") + (device.isUsable ? "" : "; out of use: \(device.fault)")
    }

    private static func resources(_ resources: Resources) -> String {
        var text =
            "\(Humanize.cpu(millis: resources.cpuMillis)) cpus, \(Humanize.bytes(resources.memoryBytes)) memory, "
        text += "\(Humanize.bytes(resources.diskBytes)) disk"
        for device in resources.devices { text += ", \(device.count) \(device.kind)" }
        return text
    }

    private static func describe(_ performance: PerformanceView) -> String {
        func rounded(_ value: Double, _ places: Double) -> String { "\((value * places).rounded() / places)" }
        var text = "\(performance.finished) finished, \(performance.failed) failed, \(performance.lost) lost"
        text += "; lately \(rounded(performance.reliability * 100, 10)) % finished"
        if let speed = performance.speed { text += ", at \(rounded(speed, 100)) × the speed of others" }
        return text
    }

    private static func score(_ score: Int) -> Table.Cell {
        Table.Cell(String(score), score < 30 ? .bad : score < 60 ? .warning : nil)
    }
}
