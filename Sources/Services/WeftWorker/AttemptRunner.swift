import WeftDrivers
import WeftFormats
import WeftModel
import WeftSandbox
import WeftStorage
import WeftWire

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Takes one attempt from its order to its signed report: inputs in, payload run, outputs out.
struct AttemptRunner: Sendable {
    let node: NodeID
    let bench: DriverBench
    let workspaces: WorkspaceRoot
    let cache: BlobCache
    let inlet: BlobInlet
    let outbox: Outbox
    let environment: WorkerEnvironment
    let tamper: ResultTamper?
    /// Is told of devices that a driver has lost, by their names, before the attempt's end is.
    let deviceLost: @Sendable ([String: String]) async -> Void

    /// Returns nil when the attempt was cancelled: there is nothing to report. `workspace` is to be removed afterwards
    /// in any case.
    func run(
        _ order: AssignmentOrder, for coordinator: NodeID, pause: RunPause, devices: [GrantedDevice]
    ) async -> (result: FinishedAttempt?, workspace: Workspace?) {
        let started = environment.now()
        let workspace: Workspace
        do { workspace = try workspaces.makeWorkspace(for: order.attempt) } catch {
            return (failed(order, AttemptFailure(.sandboxFailed, "\(error)"), since: started), nil)
        }
        var pinned: [Digest] = []
        let result: FinishedAttempt?
        do {
            try await fetch(order.blobs, of: coordinator, pinned: &pinned)
            var run = try await prepare(order, for: coordinator, in: workspace)
            run.pause = pause
            run.devices = devices
            // Which devices they are is the worker's to say, not the payload's.
            run.environment.merge(devices.variables) { $1 }
            // Nothing begins while the owner wants the machine.
            try await pause.waitWhilePaused()
            result = try await execute(run, order, for: coordinator, in: workspace)
        } catch is CancellationError {
            result = nil
        } catch let failure as AttemptFailure {
            result = Task.isCancelled ? nil : failed(order, failure, since: started)
        } catch {
            result = Task.isCancelled ? nil : failed(order, Self.failure(error), since: started)
        }
        if !pinned.isEmpty { await cache.unpin(pinned) }
        return (result, workspace)
    }

    /// A report that there is no answer.
    func failed(_ order: AssignmentOrder, _ failure: AttemptFailure, since started: Instant) -> FinishedAttempt {
        FinishedAttempt(
            report: AttemptReport(
                attempt: order.attempt, specDigest: order.specDigest, outcome: .failed(failure), startedAt: started,
                finishedAt: environment.now()))
    }

    private static func failure(_ error: any Error) -> AttemptFailure {
        switch error {
        case let failure as AttemptFailure: failure
        case let error as SystemError: AttemptFailure(.sandboxFailed, "\(error)")
        case let error as BlobError: AttemptFailure(.sandboxFailed, "the worker's own store failed: \(error)")
        default: AttemptFailure(.sandboxFailed, "\(error)")
        }
    }

    // MARK: Before

    private func fetch(_ blobs: Set<Digest>, of coordinator: NodeID, pinned: inout [Digest]) async throws {
        guard !blobs.isEmpty else { return }
        var failure: (any Error)?
        await withTaskGroup(of: Result<Digest, any Error>.self) { tasks in
            for digest in blobs {
                tasks.addTask {
                    do {
                        try await inlet.ensure(digest, of: coordinator)
                        return .success(digest)
                    } catch {
                        return .failure(error)
                    }
                }
            }
            for await result in tasks {
                switch result {
                case .success(let digest): pinned.append(digest)
                case .failure(let error):
                    if failure == nil { failure = error }
                    tasks.cancelAll()
                }
            }
        }
        if let failure { throw failure }
        try Task.checkCancellation()
    }

    private func prepare(
        _ order: AssignmentOrder, for coordinator: NodeID, in workspace: Workspace
    ) async throws -> RunOrder {
        do {
            for input in order.inputs {
                let path = try workspace.prepareInput(input.path)
                try await place(input.source, at: path, isExecutable: input.isExecutable, in: workspace)
            }
            for mount in order.mounts { try workspace.prepareDirectory(mount.path) }
            if let code = order.payload.code {
                try await place(code, at: workspace.codePath, isExecutable: false, in: workspace)
                try workspace.protect(workspace.codePath)
            }
            let standardInput = order.payload.standardInput
            if let standardInput {
                try await place(standardInput, at: workspace.standardInputPath, isExecutable: false, in: workspace)
            }
            return RunOrder(
                RunPayload(order, codePath: workspace.codePath), codeDigest: order.payload.code?.digest,
                environment: order.environment,
                standardInputPath: standardInput == nil ? nil : workspace.standardInputPath,
                resources: order.resources, timeout: order.timeout,
                // Job numbers are a coordinator's own; the spec's digest is what cannot be mistaken.
                reuse: "\(coordinator) \(order.attempt.task.job) \(order.specDigest)",
                owner: "\(coordinator) \(order.submitter)", mounts: order.mounts)
        } catch let error as SystemError {
            throw AttemptFailure(.inputUnavailable, "an input could not be put in place: \(error)")
        } catch let error as BlobError {
            throw AttemptFailure(.inputUnavailable, "an input could not be put in place: \(error)")
        }
    }

