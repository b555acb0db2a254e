import Testing
import WeftFormats
import WeftModel
import WeftWorker

@Suite struct BenchmarkTests {
    private let benchmark = HardwareBenchmark(
        fingerprint: "ab", measuredAt: Instant(microseconds: 7),
        processor: ProcessorBenchmark(singleMegaflops: 10, allMegaflops: 20),
        devices: [DeviceBenchmark(id: "gpu0", backend: "cuda", singleMegaflops: 9, notes: ["hot"])])

    @Test func aBenchmarkIsKeptAsItWas() throws {
        let directory = try TemporaryDirectory()
        let file = BenchmarkFile(in: directory.path)
        #expect(file.load() == nil)
        try file.save(benchmark)
        #expect(file.load() == benchmark)
        try file.save(benchmark)
        #expect(try directory.names(in: "") == ["benchmark.json"])
    }

    @Test func onlyTheNodesOwnSignatureCounts() {
        let node = SigningIdentity()
        let signed = benchmark.signed(by: node)
        #expect(signed.isSigned(by: node.nodeID) && !benchmark.isSigned(by: node.nodeID))
        #expect(!signed.isSigned(by: SigningIdentity().nodeID))
        var altered = signed
        altered.devices[0].singleMegaflops = 900
        #expect(!altered.isSigned(by: node.nodeID))
        var moved = signed
        moved.devices[0].halfMegaflops = moved.devices[0].singleMegaflops
        moved.devices[0].singleMegaflops = nil
        #expect(!moved.isSigned(by: node.nodeID))
        var profile = NodeProfile(
            name: "n", operatingSystem: "linux", architecture: "x86_64", capacity: Resources(), drivers: [])
        profile.benchmark = signed
        #expect(profile.withSignedBenchmark(of: node.nodeID).benchmark == signed)
        #expect(profile.withSignedBenchmark(of: SigningIdentity().nodeID).benchmark == nil)
    }
}
