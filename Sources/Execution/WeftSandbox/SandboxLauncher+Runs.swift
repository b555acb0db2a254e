#if os(Linux)
    import Glibc
    import Synchronization

    extension SandboxLauncher {
        /// Runs one command and returns how it ended and what it used, after everything it started is gone.
        ///
        /// Cancelling the task, or `stop`, kills the sandbox; the report then says `.cancelled`.
        /// - Throws: `SandboxError` when nothing could be tried. What goes wrong later is in the report.
        package func run(_ spec: SandboxSpec, stop: RunStop = RunStop()) async throws -> SandboxReport {
            try spec.validate()
            let unenforced = limitsNotEnforced(spec.limits)
            if Task.isCancelled { return SandboxReport(end: .cancelled, unenforced: unenforced) }
            do {
                if let (kind, work) = Self.reusable(spec) {
                    if let report = try await runInUsedCell(spec, kind, work, stop, unenforced) { return report }
                    let prepared = try await offload { try self.makeCell(spec, workRoot: kind.reuse.workRoot) }
                    return try await run(spec, in: prepared, work: work, stop, unenforced) {
                        self.pool.put(prepared, .walled(kind))
                        self.makeSpare(like: spec, kind)
                    }
                }
                let prepared = try await offload { try self.makeCell(spec, workRoot: spec.workingDirectory) }
                return try await run(spec, in: prepared, work: nil, stop, unenforced) {
                    await withCheckedContinuation { continuation in prepared.retire { continuation.resume() } }
                }
            } catch let error as PosixError {
                return SandboxReport(
                    end: .failed(step: "prepare", errno: error.errno, message: "\(error)"), unenforced: unenforced)
            }
        }

        /// Runs one command without any wall but a clock, as the launcher's user; only `arguments`, `environment`,
        /// `workingDirectory`, the descriptors and `limits.wallTime` matter. Returns when nothing that descends from it
        /// is left.
        package func runOpen(_ spec: SandboxSpec, stop: RunStop = RunStop()) async throws -> SandboxReport {
            try spec.validate()
            if Task.isCancelled { return SandboxReport(end: .cancelled) }
            let prepared =
                try pool.take(.open) ?? PreparedCell(cell: connection().makeCell(HostLayout.encodeOpenCell()))
            let bytes = HostLayout.encodeRun(spec, startDirectory: spec.workingDirectory, work: nil)
            let reply: LauncherReply
            do { (reply, _) = try await supervise(spec, in: prepared, bytes, stop) } catch {
                prepared.retire()
                throw error
            }
            pool.put(prepared, .open)
            return SandboxReport(
                end: Self.end(reply, overflowed: false, outOfMemory: false), usage: Self.usage(reply, nil))
        }

        /// What a cell must be like for this run, and where its working directory lies in it; nil if it shall have a
        /// cell of its own.
        private static func reusable(_ spec: SandboxSpec) -> (CellPool.WalledKind, work: String)? {
            guard let reuse = spec.reuse, let directory = spec.workingDirectory,
                directory.hasPrefix(reuse.workRoot + "/")
            else { return nil }
            let work = String(directory.dropFirst(reuse.workRoot.utf8.count + 1))
            let isBelow = !work.isEmpty && !work.split(separator: "/", omittingEmptySubsequences: false).contains("..")
            return isBelow ? (CellPool.WalledKind(spec, reuse), work) : nil
        }

        /// Nil when there is no such cell, or it turned out to be unfit before the run began.
        private func runInUsedCell(
            _ spec: SandboxSpec, _ kind: CellPool.WalledKind, _ work: String, _ stop: RunStop,
            _ unenforced: [SandboxLimit]
        ) async throws -> SandboxReport? {
            guard let prepared = pool.take(.walled(kind)) else { return nil }
            prepared.meter?.reset()
            do {
                return try await run(spec, in: prepared, work: work, stop, unenforced, isRetried: true) {
                    self.pool.put(prepared, .walled(kind))
                    if !prepared.isUsed { self.makeSpare(like: spec, kind) }
                }
            } catch is UnfitCell {
                return nil
            }
        }

        /// A kind has come for the first time, so that another may: makes a cell for its first run beforehand.
        private func makeSpare(like spec: SandboxSpec, _ kind: CellPool.WalledKind) {
            guard pool.wantsSpare(kind) else { return }
            offloadAndForget {
                // Without one the next first run makes its own, and reports what is wrong.
                self.pool.putSpare(try? self.makeCell(spec, workRoot: kind.reuse.workRoot), kind)
            }
        }

        /// A used cell could not take another run; nothing of the run has happened.
        private struct UnfitCell: Error {}

        // MARK: one run

        private func run(
            _ spec: SandboxSpec, in prepared: PreparedCell, work: String?, _ stop: RunStop,
            _ unenforced: [SandboxLimit],
            isRetried: Bool = false, after: () async -> Void
        ) async throws -> SandboxReport {
            let reply: LauncherReply
            let overflowed: Bool
            do {
                if let directory = spec.workingDirectory, !identity.usesUserNamespace {
                    try DiskUsage.give(directory, to: spec.user)
                }
                let start = spec.workingDirectory == nil ? nil : "/work"
                let bytes = HostLayout.encodeRun(spec, startDirectory: start, work: work)
                (reply, overflowed) = try await supervise(spec, in: prepared, bytes, stop, isRetried: isRetried)
            } catch {
                prepared.retire()
                throw error
            }
            let reading = prepared.meter?.read()
            await after()
            var usage = Self.usage(reply, reading)
            var isOverDisk = overflowed
            if let directory = spec.workingDirectory {
                let limit = spec.limits.diskBytes ?? .max
                let small = DiskUsage.measureSmall(directory)
                let bytes: Int64
                if let small {
                    bytes = small
                } else {
                    bytes = await offload { DiskUsage.measure(directory, limitBytes: limit) }
                }
                usage.diskBytes = bytes
                isOverDisk = isOverDisk || bytes > limit
            }
            let end = Self.end(reply, overflowed: isOverDisk, outOfMemory: reading?.outOfMemoryKills ?? 0 > 0)
            return SandboxReport(end: end, usage: usage, unenforced: unenforced)
        }

        /// Waits for the run's end; ends it when the calling task is cancelled or its directory is over the limit.
        private func supervise(
            _ spec: SandboxSpec, in prepared: PreparedCell, _ bytes: [UInt8], _ stop: RunStop,
            isRetried: Bool = false
        ) async throws -> (LauncherReply, overflowed: Bool) {
            let cell = prepared.cell
            let file = try fileIfLarge(bytes)
            defer { if let file { close(file) } }
            var files = [spec.standardInput, spec.standardOutput, spec.standardError]
            if let file { files.append(file) }
            let ended = EarlyEnd()
            stop.whenStopped {
                ended.note(.cancelled)
                prepared.end()
            }
            let clock = ContinuousClock()
            let started = clock.now
            // Without walls a run has no limits but its time, and its clock has a processor of its own.
            let watch = prepared.group.map { group in
                runWatch.add(spec.limits, directory: spec.workingDirectory, group: group, pause: spec.pause) {
                    excess in
                    ended.note(excess == .disk ? .overflow : .late)
                    prepared.end()
                }
            }
            let hold = spec.pause.map { CellHold(prepared, following: $0, isHeldElsewhere: spec.isHeldElsewhere) }
            let ending = await withTaskCancellationHandler {
                await cell.run(bytes, descriptors: files)
            } onCancel: {
                ended.note(.cancelled)
                prepared.end()
            }
            hold?.end()
            if let watch { runWatch.remove(watch) }
            let reason = ended.reason
            var reply: LauncherReply
            switch ending {
            case .replied(let last):
                if isRetried, reason == nil, last.kind == .error, last.step != "exec" { throw UnfitCell() }
                reply = last
            case .gone(let begun):
                if isRetried, reason == nil, !begun { throw UnfitCell() }
                let isLost = !(state.withLock { $0.connection?.isAlive } ?? false)
                reply = isLost ? LauncherReply(lost: cell.id) : LauncherReply(ended: cell.id, .cellLost)
                reply.wallMicroseconds = UInt64(max(0, (clock.now - started).wholeMicroseconds))
                if isLost { return (reply, false) }
            }
            // What it managed to say before it was killed is not an outcome: it had no more time.
            if let reason {
                reply.kind = .exited
                reply.first = (reason == .late ? LauncherProtocol.ExitReason.deadline : .killed).rawValue
            }
            return (reply, reason == .overflow)
        }

        /// Why a run was ended before its time. The first reason counts.
        private final class EarlyEnd: Sendable {
            enum Reason: Sendable { case cancelled, overflow, late }

            private let noted = Mutex<Reason?>(nil)
            var reason: Reason? { noted.withLock { $0 } }

            func note(_ reason: Reason) { noted.withLock { $0 = $0 ?? reason } }
        }

        // MARK: the end

        private static func usage(_ reply: LauncherReply, _ reading: GroupMeter.Reading?) -> SandboxUsage {
            SandboxUsage(
                wall: .microseconds(Int64(reply.wallMicroseconds)),
                cpuUser: reading?.cpu?.user ?? .microseconds(Int64(reply.cpuUserMicroseconds)),
                cpuSystem: reading?.cpu?.system ?? .microseconds(Int64(reply.cpuSystemMicroseconds)),
                peakMemoryBytes: reading?.peakMemoryBytes ?? Int64(reply.residentPeakBytes),
                processPeak: reading?.processPeak)
        }

        private static func end(_ reply: LauncherReply, overflowed: Bool, outOfMemory: Bool) -> SandboxEnd {
            guard reply.kind == .exited, let reason = LauncherProtocol.ExitReason(rawValue: reply.first) else {
                return outOfMemory
                    ? .outOfMemory : .failed(step: reply.step, errno: reply.first, message: reply.message)
            }
            if reason == .deadline { return .timedOut }
            if overflowed { return .outOfDisk }
            if reason == .killed { return .cancelled }
            if outOfMemory { return .outOfMemory }
            switch reason {
            case .code: return .exited(code: reply.second)
            case .signal: return .signalled(signal: reply.second)
            case .cellLost, .deadline, .killed:
                return .failed(step: "init", errno: 0, message: "the sandbox was killed from outside")
            }
        }

        private func limitsNotEnforced(_ limits: SandboxLimits) -> [SandboxLimit] {
            var missing: [SandboxLimit] = []
            if limits.memoryBytes != nil && !groups.has("memory") { missing.append(.memory) }
            if limits.cpuMillis != nil && !groups.has("cpu") { missing.append(.cpu) }
            if limits.processCount != nil && !groups.has("pids") && !identity.usesUserNamespace {
                missing.append(.processes)
            }
            return missing
        }
    }

    extension LauncherReply {
        var message: String { first == 0 ? text : "\(text): \(String(cString: strerror(first)))" }
    }
#endif
