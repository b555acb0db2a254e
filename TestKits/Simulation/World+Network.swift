import WeftEngine
import WeftModel

/// One link's life. Ordered and reliable while it lasts; what is on its way when it breaks is lost.
struct LinkState {
    var worker: Int
    var incarnation: Int
    var isBroken = false
    /// Nothing arrives any more and nobody is told.
    var isSilent = false
    var stalledUntil: Int64 = 0
    var lastUp: Int64 = 0
    var lastDown: Int64 = 0
    var hasSaidHello = false
}

extension World {
    /// Opens a link; its number is its index, its session one more.
    func openLink(from worker: Int) -> Int {
        links.append(LinkState(worker: worker, incarnation: incarnation))
        return links.count - 1
    }

    private func latency() -> Int64 { random.between(plan.latency.lowerBound, plan.latency.upperBound) }

    func sendUp(_ link: Int, _ message: UpMessage) {
        guard !links[link].isBroken, !links[link].isSilent else { return }
        let at = max(links[link].lastUp, max(clock, links[link].stalledUntil) + latency())
        links[link].lastUp = at
        schedule(.up(link: link, message), at: at)
    }

    func sendDown(_ link: Int, _ message: DownMessage) {
        guard !links[link].isBroken, !links[link].isSilent else { return }
        let at = max(links[link].lastDown, max(clock, links[link].stalledUntil) + latency())
        links[link].lastDown = at
        schedule(.down(link: link, message), at: at)
    }

    /// Both ends learn of it, each in its time.
    func breakLink(_ link: Int) {
        guard !links[link].isBroken else { return }
        links[link].isBroken = true
        schedule(.coordinatorNotices(link: link), in: random.between(0, 50_000))
        schedule(.workerNotices(link: link), in: random.between(0, 50_000))
    }

    func deliver(_ message: UpMessage, by link: Int) {
        let state = links[link]
        guard !state.isBroken, !state.isSilent, state.incarnation == incarnation, shell != nil else { return }
        let node = workers[state.worker].plan.id
        let session = UInt64(link + 1)
        switch message {
        case .hello(let profile, let running, let stopping, let finished):
            note("\(node) joins by link \(link), runs \(running), finished \(finished)")
            links[link].hasSaidHello = true
            let arrival = NodeArrival(
                node: node, profile: profile, session: session, running: running,
                finished: finished)
            receive(.join(arrival, link: link, stopping: stopping))
        case .profile(let profile):
            note("\(node) says it is \(profile.paused.isEmpty ? "at work" : "paused")")
            receive(.event(.nodeProfiled(node, session: session, profile)))
        case .heartbeat: receive(.event(.nodeHeard(node, session: session)))
        case .started(let id): receive(.event(.attemptStarted(id, node)))
        case .finished(let result):
            note("\(node) reports \(result.attempt): \(describe(result))")
            receive(.event(.nodeHeard(node, session: session)))
            receive(.event(.attemptEnded(result)))
            replayLater(result)
        case .goodbye:
            receive(.event(.nodeLeft(node, session: session, reason: "it was shut down", drained: true)))
        }
    }

    private func describe(_ result: AttemptResult) -> String {
        switch result.outcome {
        case .completed: result.answer.map { String($0.hex.prefix(6)) } ?? "no answer"
        case .failed(let failure): failure.kind.rawValue
        }
    }

    /// What a network of several links, or a worker of ill will, does with a result: it comes again, perhaps changed.
    private func replayLater(_ result: AttemptResult) {
        if strikes(.repeatedResult, permille: 200) {
            schedule(.replay(result), in: random.between(0, 3_000_000))
        }
        // Signatures keep others from changing a node's answer: only a dishonest node says this, then that.
        guard !workers[workerIndexes[result.node]!].plan.behaviour.isHonest else { return }
        if case .completed = result.outcome, strikes(.changedResult, permille: 100) {
            var changed = result
            changed.answer = digest(of: random.next())
            schedule(.replay(changed), in: random.between(0, 1_000_000))
        }
    }

    func coordinatorNotices(_ link: Int) {
        let state = links[link]
        guard state.incarnation == incarnation, shell != nil, state.hasSaidHello else { return }
        let node = workers[state.worker].plan.id
        if shell!.linkOfNode[node] == link { shell!.linkOfNode[node] = nil }
        receive(
            .event(.nodeLeft(node, session: UInt64(link + 1), reason: "the link was lost", drained: false)))
    }

    func workerNotices(_ link: Int) {
        links[link].isBroken = true
        let worker = links[link].worker
        guard workers[worker].link == link else { return }
        workers[worker].link = nil
        schedule(.connect(worker: worker, life: workers[worker].life), in: random.between(1000, 400_000))
    }
}
