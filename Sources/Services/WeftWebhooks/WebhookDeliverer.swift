import Logging
import WeftCoordinator
import WeftFormats
import WeftModel

/// Delivers for one webhook: one event after the other, each until it has arrived. Others do not wait for it.
struct WebhookDeliverer: Sendable {
    /// So many events are read at a time.
    static let batch = 32
    /// What was delivered is reported at least so often.
    static let reportEvery = Duration.seconds(1)

    let id: WebhookID
    let book: any WebhookBook
    let sender: WebhookSender
    let backoff: WebhookBackoff
    let logger: Logger

    /// Until the webhook is gone or the task is cancelled.
    func run() async {
        guard let bell = await book.signals(of: id) else { return }
        while !Task.isCancelled {
            do {
                guard let work = try await book.work(of: id, limit: Self.batch) else { return }
                if work.entries.isEmpty {
                    guard await bell.next() != nil else { return }
                    continue
                }
                let (report, asked) = await deliver(work)
                // What was cut short by a stop is no failure of the receiver.
                if Task.isCancelled, report.delivered == 0 { return }
                try await book.report(Task.isCancelled ? report.withoutFailure : report, of: id)
                guard report.failure?.isFinal == false else { continue }
                let failures = report.delivered > 0 ? 1 : work.record.status.failures + 1
                let pause = backoff.pause(after: failures, asked: asked, chance: .random(in: 0...1))
                await rest(for: pause, bell)
            } catch {
                logger.warning("deliveries of a webhook wait", metadata: ["webhook": "\(id)", "error": "\(error)"])
                await rest(for: .seconds(1), bell)
            }
        }
    }

    /// What became of the work, and how long the receiver asked to wait.
    private func deliver(_ work: WebhookWork) async -> (WebhookReport, Duration?) {
        let began = ContinuousClock.now
        let outcome = await sender.connected(to: work.record.url) { connection async -> (WebhookReport, Duration?) in
            var report = WebhookReport()
            for entry in work.entries {
                if report.delivered > 0, ContinuousClock.now - began > Self.reportEvery { break }
                do throws(WebhookSender.Failure) {
                    if let (body, event) = message(entry) {
                        _ = try await connection.send(body, id: event, secret: work.record.secret)
                    }
                } catch {
                    report.failure = .init(error.reason, isFinal: error.isFinal)
                    return (report, error.retryAfter)
                }
                report.delivered += 1
                report.through = entry.position
            }
            return (report, nil)
        }
        switch outcome {
        case .success(let done): return done
        case .failure(let failure): return (WebhookReport(failure: .init(failure.reason)), nil)
        }
    }

    /// nil for an entry that cannot be read: it must not stand in the way of all that come after it.
    private func message(_ entry: WebhookEntry) -> (body: [UInt8], id: String)? {
        do {
            let event = try APICoder.decode(EventView.self, from: entry.event)
            return (try APICoder.encode(CloudEvent(event, of: book.id)), event.id)
        } catch {
            logger.error("an event for a webhook is damaged", metadata: ["webhook": "\(id)", "error": "\(error)"])
            return nil
        }
    }

    /// Ends early when the webhook is gone, or a test has just arrived.
    private func rest(for pause: Duration, _ bell: Mailbox<WebhookSignal>) async {
        let end = ContinuousClock.now + pause
        while !Task.isCancelled, !bell.isClosed, ContinuousClock.now < end {
            let signals = await TimeLimit.run(end - ContinuousClock.now) { await bell.next() }
            if signals??.contains(.retry) == true { return }
        }
    }
}

extension WebhookReport {
    fileprivate var withoutFailure: WebhookReport {
        var report = self
        report.failure = nil
        return report
    }
}
