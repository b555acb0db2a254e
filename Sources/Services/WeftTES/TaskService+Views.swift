import WeftCoordinator
package import WeftFormats
package import WeftModel
import WeftStorage

extension TaskService {
    /// The task as it is now. Throws ``RequestError``, ``BlobError``.
    package func document(of job: JobView, view: TaskDocument.View) async throws -> Document {
        let settlement = try settlements.settlement(of: job.id)
        let state = TESState(job.state, settlement)
        let head = [Document.Member("id", .string("\(job.id)")), Document.Member("state", .string(state.rawValue))]
        guard view != .minimal else { return .object(head) }
        let kept = try await kept(job.id)
        let log = try await log(of: job, kept, settlement, view: view)
        return .object(
            head + kept.task.members(for: view) + [
                Document.Member("logs", .array([log])),
                Document.Member("creation_time", .string(job.submittedAt.description)),
            ])
    }

    private func log(
        of job: JobView, _ kept: KeptTask, _ settlement: Settlement?, view: TaskDocument.View
    ) async throws -> Document {
        let task = try await jobs.task(TaskID(job: job.id, index: 0))
        let attempts = task.attempts ?? []
        var object = ObjectBuilder()
        object["logs"] = .array(try await executorLogs(task, view: view))
        var metadata = ["weft.job": "\(job.id)", "weft.submitter": job.submitter]
        let nodes = attempts.filter { $0.failure == nil }.map(\.nodeName)
        if !nodes.isEmpty { metadata["weft.nodes"] = nodes.joined(separator: ", ") }
        if let verdict = task.verdict { metadata["weft.verdict"] = "\(verdict)" }
        object["metadata"] = .texts(metadata)
        object["start_time"] = attempts.compactMap(\.startedAt).min().map { .string($0.description) }
        object["end_time"] = job.endedAt.map { .string($0.description) }
        object["outputs"] = .array(
            (settlement?.outputs ?? []).map {
                ["url": .string($0.url), "path": .string($0.path), "size_bytes": .string("\($0.sizeBytes)")]
            })
        if view == .full {
            let logs = kept.warnings + (settlement?.systemLogs ?? []) + (job.reason.map { [$0] } ?? [])
            object["system_logs"] = logs.isEmpty ? nil : .array(logs.map(Document.string))
        }
        return .object(object.members)
    }

    private func executorLogs(_ task: TaskView, view: TaskDocument.View) async throws -> [Document] {
        let blob = task.completion?.outputs.first { $0.path == TaskPlan.reportPath }?.blob
        guard let blob else { return [] }
        let report: RunReport
        do { report = try await RunReport(reading: blob, in: jobs.blobs) } catch is FileArchiveReader.Failure {
            return []
        }
        return report.executors.map { executor in
            var object = ObjectBuilder()
            object["start_time"] = .string(executor.startTime)
            object["end_time"] = .string(executor.endTime)
            if view == .full {
                object["stdout"] = executor.standardOutput.map(Document.string)
                object["stderr"] = executor.standardError.map(Document.string)
            }
            object["exit_code"] = .integer(Int64(executor.exitCode))
            return .object(object.members)
        }
    }

    // MARK: Lists

    /// Which tasks, and how much of them.
    package struct ListRequest: Sendable {
        package var namePrefix: String?
        package var state: TESState?
        /// An empty value stands for any.
        package var tags: [String: String]
        package var pageSize: Int
        /// Tasks that are older than this one.
        package var before: JobID?
        package var view: TaskDocument.View

        package static let pageSizes = 1...2047
        package static let usualPageSize = 256

        package init(
            namePrefix: String? = nil, state: TESState? = nil, tags: [String: String] = [:],
            pageSize: Int = usualPageSize, before: JobID? = nil, view: TaskDocument.View = .minimal
        ) {
            self.namePrefix = namePrefix
            self.state = state
            self.tags = tags
            self.pageSize = pageSize
            self.before = before
            self.view = view
        }
    }

    /// Jobs that one request looks at, most of which may not match.
    private static let looksAtMost = 20_000

    /// A page of tasks, the newest first. Where few of many match, a page may hold less than asked for, and still have a
    /// next one. Throws ``RequestError``.
    package func list(_ request: ListRequest) async throws -> Document {
        let states = request.state?.jobStates
        var found: [JobView] = []
        var next: JobID?
        if states?.isEmpty != true {
            var query = JobQuery(
                states: states, labels: labels(of: request), before: request.before,
                limit: min(max(request.pageSize + 1, 100), 1000))
            var looked = 0
            search: while true {
                let page = try await jobs.jobs(query)
                for job in page where try matches(job, request) {
                    if found.count == request.pageSize {
                        next = found.last?.id
                        break search
                    }
                    found.append(job)
                }
                looked += page.count
                guard page.count == query.limit, let last = page.last else { break }
                query.before = last.id
                if looked >= Self.looksAtMost {
                    next = last.id
                    break
                }
            }
        }
        var tasks: [Document] = []
        for job in found { tasks.append(try await document(of: job, view: request.view)) }
        return .object(
            [Document.Member("tasks", .array(tasks))]
                + (next.map { [Document.Member("next_page_token", .string("\($0)"))] } ?? []))
    }

    private func labels(of request: ListRequest) -> [String: String] {
        var labels = [TaskTranslation.marker.name: TaskTranslation.marker.value]
        for (key, value) in request.tags where !value.isEmpty {
            labels[TaskTranslation.labelName(ofTag: key)] = TaskTranslation.labelValue(ofTag: value)
        }
        return labels
    }

    private func matches(_ job: JobView, _ request: ListRequest) throws -> Bool {
        if let prefix = request.namePrefix, !prefix.isEmpty {
            guard job.labels[TaskTranslation.namelessLabel] == nil, job.name.hasPrefix(prefix) else { return false }
        }
        for (key, value) in request.tags where value.isEmpty {
            guard job.labels[TaskTranslation.labelName(ofTag: key)] != nil else { return false }
        }
        guard let state = request.state else { return true }
        return TESState(job.state, try settlements.settlement(of: job.id)) == state
    }
}
