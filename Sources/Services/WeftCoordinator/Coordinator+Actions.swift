import Synchronization
import WeftEngine
import WeftFormats
import WeftModel
import WeftWire

/// What follows from a step: workers are told, and whoever watches.
extension Coordinator {
    /// Hands out some of the attempts.
    func assign(_ actions: [Action], where isMeant: (NodeID, AttemptID) -> Bool) {
        var mail: [NodeID: WorkerMail] = [:]
        // Attempts of one job come many at a time.
        var job: JobID?
        var spec: (spec: JobSpec, digest: Digest)?
        var origin: (submitter: String, trace: TraceContext?)?
        for case .assign(let node, let attempt) in actions where isMeant(node, attempt) {
            if job != attempt.task.job {
                job = attempt.task.job
                spec = engine.spec(of: attempt.task.job)
                origin = engine.origin(of: attempt.task.job)
            }
            guard let session = sessions[node], let spec, let origin else { continue }
            mail[node, default: WorkerMail()].assign(
                attempt, of: spec.spec, digest: spec.digest, from: origin, over: session)
        }
        send(mail)
    }

    /// Everything but the assignments.
    func perform(_ actions: [Action], at now: Instant) {
        var mail: [NodeID: WorkerMail] = [:]
        var notices: [Notice] = []
        for action in actions {
            switch action {
            case .assign:
                break
            case .revoke(let node, let attempt, let reason):
                mail[node, default: WorkerMail()].revoke(attempt, reason: reason)
            case .acknowledge(let node, let attempt):
                mail[node, default: WorkerMail()].acknowledge(attempt)
            case .disconnect(let node, let session, let reason):
                guard let open = sessions[node], open.number == session else { continue }
                open.end(reason)
            case .compare(let task, let pairs):
                comparisons.push(AnswerComparison(task: task, pairs: pairs))
            case .publish(let notice):
                notices.append(notice)
                if case .attemptEnded(let attempt, _, _) = notice { logs.forget(attempt) }
            }
        }
        send(mail)
        publish(notices, at: now)
    }

    private func send(_ mail: [NodeID: WorkerMail]) {
        for (node, var mail) in mail {
            guard let session = sessions[node] else { continue }
            let earlier = pendingMail.removeValue(forKey: node)
            if let earlier { mail.add(acknowledgementsOf: earlier.mail) }
            if mail.canWait {
                pendingMail[node] = (mail, since: earlier?.since ?? clock.now)
            } else {
                post(mail, to: session)
            }
        }
    }

    /// For so long acknowledgements wait for something to go with.
    private static let patienceForMail = Duration.seconds(2)

    /// Acknowledgements are in no hurry: they go with the next assignment, or, to a node that has nothing left to do or has got none
    /// for long, with the next tick.
    func postPending() {
        let now = clock.now
        for (node, (mail, since)) in pendingMail where now - since >= Self.patienceForMail || !engine.isBusy(node) {
            pendingMail[node] = nil
            if let session = sessions[node] { post(mail, to: session) }
        }
    }

    private func post(_ mail: WorkerMail, to session: WorkerSession) {
        let forgotten = session.orders.withLock { orders in orders.takeStale { engine.spec(of: $0) == nil } }
        if !session.outbox.push(mail.messages(forgetting: forgotten)) {
            session.end("it does not read what it is sent")
        }
    }

    /// Actions for the node go to this link from now on.
    func open(_ session: WorkerSession) {
        sessions[session.node]?.end("the node has opened a newer link")
        sessions[session.node] = session
    }
}
