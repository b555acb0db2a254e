import WeftEngine
import WeftModel

/// What goes wrong by itself, and how all of it stops.
extension World {
    func injectFault() {
        schedule(.fault, in: random.between(1, plan.faultInterval * 2))
        let injectable: [Fault] = [
            .coordinatorCrash, .crashBeforeCommit, .crashAfterCommit, .slowDisk, .linkBreak, .halfOpenLink,
            .stalledLink, .partition, .workerCrash, .workerShutdown, .workerVanishes, .flapping, .drain, .ownersRules,
        ]
        let enabled = injectable.filter { plan.faults.contains($0) }
        guard !enabled.isEmpty else { return }
        inject(random.pick(enabled))
    }

    private func inject(_ fault: Fault) {
        let worker = random.below(workers.count)
        let isUp = workers[worker].isUp
        let link = workers[worker].link
        switch fault {
        case .coordinatorCrash:
            guard shell != nil, random.chance(permille: 300) else { return }
            count(fault)
            crashCoordinator()
        case .crashBeforeCommit:
            if random.chance(permille: 300) { armedCrash = .beforeCommit }
        case .crashAfterCommit:
            if random.chance(permille: 300) { armedCrash = .afterCommit(actions: random.below(4)) }
        case .slowDisk:
            count(fault)
            diskSlowUntil = clock + random.between(100_000, 3_000_000)
        case .linkBreak:
            guard let link else { return }
            count(fault)
            note("link \(link) breaks")
            breakLink(link)
        case .halfOpenLink:
            guard let link else { return }
            count(fault)
            goSilent(link)
        case .stalledLink:
            guard let link else { return }
            count(fault)
            links[link].stalledUntil = clock + random.between(10_000, 2_000_000)
        case .partition:
            count(fault)
            for other in workers.indices where random.chance(permille: 500) {
                if let link = workers[other].link { goSilent(link) }
            }
        case .workerCrash, .workerShutdown:
            guard isUp else { return }
            count(fault)
            if fault == .workerShutdown, let link { sendUp(link, .goodbye) }
            note("\(workers[worker].plan.id): \(fault)")
            stopWorker(worker, keepsResults: fault == .workerShutdown)
            schedule(.workerStarts(worker: worker), in: random.between(100_000, 5_000_000))
        case .workerVanishes:
            guard isUp, random.chance(permille: 200) else { return }
            count(fault)
            note("\(workers[worker].plan.id) is gone for good")
            if let link { links[link].isSilent = true }
            workers[worker].isUp = false
            workers[worker].isGone = true
        case .flapping:
            count(fault)
            flap(worker)
        case .drain:
            guard shell != nil else { return }
            count(fault)
            receive(.event(.nodeDrained(workers[worker].plan.id, true)))
            schedule(.undrain(workers[worker].plan.id), in: random.between(500_000, 5_000_000))
        case .ownersRules:
            guard isUp else { return }
            count(fault)
            decideAsOwner(worker)
        default: break
        }
    }

    /// Nothing gets through any more. The worker finds out some time later, the coordinator by the silence.
    private func goSilent(_ link: Int) {
        note("link \(link) goes silent")
        links[link].isSilent = true
        schedule(.workerNotices(link: link), in: random.between(100_000, 20_000_000))
    }

    /// The worker drops its link and dials again at once: the coordinator may see the new link first.
    private func flap(_ worker: Int) {
        guard workers[worker].isUp, let link = workers[worker].link else { return }
        note("\(workers[worker].plan.id) dials again")
        links[link].isBroken = true
        schedule(.coordinatorNotices(link: link), in: random.between(0, 2_000_000))
        workers[worker].link = nil
        connect(worker)
    }

    /// All faults stop. Silent links end, machines come back, and there are enough honest ones, of different owners.
    func heal() {
        note("the faults stop")
        isHealed = true
        armedCrash = nil
        for link in links.indices where links[link].isSilent && !links[link].isBroken {
            links[link].isBroken = true
            schedule(.workerNotices(link: link), in: random.between(0, 500_000))
        }
        for link in links.indices { links[link].stalledUntil = 0 }
        for worker in workers.indices {
            schedule(.workerStarts(worker: worker), in: random.between(0, 500_000))
            liftRules(worker)
            if shell != nil { schedule(.undrain(workers[worker].plan.id), in: random.between(0, 500_000)) }
        }
        let replicas = plan.jobs.map(\.spec.verification.maxReplicas).max() ?? 1
        for number in 0..<replicas + 2 {
            let name = "rescue-\(number)"
            add(
                WorkerPlan(
                    id: NodeID(name),
                    profile: Plan.profile(name, cpus: 8, owner: "", zone: "a", gpus: 4), behaviour: .honest),
                at: workers.count)
        }
        if shell == nil { schedule(.restart, in: 100_000) }
    }
}
