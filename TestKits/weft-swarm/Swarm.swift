import ArgumentParser
import Foundation
import NIOPosix
import Synchronization
import WeftFormats
import WeftModel

/// Many nodes that answer at once, in one process: what a coordinator can take, measured over real links. Never part
/// of the product.
@main
struct SwarmCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "weft-swarm",
        abstract: "Nodes that answer every assignment at once, properly signed, over real links.",
        discussion: """
            Each node has its own key and its own link, comes back when the link is lost, and says again what was not \
            acknowledged, as a worker does. Every answer is exit status 0 without output. Ends on SIGTERM, or when its \
            standard input is closed, and then prints what it saw as JSON.
            """)

    @Option(help: "The coordinator, for example ws://127.0.0.1:8080.")
    var coordinator: String

    @Option(help: "A file that holds the join token.")
    var tokenFile: String

    @Option(help: "How many nodes.")
    var nodes = 1

    @Option(help: "Processors that each node offers, in thousandths.")
    var cpuMillis: Int64 = 1_000_000

    @Option(help: "How long each answer takes, in milliseconds.")
    var delayMillis = 0

    func validate() throws {
        guard (1...10_000).contains(nodes) else { throw ValidationError("--nodes takes 1 to 10000") }
        guard cpuMillis > 0, delayMillis >= 0 else { throw ValidationError("no negative amounts") }
    }

    func run() async throws {
        let token = try String(contentsOfFile: tokenFile, encoding: .utf8).trimmingCharacters(
            in: .whitespacesAndNewlines)
        let ledger = AnswerLedger()
        let url = coordinator
        let terms = SwarmNode.Terms(
            url: url, joinToken: token, cpuMillis: cpuMillis, delay: .milliseconds(delayMillis))
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<nodes {
                let node = SwarmNode(number: number, terms: terms, ledger: ledger)
                group.addTask { await node.run(on: MultiThreadedEventLoopGroup.singleton) }
            }
            await Self.untilTold()
            group.cancelAll()
        }
        print(ledger.summary)
    }

    /// Waits until standard input is closed, which whoever started this process may do by dying.
    private static func untilTold() async {
        await withCheckedContinuation { continuation in
            let thread = Thread {
                while let data = try? FileHandle.standardInput.read(upToCount: 4096), !data.isEmpty {}
                continuation.resume()
            }
            thread.start()
        }
    }
}

/// What all nodes of the swarm have answered, and what the coordinator has acknowledged.
final class AnswerLedger: Sendable {
    private struct State {
        var answered = 0
        /// In which of the coordinator's lives.
        var acknowledged: [TaskID: UInt64] = [:]
        /// Assignments of tasks that had been acknowledged in an earlier life: what a coordinator must never forget. In one life a task
        /// may be given to two nodes, and one of them hears of it when the other has been acknowledged.
        var forgotten = 0
        var links = 0
    }

    private let state = Mutex(State())

    func assigned(_ attempts: [AttemptID]) {
        state.withLock { state in
            state.answered += attempts.count
            for attempt in attempts {
                if let epoch = state.acknowledged[attempt.task], epoch < attempt.lease.epoch { state.forgotten += 1 }
            }
        }
    }

    func acknowledged(_ attempts: [AttemptID]) {
        state.withLock { state in
            for attempt in attempts where state.acknowledged[attempt.task] == nil {
                state.acknowledged[attempt.task] = attempt.lease.epoch
            }
        }
    }

    func linked() { state.withLock { $0.links += 1 } }

    var summary: String {
        state.withLock { state in
            "{\"answered\": \(state.answered), \"acknowledged\": \(state.acknowledged.count), "
                + "\"forgotten\": \(state.forgotten), \"links\": \(state.links)}"
        }
    }
}
