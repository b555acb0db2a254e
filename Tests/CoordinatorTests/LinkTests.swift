import Foundation
import SwiftProtobuf
import Testing
import WeftCoordinator
import WeftFormats
import WeftModel
import WeftStorage
import WeftWire

/// What a coordinator lets in, and what it believes.
@Suite struct LinkTests {
    @Test func aWorkerWithTheTokenAndItsKeyIsWelcome() async throws {
        try await Bench.run { bench in
            try await ScriptedWorker.connected(to: bench) { worker in
                try await worker.join(bench)
                _ = try await bench.coordinator.submit(bench.spec(), submitter: "ann")
                _ = try await worker.assignment()
                #expect(await bench.coordinator.nodes().map(\.id) == [worker.identity.nodeID])
            }
        }
    }

    @Test(arguments: ["token", "signature", "version", "key"])
    func aForgedHelloIsRefusedWithItsReason(_ part: String) async throws {
        try await Bench.run { bench in
            try await ScriptedWorker.connected(to: bench) { worker in
                try await worker.hello(token: bench.joinToken) { hello in
                    switch part {
                    case "token": hello.joinToken = "weft_guess"
                    case "signature": hello.nonce = Data(repeating: 8, count: 32)
                    case "version": hello.version = 99
                    default: hello.nodeKey = Data(SigningIdentity().publicIdentity.keyBytes)
                    }
                }
                guard case .refusal(let refusal)? = try await worker.next()?.body else {
                    Issue.record("no refusal")
                    return
                }
                #expect(refusal.code == (part == "key" ? "signature" : part))
                #expect(!refusal.message.isEmpty)
                #expect(try await worker.next() == nil)
                #expect(await bench.coordinator.nodes().isEmpty)
            }
        }
    }

    @Test func aKnownNodeComesBackWithoutAToken() async throws {
        try await Bench.run { bench in
            let identity = SigningIdentity()
            try await ScriptedWorker.connected(to: bench, identity: identity) { try await $0.join(bench) }
            try await ScriptedWorker.connected(to: bench, identity: identity) { worker in
                try await worker.hello(token: "")
                guard case .welcome? = try await worker.next()?.body else {
                    Issue.record("not welcome")
                    return
                }
            }
        }
    }

    @Test func aResultWithAWrongSignatureEndsTheLinkAndCountsForNothing() async throws {
        try await Bench.run { bench in
            let job = try await bench.coordinator.submit(bench.spec(), submitter: "ann").job
            try await ScriptedWorker.connected(to: bench) { worker in
                try await worker.join(bench)
                let order = try await worker.assignment()
                var report = worker.report(order, Completion(exitStatus: 0), coordinator: bench.coordinator.id)
                report.signature[5] ^= 1
                try await worker.finish(report)
                while let message = try await worker.next() {
                    if case .goodbye(let goodbye) = message.body { #expect(goodbye.reason.contains("signature")) }
                    if case .acks = message.body { Issue.record("the result was acknowledged") }
                }
            }
            #expect(try await bench.coordinator.job(job.id).counts.ended == 0)
        }
    }

    @Test func aLargeOrderComesWithEachOfItsAssignmentsAndIsNotKept() async throws {
        try await Bench.run { bench in
            var spec = bench.spec("large")
            spec.array = ArrayRange(first: 0, count: 6)
            spec.inputs = [Input(path: "in", source: .inline([UInt8](repeating: 7, count: 40_000)))]
            spec.resources.cpuMillis = 2000
            let job = try await bench.coordinator.submit(spec, submitter: "ann").job
            let order = JobOrder(spec: spec, specDigest: job.specDigest, job: job.id)
            try await ScriptedWorker.connected(to: bench) { worker in
                try await worker.join(bench)
                var orders = 0
                var forgotten = 0
                var attempts = 0
                while attempts < 4, let message = try await worker.next() {
                    switch message.body {
                    case .jobOrder(let wire):
                        #expect(wire.job == job.id.number)
                        orders += 1
                    case .assignments(let wire):
                        #expect(orders == forgotten + 1)
                        let list = try Assignments(wire: wire).attempts
                        for position in 0..<list.count where attempts == 0 {
                            let report = worker.report(
                                AssignmentOrder(list[position], of: order, each: []), Completion(exitStatus: 0),
                                coordinator: bench.coordinator.id)
                            try await worker.finish(report)
                        }
                        attempts += list.count
                    case .jobForgotten: forgotten += 1
                    default: break
                    }
                }
                #expect(orders >= 2)
            }
        }
    }

    @Test func aLogFromBeyondAllStreamsEndsTheLinkAndNothingElse() async throws {
        try await Bench.run { bench in
            let job = try await bench.coordinator.submit(bench.spec(), submitter: "ann").job
            try await ScriptedWorker.connected(to: bench) { worker in
                try await worker.join(bench)
                let order = try await worker.assignment()
                for _ in 0..<2 {
                    try await worker.send(
                        .with {
                            $0.log.attempt = order.attempt.wire
                            $0.log.offset = .max
                            $0.log.bytes = Data([1, 2, 3])
                        })
                }
                while try await worker.next() != nil {}
            }
            #expect(try await bench.coordinator.job(job.id).counts.ended == 0)
        }
    }

    @Test func largeOutputsAreFetchedBeforeTheResultCounts() async throws {
        try await Bench.run { bench in
            let spec = bench.spec(outputs: [Output(path: "big")])
            let job = try await bench.coordinator.submit(spec, submitter: "ann").job
            let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            let digest = Hashing.sha256(bytes)
            try await ScriptedWorker.connected(to: bench) { worker in
                try await worker.join(bench)
                let order = try await worker.assignment()
                let blob = BlobReference(digest: digest, sizeBytes: Int64(bytes.count))
                let completion = Completion(exitStatus: 0, outputs: [OutputFile(path: "big", blob: blob)])
                try await worker.finish(worker.report(order, completion, coordinator: bench.coordinator.id))
                try await worker.acknowledged(order.attempt, serving: [digest: bytes])
            }
            #expect(try await bench.coordinator.job(job.id).state == .succeeded)
            #expect(try await bench.blobs.readAll(digest, limit: 4_000_000) == bytes)
        }
    }

    @Test func anOutputThatIsNotWhatItsDigestSaysIsNoAnswer() async throws {
        try await Bench.run { bench in
            let spec = bench.spec(outputs: [Output(path: "big")])
            let job = try await bench.coordinator.submit(spec, submitter: "ann").job
            let promised = Hashing.sha256([1, 2, 3])
            let other = [UInt8](repeating: 9, count: 400_000)
            try await ScriptedWorker.connected(to: bench) { worker in
                try await worker.join(bench)
                let order = try await worker.assignment()
                let blob = BlobReference(digest: promised, sizeBytes: Int64(other.count))
                let completion = Completion(exitStatus: 0, outputs: [OutputFile(path: "big", blob: blob)])
                try await worker.finish(worker.report(order, completion, coordinator: bench.coordinator.id))
                try await worker.acknowledged(order.attempt, serving: [promised: other])
            }
            #expect(try await bench.coordinator.job(job.id).counts.ended == 0)
            #expect(try await bench.blobs.size(of: promised) == nil)
        }
    }
}
