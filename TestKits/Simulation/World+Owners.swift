import WeftEngine
import WeftModel

/// What owners do with their machines while these are at work.
extension World {
    func decideAsOwner(_ worker: Int) {
        guard !isHealed else { return }
        if workers[worker].isPaused { return goOn(worker) }
        switch random.below(4) {
        case 0:
            workers[worker].profile.capacity.cpuMillis = random.between(1, 5) * 1000
            note("\(workers[worker].plan.id) offers \(workers[worker].profile.capacity.cpuMillis)")
            tellProfile(worker)
            startWaiting(on: worker)
        case 1:
            workers[worker].profile.submitters = (0..<3).filter { _ in random.chance(permille: 500) }
                .map { "submitter-\($0)" }
            tellProfile(worker)
        default: pause(worker)
        }
    }

    /// As before any owner decided anything.
    func liftRules(_ worker: Int) {
        if workers[worker].isPaused { goOn(worker) }
        guard workers[worker].profile != workers[worker].plan.profile else { return }
        workers[worker].profile = workers[worker].plan.profile
        tellProfile(worker)
        if workers[worker].isUp { startWaiting(on: worker) }
    }

    private func pause(_ worker: Int) {
        workers[worker].profile.paused = "the owner is here"
        workers[worker].pauses += 1
        workers[worker].pausedAt = clock
        tellProfile(worker)
        for running in workers[worker].running where running.waits && !running.isStopping {
            finish(running, .failed(AttemptFailure(.refused, "paused by its owner")), nil, on: worker)
        }
        let life = workers[worker].life
        schedule(
            .handsBack(worker: worker, life: life, pause: workers[worker].pauses),
            in: random.between(100_000, 4_000_000))
        schedule(.ownerDecides(worker: worker, life: life), in: random.between(50_000, 8_000_000))
    }

    /// The owner wants the machine for longer: others do what it holds frozen.
    func handBack(_ worker: Int, pause: Int) {
        guard workers[worker].isPaused, workers[worker].pauses == pause else { return }
        for running in workers[worker].running where !running.isStopping {
            finish(running, .failed(AttemptFailure(.nodeLost, "handed back")), nil, on: worker)
        }
    }

    private func goOn(_ worker: Int) {
        workers[worker].profile.paused = ""
        let pause = clock - workers[worker].pausedAt
        tellProfile(worker)
        for index in workers[worker].running.indices where !workers[worker].running[index].waits {
            workers[worker].running[index].startedAt += pause
            guard workers[worker].running[index].isDue else { continue }
            workers[worker].running[index].isDue = false
            schedule(
                .attemptEnds(
                    worker: worker, life: workers[worker].life, workers[worker].running[index].id.lease),
                in: random.between(0, 50_000))
        }
        if workers[worker].isUp { startWaiting(on: worker) }
    }

    private func tellProfile(_ worker: Int) {
        if let link = workers[worker].link { sendUp(link, .profile(workers[worker].profile)) }
    }
}
