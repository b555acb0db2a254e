import Logging
import WeftDevices
import WeftDrivers
import WeftFormats
import WeftModel

/// The machine's benchmark: kept while the hardware is the same, measured while there is nothing else to do.
extension Worker {
    /// How often it is looked, while the machine is measured, whether there is something to do.
    private static let lookInterval = Duration.milliseconds(200)
    /// How often it is looked whether somebody else has measured.
    private static let fileInterval = Duration.seconds(10)

    /// Until the calling task is cancelled.
    func keepBenchmark(_ keeper: BenchmarkKeeper) async {
        var report: HardwareReport?
        var generation = -1
        do {
            while true {
                if report == nil || generation != devices.generation {
                    generation = devices.generation
                    report = await keeper.report().fingerprinted
                }
                guard let known = report else { return }
                if let kept = keeper.file.load(), kept.fingerprint == known.fingerprint, kept.isSigned(by: id) {
                    adopt(kept)
                    try await environment.sleep(Self.fileInterval)
                    continue
                }
                adopt(nil)
                try await waitUntilIdle(for: keeper.idle)
                guard generation == devices.generation, let benchmark = try await measure(known, keeper) else {
                    continue
                }
                do {
                    try keeper.file.save(benchmark)
                } catch {
                    logger.error("the benchmark cannot be kept", metadata: ["reason": "\(error)"])
                    adopt(benchmark)
                    return
                }
            }
        } catch {
            // Cancelled: the worker stops.
        }
    }

    private func adopt(_ benchmark: HardwareBenchmark?) {
        guard machine.benchmark != benchmark else { return }
        machine.benchmark = benchmark
        if runner != nil { renewProfile() }
    }

    private var isIdle: Bool { attempts.isEmpty && owner.reason == nil && !isDraining }

    private func waitUntilIdle(for duration: Duration) async throws {
        // Before the pause; nil where it does not begin in idleness.
        var before: Int?
        repeat {
            before = isIdle ? disturbances : nil
            try await environment.sleep(duration)
        } while !isIdle || disturbances != before
    }

    /// Nil when work has come, or the owner wants the machine: then it is tried again later.
    private func measure(_ report: HardwareReport, _ keeper: BenchmarkKeeper) async throws -> HardwareBenchmark? {
        logger.info("measuring the machine")
        var draft = BenchmarkDraft()
        for part in HardwareBenchmarker.parts(of: report) {
            let measuring = Task { await keeper.measure(part, report) }
            let watching = Task {
                while self.isIdle { try await environment.sleep(Self.lookInterval) }
                measuring.cancel()
            }
            let finding = await withTaskCancellationHandler {
                await measuring.value
            } onCancel: {
                measuring.cancel()
            }
            watching.cancel()
            try Task.checkCancellation()
            guard finding != .cancelled, isIdle else {
                logger.info("measuring is put off: there is something else to do")
                return nil
            }
            draft.add(finding, of: part)
        }
        for failure in draft.failures { logger.notice("not measured", metadata: ["what": "\(failure)"]) }
        logger.info("the machine is measured")
        return draft.benchmark(fingerprint: report.fingerprint, at: environment.now()).signed(by: identity)
    }
}
