import Foundation
import SeededNumbers
import Testing
import WeftLedger
import WeftModel

@Suite struct PriceTests {
    private static let second: Int64 = 1_000_000
    private static let gib: Int64 = 1 << 30

    private static func credits(_ text: String) -> Credits { Credits(text: text)! }

    private static func prices(minimum: String = "0") throws -> PriceList {
        try PriceList(
            perCPUSecond: credits("0.01"), perMemoryGiBSecond: credits("0.002"), perDeviceSecond: credits("0.5"),
            minimumCharge: credits(minimum))
    }

    @Test func theExampleOfTheDocumentation() throws {
        let use = MeteredUse(
            wallMicroseconds: 10 * Self.second, cpuMicroseconds: 18 * Self.second, memoryBytes: 2 * Self.gib, devices: 1
        )
        #expect(try Self.prices().cost(of: use) == Self.credits("5.22"))
    }

    @Test func costsAreRoundedUpOnce() throws {
        // 0.01 micro-credits of each kind: their sum is rounded, not each.
        let prices = try PriceList(
            perCPUSecond: Credits(microCredits: 1), perMemoryGiBSecond: Credits(microCredits: 1),
            perDeviceSecond: Credits(microCredits: 1))
        let use = MeteredUse(wallMicroseconds: 10_000, cpuMicroseconds: 10_000, memoryBytes: Self.gib, devices: 1)
        #expect(try prices.cost(of: use) == Credits(microCredits: 1))
        let nothing = MeteredUse(wallMicroseconds: 0, cpuMicroseconds: 0, memoryBytes: Self.gib)
        #expect(try prices.cost(of: nothing) == .zero)
        let second = MeteredUse(wallMicroseconds: Self.second, cpuMicroseconds: 0, memoryBytes: 0, devices: 1)
        #expect(try prices.cost(of: second) == Credits(microCredits: 1))
    }

    @Test func thereIsAMinimumCharge() throws {
        let use = MeteredUse(wallMicroseconds: 1, cpuMicroseconds: 1, memoryBytes: 1)
        #expect(try Self.prices(minimum: "0.001").cost(of: use) == Self.credits("0.001"))
    }

