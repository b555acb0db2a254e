import WeftEngine
import WeftModel

/// A worker's machine. What it finished stays on its disk until it is acknowledged, and through a shutdown, but not
/// through a crash.
struct Worker {
    var plan: WorkerPlan
    var isUp = false
    var isGone = false
    /// As its owner's rules have it now.
    var profile: NodeProfile
    /// Pauses so far, and when the last one began.
    var pauses = 0
    var pausedAt: Int64 = 0
    var isPaused: Bool { !profile.paused.isEmpty }
    /// Process starts so far.
    var life = 0
    var link: Int?
    var running: [Running] = []
    var finished: [AttemptResult] = []

    struct Running {
        var id: AttemptID
        var job: Int
        var startedAt: Int64
        var isStopping = false
        /// Its end came while it was frozen: it is near once it goes on.
        var isDue = false
        /// Given beforehand: waits for room.
        var waits = false
    }
}

extension World {
    func startWorker(_ worker: Int) {
        guard !workers[worker].isUp, !workers[worker].isGone else { return }
        workers[worker].isUp = true
        workers[worker].life += 1
        workers[worker].link = nil
        note("\(workers[worker].plan.id) starts")
        connect(worker)
        schedule(.heartbeat(worker: worker, life: workers[worker].life), in: heartbeatInterval)
    }

    private var heartbeatInterval: Int64 { plan.configuration.leaseDuration.microseconds / 4 }

    func connect(_ worker: Int) {
        guard workers[worker].link == nil else { return }
        guard shell != nil else {
            schedule(.connect(worker: worker, life: workers[worker].life), in: random.between(20_000, 300_000))
            return
        }
        let link = openLink(from: worker)
        workers[worker].link = link
        let running = workers[worker].running
        sendUp(
            link,
            .hello(
                workers[worker].profile, running: running.map(\.id),
                stopping: running.filter(\.isStopping).map(\.id.lease),
                finished: workers[worker].finished.map(\.attempt)))
        for result in workers[worker].finished { sendUp(link, .finished(result)) }
    }

    func heartbeat(_ worker: Int) {
        if let link = workers[worker].link { sendUp(link, .heartbeat) }
        schedule(.heartbeat(worker: worker, life: workers[worker].life), in: heartbeatInterval)
    }

    func deliver(_ message: DownMessage, by link: Int) {
        let worker = links[link].worker
        guard !links[link].isBroken, !links[link].isSilent, workers[worker].link == link else { return }
        switch message {
        case .assign(let id, let specDigest): begin(id, jobsByDigest[specDigest]!, on: worker)
        case .revoke(let id): stop(id, on: worker)
        case .acknowledge(let id): forget(id, on: worker)
        }
    }

    private func begin(_ id: AttemptID, _ job: Int, on worker: Int) {
        let node = workers[worker]
        guard !node.running.contains(where: { $0.id == id }), !node.finished.contains(where: { $0.attempt == id })
        else { return fail("\(node.plan.id) was given \(id) twice") }
        let running = Worker.Running(id: id, job: job, startedAt: clock, waits: true)
        workers[worker].running.append(running)
        // It was on its way when the owner paused the node.
        if workers[worker].isPaused {
            return finish(running, .failed(AttemptFailure(.refused, "paused by its owner")), nil, on: worker)
        }
        startWaiting(on: worker)
        // What is being stopped may still hold room that the coordinator has given up waiting for.
        let waiting = workers[worker].running.count { $0.waits && !$0.isStopping }
        let stopping = workers[worker].running.count { $0.isStopping }
        // So can what was on its way when the owner took some of it back.
        let onTheWay = plan.faults.contains(.ownersRules) ? 16 : 0
        if waiting > plan.configuration.maxPrefetch + stopping + onTheWay {
            fail("\(waiting) attempts wait on \(node.plan.id), \(id) among them")
        }
    }

    /// Begins what waits, in its order, as long as there is room.
    func startWaiting(on worker: Int) {
        guard !workers[worker].isPaused else { return }
        var free = workers[worker].profile.capacity
        for running in workers[worker].running where !running.waits {
            free.take(plan.jobs[running.job].spec.resources)
        }
        for position in workers[worker].running.indices where workers[worker].running[position].waits {
            let running = workers[worker].running[position]
            let resources = plan.jobs[running.job].spec.resources
            guard free.fits(resources) else { return }
            free.take(resources)
            workers[worker].running[position].waits = false
            workers[worker].running[position].startedAt = clock
            if let link = workers[worker].link { sendUp(link, .started(running.id)) }
            if strikes(.stuckAttempt, permille: 30) { continue }
            schedule(
                .attemptEnds(worker: worker, life: workers[worker].life, running.id.lease),
                in: duration(of: running.id, running.job, on: workers[worker].plan))
        }
    }

