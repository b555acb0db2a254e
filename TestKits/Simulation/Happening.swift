import WeftEngine
import WeftModel

/// One thing that happens in the world. A `life` or `incarnation` tells a process from the ones before it; what was
/// planned for an earlier one does not happen.
enum Happening {
    // Coordinator
    case batch(incarnation: Int)
    case committed(incarnation: Int)
    case tick(incarnation: Int)
    case restart
    // Network
    case up(link: Int, UpMessage)
    case down(link: Int, DownMessage)
    case coordinatorNotices(link: Int)
    case workerNotices(link: Int)
    /// A result comes again, by whatever way, perhaps changed.
    case replay(AttemptResult)
    // Workers
    case connect(worker: Int, life: Int)
    case heartbeat(worker: Int, life: Int)
    case compared(incarnation: Int, TaskID, [Agreements.Pair])
    case attemptEnds(worker: Int, life: Int, LeaseID)
    case attemptStopped(worker: Int, life: Int, LeaseID)
    case workerStarts(worker: Int)
    // Clients
    case submit(job: Int)
    case request(job: Int)
    case reply(job: Int, SubmissionOutcome)
    case cancel(JobID)
    case askForGrant(Int)
    // The world
    case fault
    case heal
    case undrain(NodeID)
    /// An owner changes what their machine offers, or pauses it, or lets it go on.
    case ownerDecides(worker: Int, life: Int)
    /// The owner's machine is theirs for too long: it hands back what it holds frozen.
    case handsBack(worker: Int, life: Int, pause: Int)
}

/// From a worker to the coordinator.
enum UpMessage {
    case hello(NodeProfile, running: [AttemptID], stopping: [LeaseID], finished: [AttemptID])
    case heartbeat
    case started(AttemptID)
    case finished(AttemptResult)
    case goodbye
    case profile(NodeProfile)
}

/// From the coordinator to a worker.
enum DownMessage {
    case assign(AttemptID, specDigest: Digest)
    case revoke(AttemptID)
    case acknowledge(AttemptID)
}

/// Everything that can go wrong. A seed enables some of them; each time one is done, it is counted.
package enum Fault: Int, Hashable, Sendable, CaseIterable {
    case coordinatorCrash, crashBeforeCommit, crashAfterCommit, clockJump, slowDisk
    case linkBreak, halfOpenLink, stalledLink, partition, repeatedResult, changedResult
    case workerCrash, workerShutdown, workerVanishes, flapping, stuckAttempt, slowRevocation
    case wrongAnswer, attemptFailure, lostRequest, lostReply, cancellation, drain, ownersRules
}
