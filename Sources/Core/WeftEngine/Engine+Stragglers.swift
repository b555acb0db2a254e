import BitCollections
import WeftModel

/// Backup replicas: near a job's end, an attempt that runs for much longer than its like did gets a second one elsewhere,
/// and the first answer counts. Dean and Ghemawat, "MapReduce" (OSDI 2004), 3.6, call them backup tasks.
extension Engine {
    /// The job has no tasks left to begin: from now on its stragglers are looked for. What runs for longer before that is
    /// in nobody's way, as there is other work for the slots.
    mutating func watchForStragglers(_ id: JobID) {
        guard jobs[id]!.range.count > configuration.stragglerSample else { return }
        closingJobs.insert(id)
    }

    /// Asks for backups of what has become late.
    mutating func backUpStragglers() {
        for id in closingJobs.sorted() {
            guard jobs[id]?.record.state.isFinal == false else {
                closingJobs.remove(id)
                continue
            }
            guard let usual = jobs[id]!.runMicroseconds, jobs[id]!.ended.count >= configuration.stragglerSample
            else { continue }
            let bound = max(configuration.stragglerFloor, .microseconds(usual) * configuration.stragglerFactor)
            let late = jobs[id]!.open.keys { isLate($0, after: bound) }.sorted()
            for offset in late {
                jobs[id]!.open[offset]!.hasBackup = true
                counters.backups += 1
                want(1, offset, of: id)
            }
        }
    }

    /// An attempt is gone and has not decided its task: another one is wanted, unless a backup stands in for it already.
    mutating func replaceAttempt(_ offset: UInt32, of id: JobID) {
        let open = jobs[id]!.open[offset]!
        guard open.ballot == nil else {
            // The book says whether that one is still needed.
            jobs[id]!.open[offset]!.hasBackup = false
            return weigh(offset, of: id)
        }
        guard open.hasBackup else { return want(1, offset, of: id) }
        jobs[id]!.open[offset]!.hasBackup = false
        let policy = policy(for: offset, of: id)
        let conclusion = open.tally.conclude(policy, outstanding: open.outstanding)
        if open.asked < policy.replicas || conclusion != .open { want(1, offset, of: id) }
    }

    /// Whether everything that the task waits for is under way, one backup has not been asked for, and something takes
    /// longer than that.
    private func isLate(_ task: OpenTask, after bound: Duration) -> Bool {
        guard !task.hasBackup, task.waiting == 0, task.trust == .undecided else { return false }
        return task.running.contains { lease in
            // A paused node hands its work back by itself, if the pause is long.
            guard let attempt = attempts[lease], let start = attempt.startedAt, !nodes[attempt.node].isPaused else {
                return false
            }
            return now - start - attempt.paused >= bound
        }
    }
}