    private func duration(of id: AttemptID, _ job: Int, on worker: WorkerPlan) -> Int64 {
        let planned = plan.jobs[job]
        let span = UInt64(planned.work.upperBound - planned.work.lowerBound + 1)
        let work = planned.work.lowerBound + Int64(scramble(planned.content, UInt64(id.task.index)) % span)
        let needed: Int64 =
            switch worker.behaviour {
            case .slow(let factor): isHealed ? work : work * factor
            case .lazy, .broken: 500
            case .honest, .liar, .alwaysWrong, .colluder: work
            }
        return min(needed, Int64(planned.spec.timeoutSeconds) * 1_000_000)
    }

    func endAttempt(_ lease: LeaseID, on worker: Int) {
        guard let index = workers[worker].running.firstIndex(where: { $0.id.lease == lease }) else { return }
        if workers[worker].isPaused {
            workers[worker].running[index].isDue = true
            return
        }
        let running = workers[worker].running[index]
        let planned = plan.jobs[running.job]
        let node = workers[worker].plan
        let limit = Int64(planned.spec.timeoutSeconds) * 1_000_000
        if node.behaviour == .broken, !isHealed {
            count(.attemptFailure)
            return finish(running, .failed(AttemptFailure(.sandboxFailed, "no sandbox")), nil, on: worker)
        }
        if node.behaviour != .lazy, clock - running.startedAt >= limit {
            return finish(running, .failed(AttemptFailure(.timedOut, "it ran for too long")), nil, on: worker)
        }
        if strikes(.attemptFailure, permille: node.failurePermille) {
            let kind = random.pick([AttemptFailure.Kind.outOfMemory, .sandboxFailed, .inputUnavailable, .outOfDisk])
            return finish(running, .failed(AttemptFailure(kind, "chance")), nil, on: worker)
        }
        let answer = self.answer(running.id, planned, by: node)
        if !truths(running.id.task, planned).contains(answer) { count(.wrongAnswer) }
        let status: Int32 = planned.nature == .exitsWithFailure ? 1 : 0
        finish(running, .completed(Completion(exitStatus: status)), answer, on: worker)
    }

    func finish(_ running: Worker.Running, _ outcome: Outcome, _ answer: Digest?, on worker: Int) {
        workers[worker].running.removeAll { $0.id == running.id }
        let result = AttemptResult(
            attempt: running.id, node: workers[worker].plan.id, outcome: outcome, answer: answer,
            startedAt: Instant(microseconds: running.startedAt), finishedAt: Instant(microseconds: clock),
            usage: usage(of: running, on: worker))
        workers[worker].finished.append(result)
        startWaiting(on: worker)
        if let link = workers[worker].link { sendUp(link, .finished(result)) }
    }

    /// Liars overstate what they used.
    private func usage(of running: Worker.Running, on worker: Int) -> Usage {
        guard workers[worker].plan.behaviour.isHonest else {
            return Usage(wallMicroseconds: .max, cpuMicroseconds: .max)
        }
        let wall = clock - running.startedAt
        return Usage(wallMicroseconds: wall, cpuMicroseconds: wall / 2)
    }

    private func stop(_ id: AttemptID, on worker: Int) {
        guard let index = workers[worker].running.firstIndex(where: { $0.id == id }),
            !workers[worker].running[index].isStopping
        else { return }
        workers[worker].running[index].isStopping = true
        let slowest: Int64 = strikes(.slowRevocation, permille: 200) ? 15_000_000 : 100_000
        schedule(
            .attemptStopped(worker: worker, life: workers[worker].life, id.lease), in: random.between(1000, slowest))
    }

    func stopAttempt(_ lease: LeaseID, on worker: Int) {
        guard let running = workers[worker].running.first(where: { $0.id.lease == lease }) else { return }
        finish(running, .failed(AttemptFailure(.refused, "revoked")), nil, on: worker)
    }

    private func forget(_ id: AttemptID, on worker: Int) {
        guard let index = workers[worker].finished.firstIndex(where: { $0.attempt == id }) else { return }
        let result = workers[worker].finished.remove(at: index)
        if let problem = auditor.acknowledged(result, journal: journal) { fail(problem) }
    }

    /// The process is gone; so is its link.
    func stopWorker(_ worker: Int, keepsResults: Bool) {
        workers[worker].isUp = false
        workers[worker].running = []
        if !keepsResults { workers[worker].finished = [] }
        if let link = workers[worker].link {
            workers[worker].link = nil
            if !links[link].isBroken {
                links[link].isBroken = true
                schedule(.coordinatorNotices(link: link), in: random.between(0, 50_000))
            }
        }
    }
}