    @Test func whatCannotBeCountedIsAnError() throws {
        let dear = try PriceList(
            perCPUSecond: .greatest, perMemoryGiBSecond: .greatest, perDeviceSecond: .greatest)
        let most = Int64.max
        for use in [
            MeteredUse(wallMicroseconds: most, cpuMicroseconds: most, memoryBytes: most, devices: most),
            MeteredUse(wallMicroseconds: most, cpuMicroseconds: 0, memoryBytes: most),
            MeteredUse(wallMicroseconds: most, cpuMicroseconds: 0, memoryBytes: 0, devices: most),
            MeteredUse(wallMicroseconds: 0, cpuMicroseconds: Self.second + 1, memoryBytes: 0),
            MeteredUse(wallMicroseconds: Self.second, cpuMicroseconds: Self.second, memoryBytes: Self.gib),
        ] { #expect(throws: CreditOverflow()) { try dear.cost(of: use) } }
        let second = MeteredUse(wallMicroseconds: 0, cpuMicroseconds: Self.second, memoryBytes: 0)
        #expect(try dear.cost(of: second) == .greatest, "exact up to the end")
        let free = try PriceList()
        let all = MeteredUse(wallMicroseconds: most, cpuMicroseconds: most, memoryBytes: most, devices: most)
        #expect(try free.cost(of: all) == .zero)
    }

    @Test func pricesAreNotBelowNothing() {
        let price = Credits(microCredits: -1)
        #expect(throws: PriceError(field: "device_second", price: price)) { try PriceList(perDeviceSecond: price) }
        #expect(
            PriceError(field: "device_second", price: price).description
                == "device_second: expected a price of 0 or more, not -0.000001")
        #expect(throws: (any Error).self) {
            let text = #"{"cpu_second":-1,"memory_gib_second":0,"device_second":0,"minimum":0}"#
            _ = try JSONDecoder().decode(PriceList.self, from: Data(text.utf8))
        }
    }

    @Test func priceListsAreKeptAsTheyAre() throws {
        let prices = try Self.prices(minimum: "0.1")
        #expect(try JSONDecoder().decode(PriceList.self, from: JSONEncoder().encode(prices)) == prices)
    }

    @Test func aNodeIsBelievedWithinBounds() {
        let bound = AttemptBound(timeLimitSeconds: 10, cpuMillis: 1500, memoryBytes: 1000, devices: 2)
        let boast = Usage(wallMicroseconds: .max, cpuMicroseconds: .max)
        #expect(
            MeteredUse(boast, within: bound)
                == MeteredUse(
                    wallMicroseconds: 10 * Self.second, cpuMicroseconds: 15 * Self.second, memoryBytes: 1000, devices: 2
                ))
        let seen = MeteredUse(boast, within: bound, seenMicroseconds: 2 * Self.second)
        #expect(seen.wallMicroseconds == 2 * Self.second)
        #expect(seen.cpuMicroseconds == 3 * Self.second)
        let uncounted = MeteredUse(Usage(wallMicroseconds: 5), within: bound)
        #expect(uncounted.wallMicroseconds == 5)
        #expect(uncounted.cpuMicroseconds == 0)
        #expect(MeteredUse(nil, within: bound).wallMicroseconds == 0)
        #expect(MeteredUse(Usage(wallMicroseconds: -5), within: bound, seenMicroseconds: -1).wallMicroseconds == 0)
    }

    @Test func theGreatestCostOfAJob() throws {
        var spec = JobSpec(
            name: "render", payload: .process(ProcessPayload(command: ["render"])),
            array: ArrayRange(first: 0, count: 100),
            resources: Resources(
                cpuMillis: 2000, memoryBytes: 2 << 30, devices: [DeviceRequest(kind: "gpu", count: 1)]),
            verification: Verification(replicas: 2, quorum: 2, maxReplicas: 5), retries: 2, timeoutSeconds: 60)
        // An attempt: 120 · 0.01 + 2 · 60 · 0.002 + 60 · 0.5 = 31.44
        #expect(try Self.prices().greatestCost(of: WorkBound(spec)) == .atMost(Self.credits("22008")))
        spec.resources.devices = []
        #expect(try Self.prices().greatestCost(of: WorkBound(spec)) == .atMost(Self.credits("1008")))
        var work = WorkBound(spec)
        work.attempt.timeLimitSeconds = nil
        #expect(try Self.prices().greatestCost(of: work) == .unbounded)
    }

    @Test func aGreatestCostBeyondCountingIsAnError() throws {
        let attempt = AttemptBound(timeLimitSeconds: .max, cpuMillis: .max, memoryBytes: .max, devices: .max)
        let work = WorkBound(tasks: 1, replicasPerTask: 1, retriesPerTask: 0, attempt: attempt)
        #expect(throws: CreditOverflow()) { try Self.prices().greatestCost(of: work) }
        let small = AttemptBound(timeLimitSeconds: 1, cpuMillis: 1000, memoryBytes: 0)
        for (tasks, replicas, retries) in [(Int64.max, Int64(1), Int64(0)), (1, .max, 1), (1 << 31, 1 << 31, 0)] {
            let work = WorkBound(tasks: tasks, replicasPerTask: replicas, retriesPerTask: retries, attempt: small)
            #expect(throws: CreditOverflow()) { try Self.prices().greatestCost(of: work) }
        }
    }

    @Test func noAttemptCostsMoreThanItsPartOfTheGreatestCost() throws {
        var random = SeededRandom(seed: 5)
        for _ in 0..<20_000 {
            func some() -> Int64 { Int64(random.next() >> (34 + UInt64(random.below(29)))) }
            let prices = try PriceList(
                perCPUSecond: Credits(microCredits: some() >> 4),
                perMemoryGiBSecond: Credits(microCredits: some() >> 4),
                perDeviceSecond: Credits(microCredits: some() >> 4), minimumCharge: Credits(microCredits: some() >> 8))
            let bound = AttemptBound(
                timeLimitSeconds: some() >> 16, cpuMillis: some() >> 12, memoryBytes: some(), devices: some() >> 24)
            let work = WorkBound(tasks: 1, replicasPerTask: 1, retriesPerTask: 0, attempt: bound)
            guard case .atMost(let most) = try prices.greatestCost(of: work) else { continue }
            let usage = Usage(
                wallMicroseconds: Int64(bitPattern: random.next()) >> random.below(60),
                cpuMicroseconds: Int64(bitPattern: random.next()) >> random.below(60))
            let use = MeteredUse(usage, within: bound, seenMicroseconds: Int64(random.next() >> 1) >> random.below(60))
            if try prices.cost(of: use) > most { Issue.record("\(use) costs more than \(most)") }
        }
    }
}
