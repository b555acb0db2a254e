import NIOCore
package import NIOPosix
import WeftClient

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
