package import WeftModel

/// What a node signs of its benchmark: "this is how fast I found my own machine to be". Nobody else vouches for it.
///
/// Domain `weft-benchmark-1`; fields: node, fingerprint, time of measurement, the processor's five figures, the number
/// of devices; of each its id, backend, nine figures, the number of notes and each of them. A figure that was not
/// measured is -1.
package struct BenchmarkStatement: Statement, Hashable {
    package var node: NodeID
    package var benchmark: HardwareBenchmark

    package init(node: NodeID, benchmark: HardwareBenchmark) {
        self.node = node
        self.benchmark = benchmark
    }

    package var bytes: [UInt8] {
        var statement = StatementBytes(domain: "weft-benchmark-1")
        func append(_ figures: [Int64?]) { for figure in figures { statement.append(figure ?? -1) } }
        statement.append(node.text)
        statement.append(benchmark.fingerprint)
        statement.append(benchmark.measuredAt.microseconds)
        let processor = benchmark.processor
        append([
            processor.singleMegaflops, processor.allMegaflops, processor.memoryBytesPerSecond,
            processor.diskWriteBytesPerSecond, processor.diskReadBytesPerSecond,
        ])
        statement.append(UInt64(benchmark.devices.count))
        for device in benchmark.devices {
            statement.append(device.id)
            statement.append(device.backend)
            append([
                device.doubleMegaflops, device.singleMegaflops, device.halfMegaflops, device.memoryBytesPerSecond,
                device.uploadBytesPerSecond, device.downloadBytesPerSecond, device.launchNanoseconds,
                device.allocatableBytes, device.loadMillidegrees,
            ])
            statement.append(UInt64(device.notes.count))
            for note in device.notes { statement.append(note) }
        }
        return statement.bytes
    }
}

extension NodeProfile {
    /// Without a benchmark that the node has not signed itself.
    package func withSignedBenchmark(of node: NodeID) -> NodeProfile {
        guard let benchmark, !benchmark.isSigned(by: node) else { return self }
        var profile = self
        profile.benchmark = nil
        profile.notes.append("its benchmark is not signed by it, and does not count")
        return profile
    }
}

extension HardwareBenchmark {
    /// With the signature of the node that it is about.
    package func signed(by identity: SigningIdentity) -> HardwareBenchmark {
        var signed = self
        let statement = BenchmarkStatement(node: identity.nodeID, benchmark: self)
        signed.signature = Base64.encode(identity.sign(statement))
        return signed
    }

    /// Whether the node has signed exactly this.
    package func isSigned(by node: NodeID) -> Bool {
        guard let key = node.publicKey, let signature = Base64.decode(signature) else { return false }
        return key.verify(signature: signature, over: BenchmarkStatement(node: node, benchmark: self))
    }
}
