import Logging
import WeftCoordinator
import WeftFormats
import WeftModel
import WeftStorage

extension TaskService {
    /// Tasks that are settled at the same time.
    private static let settledAtOnce = 8
    private static let pageJobs = 500
    /// Between tries to settle one task; after the last there is none.
    private static let waits: [Duration?] = [.seconds(1), .seconds(5), nil]

    /// Settles tasks as their jobs end, and those that ended while nobody looked. Returns when the calling task is
    /// cancelled or the coordinator ends.
    package func run() async {
        while !Task.isCancelled {
            do {
                // Before the look back, so that nothing ends between the two.
                let events = try await jobs.events(after: nil, filter: EventFilter(kinds: [.jobMoved]))
                try await forget()
                try await settleAll()
                for await batch in events {
                    if batch.events.contains(where: { $0.kind == .missed }) { try await settleAll() }
                    await settle(batch.events.compactMap(Self.endedJob))
                }
                return
            } catch is CancellationError {
                return
            } catch {
                logger.warning("outputs of TES tasks wait", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: .seconds(5))
            }
        }
    }

    private static func endedJob(_ event: EventView) -> JobID? {
        guard event.kind == .jobMoved, let state = event.state.flatMap({ JobState(rawValue: $0) }), state.isFinal else {
            return nil
        }
        return event.job
    }

    private func settleAll() async throws {
        let marker = TaskTranslation.marker
        var query = JobQuery(
            states: [.succeeded, .failed], labels: [marker.name: marker.value], limit: Self.pageJobs)
        while true {
            let page = try await jobs.jobs(query)
            await settle(page.map(\.id))
            guard page.count == query.limit, let last = page.last else { return }
            query.before = last.id
        }
    }

    private func settle(_ ids: [JobID]) async {
        await withDiscardingTaskGroup { group in
            // Each takes every eighth.
            for first in 0..<min(Self.settledAtOnce, ids.count) {
                group.addTask {
                    for position in stride(from: first, to: ids.count, by: Self.settledAtOnce) {
                        await settle(ids[position])
                    }
                }
            }
        }
    }

    private func settle(_ id: JobID) async {
        for wait in Self.waits {
            do {
                return try await settleOnce(id)
            } catch {
                // What is still unsettled in the end is looked at again when the coordinator starts.
                logger.warning("a TES task is not settled", metadata: ["task": "\(id)", "error": "\(error)"])
                guard let wait, !Task.isCancelled else { return }
                do { try await Task.sleep(for: wait) } catch { return }
            }
        }
    }

    private func settleOnce(_ id: JobID) async throws {
        let job = try await jobs.job(id)
        guard job.labels[TaskTranslation.marker.name] == TaskTranslation.marker.value, job.state != .cancelled,
            job.state.isFinal, try settlements.settlement(of: id) == nil
        else { return }
        try settlements.keep(try await settlement(of: job), of: id)
    }

    /// Forgets the ends of tasks whose jobs are no longer kept.
    private func forget() async throws {
        for id in settlements.kept() {
            do { _ = try await jobs.job(id) } catch RequestError.notFound { settlements.forget(id) }
        }
    }

    private func settlement(of job: JobView) async throws -> Settlement {
        let view = try await jobs.task(TaskID(job: job.id, index: 0))
        guard let completion = view.completion else {
            let why = view.reason ?? job.reason ?? "it gave no answer"
            return Settlement(.systemError, systemLogs: [why] + failures(of: view))
        }
        guard completion.exitStatus == 0 else { return Settlement(.executorError, systemLogs: failures(of: view)) }
        let kept = try await kept(job.id)
        let missing = completion.outputs.filter { $0.blob == nil && $0.path != TaskPlan.reportPath }.map(\.path)
        guard job.state == .succeeded, missing.isEmpty else {
            let paths = missing.map { $0.hasPrefix("tes/") ? String($0.dropFirst(3)) : $0 }
            return Settlement(
                .systemError, systemLogs: paths.map { "the output \($0) is not there" } + failures(of: view))
        }
        do {
            return Settlement(.complete, outputs: try await delivery.deliver(kept.task, kept.plan, completion))
        } catch let error as FileRoots.Failure {
            return Settlement(.systemError, systemLogs: ["outputs could not be delivered: \(error)"])
        } catch let error as FileArchiveReader.Failure {
            return Settlement(.systemError, systemLogs: ["outputs could not be delivered: \(error)"])
        }
    }

    /// What attempts without an answer say.
    private func failures(of view: TaskView) -> [String] {
        (view.attempts ?? []).compactMap { attempt in
            attempt.failure.map { "attempt \(attempt.id) on \(attempt.nodeName): \($0.message)" }
        }
    }
}
