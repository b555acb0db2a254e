import NIOCore
package import NIOPosix

/// The threads of a daemon: event loops, the first of which runs its tasks as well.
///
/// A request, a result, a decision is a chain of short steps. On threads of their own each step would wake another
/// thread, which costs more than the step; on the loop that reads the sockets they follow each other. What blocks
/// (the journal's syncs, files) has threads of its own all the same.
package struct DaemonLoops: Sendable {
    package let group: MultiThreadedEventLoopGroup
    package let executor: any TaskExecutor

    /// On machines with many processors there are more loops, for the links of many workers.
    package init(processors: Int = System.coreCount) {
        group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, processors / 4))
        executor = LoopExecutor(loop: group.next())
    }
}

/// Runs tasks on an event loop.
private final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
}
