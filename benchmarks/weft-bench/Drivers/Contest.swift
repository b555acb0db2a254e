import Foundation
import Glibc

/// Some ways to do the same, which take turns.
struct Contest: Sendable {
    struct Contender: Sendable {
        var name: String
        /// What others are compared with; nil for one that is a yardstick only.
        var yardsticks: [String] = []
        /// Returns how long it took, where it measures that itself.
        var run: @Sendable () async throws -> Duration?
    }

    /// How two of them compare within a round: a ratio, or a difference in milliseconds.
    struct Ratio: Sendable {
        var contender: String
        var yardstick: String
        var median: Double
        var low: Double
        var high: Double
    }

    struct Result: Sendable {
        var family: String
        var rounds: Int
        /// Milliseconds, in the order of the contenders: median, tenth and ninetieth percentile.
        var times: [(name: String, median: Double, low: Double, high: Double)]
        var ratios: [Ratio]
        var differences: [Ratio]
    }

    var family: String
    var contenders: [Contender]
    /// Ends what was started for it.
    var finish: @Sendable () async -> Void = {}

    static let warmUps = 2

    func run(rounds: Int) async throws -> Result {
        let clock = ContinuousClock()
        var times = [[Double]](repeating: [], count: contenders.count)
        for round in -Self.warmUps..<rounds {
            // Each round begins with another one.
            for step in contenders.indices {
                let index = (step + max(0, round)) % contenders.count
                let started = clock.now
                let told = try await contenders[index].run()
                let took = told ?? (clock.now - started)
                if round >= 0 { times[index].append(took.seconds * 1000) }
            }
        }
        await finish()
        var result = Result(family: family, rounds: rounds, times: [], ratios: [], differences: [])
        for (index, contender) in contenders.enumerated() {
            let (median, low, high) = Self.spread(times[index])
            result.times.append((contender.name, median, low, high))
            for name in contender.yardsticks {
                guard let other = contenders.firstIndex(where: { $0.name == name }) else { continue }
                let pairs = zip(times[index], times[other])
                result.ratios.append(Ratio(contender.name, name, pairs.map { $0 / $1 }))
                result.differences.append(Ratio(contender.name, name, pairs.map { $0 - $1 }))
            }
        }
        return result
    }

    /// Median, tenth and ninetieth percentile.
    static func spread(_ values: [Double]) -> (Double, Double, Double) {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return (0, 0, 0) }
        func at(_ percent: Int) -> Double { sorted[min(sorted.count - 1, sorted.count * percent / 100)] }
        return (at(50), at(10), at(90))
    }
}

extension Contest.Ratio {
    init(_ contender: String, _ yardstick: String, _ values: [Double]) {
        (median, low, high) = Contest.spread(values)
        self.contender = contender
        self.yardstick = yardstick
    }
}

extension Contest {
    /// Starts a program and waits for its end, as cheaply as that can be done.
    static func spawn(
        _ arguments: [String], environment: [String] = ["PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin"],
        status wanted: Int32 = 0
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor in [0, 1] as [Int32] {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
        }
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
        defer { for pointer in pointers + variables { free(pointer) } }
        var process: pid_t = 0
        guard posix_spawnp(&process, pointers[0]!, &actions, nil, &pointers, &variables) == 0 else {
            throw BenchFailure("\(arguments[0]) cannot be started")
        }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        guard status == wanted << 8 else { throw BenchFailure("\(arguments[0]) ended with \(status)") }
    }
}
