import Foundation
import Glibc
import LocalCluster
import Testing
import WeftModel

/// `weft top` on a terminal of its own, beside a real coordinator.
@Suite struct TopTests {
    @Test func jobsAreSeenFollowedCancelledAndTheTerminalIsGivenBack() async throws {
        try await withCluster { cluster in
            let terminal = try Pseudoterminal(rows: 30, columns: 120)
            let job = try await cluster.weft([
                "run", "--detach", "--name", "printer", "--", "sh", "-c",
                "for i in $(seq 100); do echo said $i; sleep 0.2; done",
            ])
            #expect(job.status == 0, "\(job.errors)")
            let before = terminal.mode
            let top = try terminal.start(cluster, ["top", "--interval", "0.2"])
            try await terminal.shows("printer", "1 Jobs")
            try terminal.press("l")
            try await terminal.shows("said 3")
            try terminal.press("q")
            try terminal.press("c")
            try await terminal.shows("Cancel job 1 (printer)? y/n")
            try terminal.press("y")
            try await terminal.shows("job 1 is cancelled")
            try terminal.press("\u{3}")
            top.waitUntilExit()
            #expect(top.terminationStatus == 0)
            try await terminal.shows("\u{1b}[?1049l")
            #expect(terminal.mode == before)
        }
    }

    @Test func withoutATerminalTheStateIsPrintedOnce() async throws {
        try await withCluster { cluster in
            let shown = try await cluster.weft(["top"])
            #expect(shown.status == 0 && shown.output.contains("Coordinator") && !shown.output.contains("\u{1b}"))
            let json = try await cluster.weft(["top", "--once", "--output", "json"])
            let document = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
            #expect(Set(document?.keys.map { $0 } ?? []) == ["taken_at", "stats", "jobs", "nodes"])
        }
    }

    private func withCluster(_ body: (LocalCluster) async throws -> Void) async throws {
        let cluster = try LocalCluster(products: try LocalCluster.products())
        defer { cluster.remove() }
        let process = try await cluster.startUp(arguments: ["--cpus", "2"])
        defer { process.stop() }
        try await body(cluster)
    }
}

/// Both ends of a terminal.
private final class Pseudoterminal {
    private let master: Int32
    private let slave: Int32
    private var seen = ""

    /// TIOCSPTLCK and TIOCGPTN of ioctl_tty(2): functions for them are not there in Swift.
    private static let setLock: UInt = 0x4004_5431
    private static let getNumber: UInt = 0x8004_5430

    init(rows: UInt16, columns: UInt16) throws {
        master = open("/dev/ptmx", O_RDWR | O_NOCTTY)
        var unlocked: Int32 = 0
        var number: UInt32 = 0
        guard master >= 0, ioctl(master, Self.setLock, &unlocked) == 0, ioctl(master, Self.getNumber, &number) == 0
        else {
            throw LocalCluster.Failure(description: "no pseudoterminal")
        }
        slave = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY)
        var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(slave, UInt(TIOCSWINSZ), &size)
    }

    deinit {
        close(slave)
        close(master)
    }

    /// Its flags, to compare.
    var mode: [UInt32] {
        var mode = termios()
        tcgetattr(slave, &mode)
        return [mode.c_iflag, mode.c_oflag, mode.c_cflag, mode.c_lflag]
    }

    func start(_ cluster: LocalCluster, _ arguments: [String]) throws -> Process {
        let process = Process()
        process.executableURL = cluster.products.appendingPathComponent("weft")
        process.arguments = arguments
        process.environment = cluster.clientEnvironment.merging(["TERM": "xterm"]) { $1 }
        let end = FileHandle(fileDescriptor: slave, closeOnDealloc: false)
        process.standardInput = end
        process.standardOutput = end
        process.standardError = end
        try process.run()
        return process
    }

    func press(_ keys: String) throws {
        let bytes = Array(keys.utf8)
        guard write(master, bytes, bytes.count) == bytes.count else {
            throw LocalCluster.Failure(description: "nobody takes keys")
        }
    }

    /// Returns once all texts have been drawn, each since the last call; waits 20 s for them.
    func shows(_ texts: String...) async throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while !texts.allSatisfy(seen.contains) {
            guard ContinuousClock.now < deadline else {
                throw LocalCluster.Failure(description: "\(texts) did not appear, but \(seen.suffix(2000))")
            }
            var poller = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
            guard poll(&poller, 1, 0) > 0 else {
                try await Task.sleep(for: .milliseconds(20))
                continue
            }
            var bytes = [UInt8](repeating: 0, count: 65_536)
            let count = read(master, &bytes, bytes.count)
            seen += String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        }
        seen = ""
    }
}
