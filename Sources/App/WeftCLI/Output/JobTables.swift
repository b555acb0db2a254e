import WeftFormats
import WeftModel

/// Jobs and tasks as tables.
enum JobTables {
    static func list(_ jobs: [JobView], now: Instant) -> Table {
        var table = Table([
            .init("id", .right), .init("name", mayShrink: true), .init("state"), .init("tasks", .right),
            .init("progress", .right), .init("submitter", mayShrink: true), .init("submitted", .right),
            .init("took", .right),
        ])
        for job in jobs {
            table.add([
                Table.Cell(job.id.description), Table.Cell(job.name), .state(job.state.rawValue),
                Table.Cell(Humanize.count(Int64(job.counts.total))), Table.Cell(progress(job.counts)),
                Table.Cell(job.submitter), Table.Cell(Humanize.age(of: job.submittedAt.instant, now: now)),
                Table.Cell(Humanize.duration((job.endedAt?.instant ?? now) - job.submittedAt.instant)),
            ])
        }
        return table
    }

    static func details(_ job: JobView, now: Instant) -> Details {
        var details = Details()
        details.add("Job", job.id.description, .strong)
        details.add("Name", job.name)
        details.add("State", job.state.rawValue, Style.meaning(ofState: job.state.rawValue))
        details.add("Reason", job.reason)
        details.add("Tasks", summary(job.counts))
        if let cached = job.cached, cached > 0 {
            details.add("From the cache", Humanize.count(Int64(cached)))
        }
        details.add("Submitter", job.submitter)
        details.add("Submitted", "\(job.submittedAt) (\(Humanize.age(of: job.submittedAt.instant, now: now)))")
        details.add("Ended", job.endedAt.map { "\($0)" })
        details.add("Took", Humanize.duration((job.endedAt?.instant ?? now) - job.submittedAt.instant))
        if let credits = job.credits {
            details.add("Reserved", "\(credits.reserved) credits")
            details.add("Spent", "\(credits.spent) credits")
            details.add("Refunded", credits.refunded.map { "\($0) credits" })
        }
        details.add("Priority", String(job.priority))
        for label in job.labels.sorted(by: { $0.key < $1.key }) {
            details.add("Label", "\(label.key)=\(label.value)")
        }
        details.add("Spec", job.specDigest.description)
        details.add("Trace", job.traceparent)
        return details
    }

    static func tasks(_ tasks: [TaskView], now: Instant) -> Table {
        var table = Table([
            .init("task", .right), .init("state"), .init("verdict"), .init("status", .right), .init("attempts", .right),
            .init("dissent", .right), .init("ended", .right), .init("answer of"), .init("reason", mayShrink: true),
        ])
        for task in tasks {
            table.add([
                Table.Cell(task.id), .state(task.state.rawValue),
                task.verdict.map { .state($0.rawValue) } ?? "", Table.Cell(task.completion.map(status) ?? ""),
                Table.Cell(task.attempts.map { String($0.count) } ?? ""),
                task.dissenters == 0 ? "0" : Table.Cell(String(task.dissenters), .bad),
                Table.Cell(task.endedAt.map { Humanize.age(of: $0.instant, now: now) } ?? ""),
                Table.Cell(task.cachedFrom ?? ""), Table.Cell(task.reason ?? ""),
            ])
        }
        return table
    }

    static func attempts(_ attempts: [AttemptView]) -> Table {
        var table = Table([
            .init("attempt"), .init("replica", .right), .init("node", mayShrink: true), .init("state"),
            .init("agreed"), .init("status", .right), .init("wall", .right), .init("cpu", .right),
            .init("memory", .right), .init("disk", .right), .init("output", .right), .init("failure", mayShrink: true),
        ])
        for attempt in attempts {
            let usage = attempt.usage
            table.add([
                Table.Cell(attempt.id), Table.Cell(String(attempt.replica)), Table.Cell(attempt.nodeName),
                .state(attempt.state.rawValue),
                attempt.agreed.map { .state($0 ? "yes" : "no") } ?? "",
                Table.Cell(attempt.completion.map(status) ?? ""),
                Table.Cell(usage.map { Humanize.duration(microseconds: $0.wallMicroseconds) } ?? ""),
                Table.Cell(usage?.cpuMicroseconds.map { Humanize.duration(microseconds: $0) } ?? ""),
                Table.Cell(usage?.peakMemoryBytes.map { Humanize.bytes($0) } ?? ""),
                Table.Cell(usage?.diskBytes.map { Humanize.bytes($0) } ?? ""),
                Table.Cell(usage?.outputBytes.map { Humanize.bytes($0) } ?? ""),
                Table.Cell(attempt.failure.map { "\($0.kind.rawValue): \($0.message)" } ?? ""),
            ])
        }
        return table
    }

    /// What a task left behind.
    static func outputs(_ task: TaskView) -> Table {
        var table = Table([.init("task", .right), .init("file", mayShrink: true), .init("size", .right), .init("blob")])
        guard let completion = task.completion else { return table }
        let streams = [("(stdout)", completion.standardOutput), ("(stderr)", completion.standardError)]
        for (name, blob) in streams {
            guard let blob else { continue }
            table.add([
                Table.Cell(task.id), Table.Cell(name, .quiet), Table.Cell(Humanize.bytes(blob.sizeBytes)),
                Table.Cell(blob.digest.description),
            ])
        }
        for file in completion.outputs {
            table.add([
                Table.Cell(task.id), Table.Cell(file.path),
                Table.Cell(file.blob.map { Humanize.bytes($0.sizeBytes) } ?? "missing", file.blob == nil ? .bad : nil),
                Table.Cell(file.blob?.digest.description ?? ""),
            ])
        }
        return table
    }

    /// `3/10`, with the share of failed ones when there are any.
    static func progress(_ counts: TaskCounts) -> String {
        let percent = counts.total == 0 ? 100 : Int(counts.ended) * 100 / Int(counts.total)
        return counts.failed > 0 ? "\(percent)% (\(Humanize.count(Int64(counts.failed))) failed)" : "\(percent)%"
    }

    static func summary(_ counts: TaskCounts) -> String {
        let parts: [(UInt32, String)] = [
            (counts.waiting, "waiting"), (counts.running, "running"), (counts.succeeded, "succeeded"),
            (counts.failed, "failed"), (counts.cancelled, "cancelled"), (counts.disagreed, "disagreed"),
        ]
        let shown = parts.filter { $0.0 > 0 }.map { "\(Humanize.count(Int64($0.0))) \($0.1)" }
        return ([Humanize.count(Int64(counts.total)) + " in all"] + shown).joined(separator: ", ")
    }

    private static func status(_ completion: Completion) -> String { String(completion.exitStatus) }
}
