import Logging
import WeftEngine
package import WeftFormats
package import WeftModel
import WeftStorage

/// Webhooks: who is told of what. Delivering is somebody else's work (WeftWebhooks).
extension Coordinator {
    // MARK: Asked by clients

    /// Makes a webhook from a request whose fields were checked; its secret is in the answer and nowhere else.
    package func addWebhook(_ request: WebhookRequest, by owner: Principal) async throws -> WebhookView {
        let seesAll = owner.role.includes(.admin)
        if let job = request.job { try await check(job, seenBy: owner) }
        guard webhooks.hooks.values.count(where: { $0.record.owner == owner.name }) < WebhookDesk.mostOfOwner else {
            throw RequestError.conflict("\(owner.name) has \(WebhookDesk.mostOfOwner) webhooks; delete some first")
        }
        guard webhooks.hooks.count < WebhookDesk.most else {
            throw RequestError.conflict("there are \(WebhookDesk.most) webhooks; delete some first")
        }
        let record = WebhookRecord(
            id: WebhookID(random: .random(in: .min ... .max)), owner: owner.name, seesAll: seesAll, url: request.url,
            name: request.name, kinds: request.kinds ?? WebhookKind.standard, job: request.job,
            secret: WebhookSignature.makeSecret(), createdAt: clock.now)
        webhooks.add(record)
        do {
            try await journal.commit([.webhook(.kept(record))])
        } catch {
            webhooks.remove(record.id)
            throw RequestError.unavailable("the journal cannot be written: \(error)")
        }
        webhooks.arrivals.push(record.id)
        var view = WebhookView(record, pending: 0)
        view.secret = record.secret.text
        return view
    }

    private func check(_ job: JobID, seenBy owner: Principal) async throws {
        func wrong(_ message: String) -> RequestError { .invalid([Problem(field: "job", message: message)]) }
        let record: JobRecord
        do {
            record = try await self.record(of: job)
        } catch RequestError.notFound {
            throw wrong("there is no job \(job)")
        }
        guard owner.role.includes(.admin) || record.submitter == owner.name else {
            throw wrong("is a job of \(record.submitter); a submitter is told of its own jobs")
        }
        guard !record.state.isFinal else { throw wrong("is \(record.state.rawValue) already") }
    }

    /// By name; of one owner, or all if nil.
    package func webhooks(of owner: String?) -> [WebhookView] {
        webhooks.hooks.values.filter { owner == nil || $0.record.owner == owner }
            .sorted { ($0.record.createdAt, $0.record.id) < ($1.record.createdAt, $1.record.id) }
            .map { WebhookView($0.record, pending: $0.pending) }
    }

    package func webhook(_ id: WebhookID) throws -> WebhookView {
        guard let hook = webhooks.hooks[id] else { throw RequestError.notFound("no webhook \(id)") }
        return WebhookView(hook.record, pending: hook.pending)
    }

    package func removeWebhook(_ id: WebhookID) async throws {
        guard webhooks.hooks[id] != nil else { throw RequestError.notFound("no webhook \(id)") }
        webhooks.remove(id)
        do {
            try await journal.commit([.webhook(.removed(id))])
        } catch {
            throw RequestError.unavailable("the webhook is gone until the next restart only: \(error)")
        }
    }

    /// A test arrived: it works again, should it be disabled.
    package func reviveWebhook(_ id: WebhookID, by tester: Principal) async throws {
        let changes = webhooks.revive(id, keepsScope: tester.role.includes(.admin), at: clock.now)
        guard !changes.isEmpty else { return }
        do {
            try await journal.commit(changes)
        } catch {
            throw RequestError.unavailable("the webhook works again until the next restart only: \(error)")
        }
        webhooks.hooks[id]?.bell.push(.work)
    }

    // MARK: Asked by who delivers

    /// Webhooks that nobody delivers for yet, waiting for the first; nil when the task is cancelled.
    package func newWebhooks() async -> [WebhookID]? { await webhooks.arrivals.next() }

    /// What wakes who delivers for it; closed once it is gone. nil if it is gone already.
    package func signals(of id: WebhookID) -> Mailbox<WebhookSignal>? { webhooks.hooks[id]?.bell }

    /// nil once it is gone. Throws ``JournalError``.
    package func work(of id: WebhookID, limit: Int) async throws -> WebhookWork? {
        guard let hook = webhooks.hooks[id] else { return nil }
        guard !hook.record.status.isDisabled else { return WebhookWork(record: hook.record, entries: []) }
        return WebhookWork(record: hook.record, entries: try await journal.webhookEntries(of: id, limit: limit))
    }

    /// Throws ``JournalError``: then what was delivered will be delivered again.
    package func report(_ report: WebhookReport, of id: WebhookID) async throws {
        let changes = webhooks.take(report, of: id, at: clock.now, patience: configuration.webhookPatience)
        guard !changes.isEmpty else { return }
        if webhooks.hooks[id]?.record.status.isDisabled == true {
            logger.notice(
                "a webhook is disabled",
                metadata: ["webhook": "\(id)", "reason": "\(webhooks.hooks[id]?.record.status.disabledReason ?? "")"])
        }
        try await journal.commit(changes)
        webhooks.settle(report, of: id)
    }

    // MARK: Asked by the coordinator

    /// What webhooks will be told of a step, to be made durable with it: once what is not durable is published.
    func webhookChanges(_ step: Step, at now: Instant) -> [Change] {
        guard webhooks.isListening else { return [] }
        let unpublished = undurable.reduce(0) { $0 + $1.step.notices.count }
        let coming = events.upcoming(step.notices, after: unpublished, at: now) { webhooks.wants($0) }
        guard !coming.isEmpty else { return [] }
        let ended = Dictionary(step.forgotten.map { ($0.id, $0.submitter) }, uniquingKeysWith: { $1 })
        let engine = engine
        return webhooks.queue(coming, at: now) { ended[$0] ?? engine.origin(of: $0)?.submitter }
    }
}