    private func place(
        _ source: AssignmentOrder.Source, at path: String, isExecutable: Bool, in workspace: Workspace
    ) async throws {
        switch source {
        case .inline(let bytes): try workspace.write(bytes, to: path, isExecutable: isExecutable)
        case .blob(let digest): try await cache.materialize(digest, at: path, isExecutable: isExecutable)
        }
    }

    // MARK: The payload

    private func execute(
        _ run: RunOrder, _ order: AssignmentOrder, for coordinator: NodeID, in workspace: Workspace
    ) async throws -> FinishedAttempt? {
        guard let driver = bench.driver(for: order) else {
            throw AttemptFailure(.refused, bench.objection(to: order) ?? "this worker has no driver for it")
        }
        try Task.checkCancellation()
        let started = environment.now()
        let log = logSink(order.attempt)
        let report = await driver.run(run, in: workspace, log: log)
        let finished = environment.now()
        if !report.lostDevices.isEmpty { await deviceLost(report.lostDevices) }
        if Task.isCancelled { return nil }
        switch report.end {
        case .cancelled:
            return nil
        case .failed(let failure):
            var result = failed(order, failure, since: started)
            result.report.finishedAt = finished
            result.report.usage = report.usage
            return result
        case .exited(let status):
            var content = ProducedContent(cache: cache)
            do {
                let completion = try await collect(status, report, order, workspace, into: &content)
                let statement = ResultStatement(
                    coordinator: coordinator, specDigest: order.specDigest, attempt: order.attempt,
                    node: node,
                    answer: AnswerDigest.of(completion, comparesStandardOutput: order.comparesStandardOutput),
                    startedAt: started, finishedAt: finished)
                return FinishedAttempt(
                    report: AttemptReport(
                        attempt: order.attempt, specDigest: order.specDigest, outcome: .completed(completion),
                        startedAt: started, finishedAt: finished, usage: report.usage,
                        inlineBlobs: content.inline),
                    statement: statement, stored: content.stored)
            } catch {
                await content.discard()
                throw error
            }
        }
    }

    private func logSink(_ attempt: AttemptID) -> LogSink {
        let key = attempt.wire
        return { [outbox] piece in
            var chunk = Weft_Wire_V1_LogChunk()
            chunk.attempt = key
            chunk.standardError = piece.isStandardError
            chunk.offset = piece.offset
            chunk.bytes = Data(piece.bytes)
            chunk.dropped = piece.dropped
            return outbox.offerLog(Message(.log(chunk)), bytes: piece.bytes.count)
        }
    }

    // MARK: After

    private func collect(
        _ status: Int32, _ report: RunReport, _ order: AssignmentOrder, _ workspace: Workspace,
        into content: inout ProducedContent
    ) async throws -> Completion {
        var completion = Completion(exitStatus: status)
        switch report.standardOutput {
        case .memory(let bytes):
            if !bytes.isEmpty { completion.standardOutput = try await content.put(bytes) }
        case .file(let path, _):
            completion.standardOutput = try await content.put(ProducedFile(reading: path))
        }
        var standardError = report.standardError
        var left = max(1 << 20, order.resources.diskBytes)
        for output in order.outputs {
            var blob: BlobReference?
            switch try workspace.findOutput(output.path) {
            case .missing: break
            case .unsuitable(let what):
                // Part of standard error, which is never compared: the answer is that there is no such output.
                standardError.append("[weft: output \(output.path) is \(what); it was not collected]\n".utf8)
            case .file(let file):
                guard file.sizeBytes <= left else {
                    throw AttemptFailure(
                        .outputTooLarge, "output \(output.path) has \(file.sizeBytes) bytes; \(left) are left")
                }
                left -= file.sizeBytes
                blob = try await content.put(file)
            }
            completion.outputs.append(OutputFile(path: output.path, blob: blob))
        }
        if !standardError.isEmpty { completion.standardError = try await content.put(standardError.bytes()) }
        if let tamper { try await tamper(order.attempt, &completion, &content) }
        return completion
    }
}
