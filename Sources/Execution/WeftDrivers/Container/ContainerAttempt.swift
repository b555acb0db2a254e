#if os(Linux)
    import Glibc
    import WeftModel
    import WeftSandbox

    /// One order in one container: makes it, runs it, brings its files back, removes it.
    struct ContainerAttempt: Sendable {
        let api: EngineAPI
        let facts: EngineFacts
        let options: ContainerOptions
        let runtime: String?
        let order: RunOrder
        let command: [String]
        let workspace: Workspace
        let reactor: Reactor

        private var limits: ContainerLimits {
            ContainerLimits(order.resources, processCount: options.processCount, hasOwnKernel: runtime != nil)
        }

        /// Descriptors and what reads them, for one run.
        private struct Streams: Sendable {
            let input: Int32?
            let output: Int32
            let error: Int32
            let pump: OutputPump

            func closeOurs() {
                for descriptor in [input, output, error] { if let descriptor { close(descriptor) } }
            }
        }

        /// Cancelling the calling task ends the container; what has to be done afterwards is done all the same.
        func run(image: String, log: @escaping LogSink) async -> RunReport {
            let stop = RunStop()
            let cancel = RunStop()
            let streams: Streams
            do { streams = try open(log: log, trouble: stop.stop) } catch {
                return RunReport(end: RunEnd(engineFailure: error))
            }
            let work = Task { await finish(image, streams, trouble: stop, cancel: cancel) }
            return await withTaskCancellationHandler {
                await work.value
            } onCancel: {
                cancel.stop()
            }
        }

        private func open(log: @escaping LogSink, trouble: @escaping @Sendable () -> Void) throws -> Streams {
            let input = try order.standardInputPath.map { path in
                let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
                guard descriptor >= 0 else { throw SystemError("cannot open standard input") }
                return descriptor
            }
            do {
                let (output, error) = try Pipe.makeTwo()
                do {
                    let pump = try OutputPump(
                        standardOutput: output.reading, standardError: error.reading,
                        spoolPath: workspace.standardOutputPath, bounds: options.bounds, reactor: reactor, log: log,
                        trouble: trouble)
                    return Streams(input: input, output: output.writing, error: error.writing, pump: pump)
                } catch {
                    close(output.writing)
                    throw error
                }
            } catch {
                if let input { close(input) }
                throw error
            }
        }

        private func finish(_ image: String, _ streams: Streams, trouble: RunStop, cancel: RunStop) async -> RunReport {
            let ended: Result<ContainerRun.Ending, any Error>
            do { ended = .success(try await make(image, streams, trouble: trouble, cancel: cancel)) } catch {
                ended = .failure(error)
            }
            let captured = streams.pump.finish()
            streams.closeOurs()
            var report = RunReport(
                end: .cancelled, standardOutput: captured.standardOutput, standardError: captured.standardError)
            switch ended {
            case .failure(let error): report.end = RunEnd(engineFailure: error)
            case .success(let ending):
                report.usage = ending.usage
                report.usage?.outputBytes = captured.totalBytes
                report.end = end(ending, captured.failure)
            }
            return report
        }

        private func end(_ ending: ContainerRun.Ending, _ outputFailure: AttemptFailure?) -> RunEnd {
            switch ending.reason {
            case .cancelled: return .cancelled
            case .time: return .failed(ContainerLimits.timedOut(order.timeout))
            case .disk: return .failed(limits.outOfDisk)
            case .output, nil:
                if let outputFailure { return .failed(outputFailure) }
                if ending.isOutOfMemory { return .failed(limits.outOfMemory) }
                return .exited(ending.status)
            }
        }

        /// The container's whole life. It is gone afterwards, or the error says that it could not be removed.
        private func make(
            _ image: String, _ streams: Streams, trouble: RunStop, cancel: RunStop
        ) async throws -> ContainerRun.Ending {
            let directory = facts.sharesFiles ? workspace.payloadDirectory : nil
            if directory == nil { try order.refuseMounts("the engine does not share this machine's files") }
            if let directory {
                let user = options.user
                try await BlockingThread.run { try WorkingDirectory.give(directory, to: user) }
            }
            let id = try await api.create(
                EngineTypes.ContainerCreation(
                    image: image, command: command, environment: order.environment, limits: limits, options: options,
                    facts: facts, runtime: runtime, directory: directory, mounts: order.mounts,
                    hasInput: streams.input != nil))
            let run = ContainerRun(
                api: api, id: id, limits: limits, timeout: order.timeout, pause: order.pause, directory: directory,
                reactor: reactor)
            cancel.whenStopped { run.end(.cancelled) }
            trouble.whenStopped { run.end(.output) }
            let ended: Result<ContainerRun.Ending, any Error>
            do {
                if directory == nil { try await copyIn(id) }
                var ending = try await run.run(input: streams.input, output: streams.output, error: streams.error)
                try await bringBack(id, directory, &ending)
                ended = .success(ending)
            } catch {
                ended = .failure(error)
            }
            try await remove(id, run)
            return try ended.get()
        }

        private func remove(_ id: String, _ run: ContainerRun) async throws {
            var tries = 0
            while true {
                do { return try await api.remove(id) } catch {
                    run.killDirectly()
                    tries += 1
                    guard tries < 5 else {
                        throw AttemptFailure(
                            .sandboxFailed,
                            "container \(id.prefix(12)) could not be removed, which the worker tries again "
                                + "when it starts: \(error)")
                    }
                    try await Task.sleep(for: .milliseconds(200 << tries))
                }
            }
        }

        // MARK: files

        private func copyIn(_ id: String) async throws {
            let directory = workspace.payloadDirectory
            let user = options.user
            try await api.upload(id, to: "/work") { writer in
                try TarTree.write(directory, owner: user) { bytes throws(EngineError) in try writer.write(bytes) }
            }
        }

        /// Looks a last time at what the working directory holds.
        private func bringBack(_ id: String, _ directory: String?, _ ending: inout ContainerRun.Ending) async throws {
            let limit = limits.diskBytes
            if directory == nil, ending.reason == nil { try await download(id, limit, &ending) }
            let bytes = await WorkingDirectory.measure(directory ?? workspace.payloadDirectory, limitBytes: limit)
            ending.usage.diskBytes = bytes
            if ending.reason == nil, directory != nil, bytes > limit { ending.reason = .disk }
        }

        private func download(_ id: String, _ limit: Int64, _ ending: inout ContainerRun.Ending) async throws {
            let receiver = TarReceiver(directory: workspace.payloadDirectory, limitBytes: limit)
            do {
                // The archive has headers and padding besides: a file of one byte is two blocks.
                try await api.download(id, from: "/work/.", limitBytes: Int(clamping: limit * 2 + (64 << 20))) {
                    piece throws(EngineError) in
                    try receiver.append(piece)
                }
                try receiver.finish()
            } catch EngineError.tooLarge {
                ending.reason = .disk
            }
        }
    }

    extension RunEnd {
        /// For what kept an order from being run.
        init(engineFailure error: any Error) {
            switch error {
            case let failure as AttemptFailure: self = .failed(failure)
            case let failure as ArchiveError: self = .failed(AttemptFailure(.inputUnavailable, "\(failure)"))
            case is CancellationError, EngineError.interrupted: self = .cancelled
            case EngineError.refused(_, let message) where Self.isAboutCommand(message):
                self = .failed(
                    AttemptFailure(.notExecutable, "the command cannot be executed in its image: \(message)"))
            default: self = .failed(AttemptFailure(.sandboxFailed, "\(error)"))
            }
        }

        /// runc's words, and runsc's, as engines pass them on.
        private static func isAboutCommand(_ message: String) -> Bool {
            let words = [
                "executable file not found", "exec format error", "no command specified", "error finding executable",
            ]
            if words.contains(where: message.contains) { return true }
            return message.contains("exec: ")
                && (message.contains("no such file or directory") || message.contains("permission denied")
                    || message.contains("is a directory"))
        }
    }
#endif
