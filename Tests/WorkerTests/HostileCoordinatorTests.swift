import FoundationEssentials
import SeededNumbers
import Testing
import WeftModel
import WeftWire
import WeftWorker

/// A coordinator may say anything; the worker goes on.
@Suite struct HostileCoordinatorTests {
    @Test(arguments: 0..<20) func nonsenseIsAnsweredOrIgnored(seed: UInt64) async throws {
        let fixture = try await Fixture()
        try await fixture.run {
            var generator = SeededRandom(seed: seed)
            let end = await fixture.answer()
            try await end.letIn()
            for _ in 0..<200 { try await end.link.send([Self.message(&generator)]) }
            // It is still there and does honest work.
            try await end.assign(order(1_000_000))
            while try await end.finished().attempt != attempt(1_000_000) {}
        }
    }

    @Test(arguments: 0..<20) func nonsenseInsteadOfAWelcomeEndsTheLinkOnly(seed: UInt64) async throws {
        let fixture = try await Fixture()
        try await fixture.run {
            var generator = SeededRandom(seed: seed)
            let end = await fixture.answer()
            if Bool.random(using: &generator) {
                _ = try await end.challenge()
                _ = try await end.hello()
            }
            var message = Weft_Wire_V1_Message()
            repeat { message = Self.message(&generator) } while message.body == nil
            try await end.link.send([message])
            try await fixture.answer().letIn()
        }
    }

    @Test func pathsThatLeaveTheWorkspaceAreRefused() async throws {
        let fixture = try await Fixture()
        try await fixture.run {
            let end = await fixture.answer()
            try await end.letIn()
            for (number, path) in ["../../etc/cron.d/x", "/etc/x", "a/../../b", ""].enumerated() {
                let honest = order(UInt64(number))
                var wire = honest.order.wire
                var input = Weft_Wire_V1_InputFile()
                input.path = path
                input.content.inline = Data([1])
                wire.inputs = [input]
                try await end.send(Message(.jobOrder(wire)))
                var assignments = Assignments(of: honest.order.job)
                assignments.attempts.append(honest.attempt)
                try await end.send(Message(.assignments(assignments.wire)))
                #expect(try await end.finished().failureKind == .refused)
            }
            #expect(try fixture.directory.names(in: "work").isEmpty)
        }
    }

    @Test func aBlobLargerThanTheCacheIsNoInput() async throws {
        let fixture = try await Fixture(cacheBytes: 1 << 20)
        try await fixture.run {
            let end = await fixture.answer()
            try await end.letIn()
            let digest = try #require(Digest(bytes: [UInt8](repeating: 5, count: 32)))
            try await end.assign(order(1, inputs: [.init(path: "a", source: .blob(digest))]))
            let request = try await end.next { if case .blobRequest(let wire) = $0.body { wire } else { nil } }
            var data = Weft_Wire_V1_BlobData()
            data.request = request.request
            data.totalBytes = 1 << 62
            data.bytes = Data(repeating: 0, count: 1000)
            try await end.send(Message(.blobData(data)))
            #expect(try await end.finished().failureKind == .inputUnavailable)
        }
    }

    /// A message with random fields; some are nearly right.
    private static func message(_ generator: inout SeededRandom) -> Message {
        func bytes(_ generator: inout SeededRandom) -> Data {
            let count = [0, 1, 31, 32, 33, 64, 1000].randomElement(using: &generator)!
            return Data((0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
        }
        func text(_ generator: inout SeededRandom) -> String {
            ["", "x", "../x", "process", "none", "a\0b", String(repeating: "long", count: 2000)]
                .randomElement(using: &generator)!
        }
        func number(_ generator: inout SeededRandom) -> UInt64 {
            [0, 1, 2, 70_000, UInt64(Int64.max), .max, generator.next()].randomElement(using: &generator)!
        }
        var key = Weft_Wire_V1_AttemptKey()
        key.job = number(&generator)
        key.index = UInt32(truncatingIfNeeded: number(&generator))
        key.replica = UInt32(truncatingIfNeeded: number(&generator))
        key.lease = number(&generator)
        var message = Weft_Wire_V1_Message()
        switch Int.random(in: 0..<14, using: &generator) {
        case 0...1:
            var assignment = order(number(&generator) >> 40).order.wire
            if Bool.random(using: &generator) { assignment.job = key.job }
            if Bool.random(using: &generator) { assignment.specDigest = bytes(&generator) }
            if Bool.random(using: &generator) { assignment.resources.cpuMillis = Int64(bitPattern: number(&generator)) }
            if Bool.random(using: &generator) { assignment.resources.diskBytes = Int64(bitPattern: number(&generator)) }
            if Bool.random(using: &generator) { assignment.timeoutMilliseconds = number(&generator) }
            if Bool.random(using: &generator) { assignment.isolation = text(&generator) }
            if Bool.random(using: &generator) { assignment.environment = [text(&generator): text(&generator)] }
            if Bool.random(using: &generator) { assignment.process.command = [text(&generator)] }
            var output = Weft_Wire_V1_OutputFile()
            output.path = text(&generator)
            if Bool.random(using: &generator) { assignment.outputs = [output] }
            message.jobOrder = assignment
        case 2...4:
            message.assignments.job = Bool.random(using: &generator) ? 1 : key.job
            message.assignments.indexes = [key.index]
            message.assignments.replicas = [Bool.random(using: &generator) ? 0 : key.replica]
            message.assignments.leases = Bool.random(using: &generator) ? [] : [key.lease]
            if Bool.random(using: &generator) { message.assignments.each = [bytes(&generator)] }
        case 5: message.revocation.attempt = key
        case 6:
            message.acks.job = key.job
            message.acks.indexes = [key.index]
            message.acks.replicas = [key.replica]
            message.acks.leases = Bool.random(using: &generator) ? [] : [key.lease]
        case 7:
            message.blobRequest.request = number(&generator)
            message.blobRequest.digest = bytes(&generator)
            message.blobRequest.offset = number(&generator)
            message.blobRequest.length = UInt32(truncatingIfNeeded: number(&generator))
        case 8:
            message.blobData.request = number(&generator)
            message.blobData.totalBytes = number(&generator)
            message.blobData.bytes = bytes(&generator)
            message.blobData.error = text(&generator)
        case 9: message.heartbeat = Weft_Wire_V1_Heartbeat()
        case 10: message.finished.attempt = key
        case 11: message.hello = Weft_Wire_V1_Hello()
        case 12: message.goodbye.reason = text(&generator)
        default: message.progress.fraction = .nan
        }
        return message
    }
}
