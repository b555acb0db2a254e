import Dispatch
import Glibc

/// Signals as a stream of numbers instead of as interruptions. One stream at a time: the default action of the signals
/// is off while it is read, and back when it ends.
package struct SignalStream: AsyncSequence, Sendable {
    package typealias Element = Int32
    package typealias Failure = Never

    private let stream: AsyncStream<Int32>

    package init(_ signals: [Int32]) {
        stream = AsyncStream(bufferingPolicy: .bufferingNewest(8)) { continuation in
            let sources = signals.map { number in
                // The source sees a signal that is ignored; without this, its default action ends the process first.
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
                source.setEventHandler { continuation.yield(number) }
                source.activate()
                return source
            }
            let held = HeldSources(sources: sources)
            continuation.onTermination = { _ in
                held.cancel()
                for number in signals { signal(number, SIG_DFL) }
            }
        }
    }

    package func makeAsyncIterator() -> AsyncStream<Int32>.Iterator { stream.makeAsyncIterator() }

    /// Proof for `@unchecked`: dispatch sources are thread-safe objects, and this only stores and cancels them.
    private struct HeldSources: @unchecked Sendable {
        let sources: [any DispatchSourceSignal]
        func cancel() { for source in sources { source.cancel() } }
    }
}

package enum Signals {
    /// A closed pipe is an error of `write`, not the end of the process.
    package static func ignoreClosedPipes() { signal(SIGPIPE, SIG_IGN) }
}
