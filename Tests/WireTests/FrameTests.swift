import SeededNumbers
import Testing
import WeftWire

@Suite struct FrameTests {
    private func message(_ running: UInt32) -> Message {
        var heartbeat = Weft_Wire_V1_Heartbeat()
        heartbeat.running = running
        return Message(.heartbeat(heartbeat))
    }

    @Test func aFrameComesOutAsItWentIn() throws {
        let messages = (1...100).map { message($0) }
        let frames = try Frame.encode(messages)
        #expect(frames.count == 1)
        var bytes = frames[0].bytes
        Frame.append(creditBytes: 1 << 40, to: &bytes)
        let frame = try Frame(decoding: bytes)
        #expect(frame.messages == messages)
        #expect(frame.creditBytes == 1 << 40)
        #expect(frame.costBytes == frames[0].costBytes)
    }

    @Test func aFrameIsABatchOfTheProtocol() throws {
        // By https://protobuf.dev/programming-guides/encoding: messages (1), heartbeat (5), running (1); credit (2).
        let bytes: [UInt8] = [0x0a, 4, 0x2a, 2, 0x08, 1, 0x0a, 5, 0x2a, 3, 0x08, 0xac, 2, 0x10, 77]
        let frame = try Frame(decoding: bytes)
        #expect(frame.messages == [message(1), message(300)])
        #expect(frame.creditBytes == 77)
        var encoded = try Frame.encode([message(1), message(300)])[0].bytes
        Frame.append(creditBytes: 77, to: &encoded)
        #expect(encoded == bytes)
    }

    @Test func largeBatchesAreSplitBetweenMessages() throws {
        let limits = LinkLimits(frameBytes: 1000, windowBytes: 1000, joinedFrameBytes: 500)
        let messages = (1...100).map { message($0) }
        let frames = try Frame.encode(messages, limits: limits)
        #expect(frames.count > 10)
        #expect(frames.allSatisfy { $0.costBytes <= 500 && $0.bytes.count <= $0.costBytes })
        #expect(try frames.flatMap { try Frame(decoding: $0.bytes, limits: limits).messages } == messages)
    }

    @Test func anEmptyFrameSaysNothing() throws {
        let frame = try Frame(decoding: [] as [UInt8])
        #expect(frame.messages.isEmpty && frame.creditBytes == 0 && frame.costBytes == 0)
        #expect(try Frame.encode([]).isEmpty)
    }

    /// Whatever the bytes, decoding ends with a frame within the bounds or with an error.
    private func decodeAnything(_ bytes: [UInt8], _ limits: LinkLimits) throws {
        do {
            let frame = try Frame(decoding: bytes, limits: limits)
            #expect(frame.costBytes <= limits.frameBytes)
            #expect(frame.messages.count * Frame.messageOverheadBytes <= frame.costBytes)
        } catch {
            switch error {
            case .malformed, .tooLarge: break
            case .closed, .lost, .refused: Issue.record("decoding threw \(error)")
            }
        }
    }

    @Test(arguments: 0..<4 as Range<UInt64>) func randomBytesNeverDoHarm(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let limits = LinkLimits(frameBytes: 4096, windowBytes: 4096)
        for _ in 0..<5000 {
            let count = Int.random(in: 0...200, using: &random)
            // Small numbers make plausible tags and lengths.
            let top: UInt8 = Bool.random(using: &random) ? 255 : 24
            try decodeAnything((0..<count).map { _ in UInt8.random(in: 0...top, using: &random) }, limits)
        }
    }

    @Test(arguments: 0..<4 as Range<UInt64>) func damagedFramesNeverDoHarm(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let limits = LinkLimits(frameBytes: 1 << 16, windowBytes: 1 << 16)
        let samples = try Samples.messages.map { try Frame.encode([$0, message(3)], limits: limits)[0].bytes }
        for _ in 0..<5000 {
            var bytes = samples.randomElement(using: &random)!
            for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
                let position = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 1: bytes[position] = UInt8.random(in: 0...255, using: &random)
                case 2: bytes.removeSubrange(position...)
                default: bytes.insert(contentsOf: bytes[position...].prefix(20), at: position)
                }
            }
            try decodeAnything(bytes, limits)
        }
    }

    @Test func everyCutOfAFrameIsWholeOrRefused() throws {
        for sample in Samples.messages {
            let bytes = try Frame.encode([sample])[0].bytes
            for count in 0..<bytes.count where count > 0 {
                #expect(throws: LinkError.self) { try Frame(decoding: Array(bytes.prefix(count))) }
            }
        }
    }

    @Test func theHighestCommonVersionIsChosen() throws {
        #expect(try LinkBounds.commonVersion(minimum: 1, maximum: 9, own: 2...4) == 4)
        #expect(try LinkBounds.commonVersion(minimum: 3, maximum: 3, own: 2...4) == 3)
        #expect(try LinkBounds.commonVersion(minimum: 0, maximum: 2, own: 2...4) == 2)
        #expect(throws: LinkError.self) { try LinkBounds.commonVersion(minimum: 5, maximum: 9, own: 2...4) }
        #expect(throws: LinkError.self) { try LinkBounds.commonVersion(minimum: 0, maximum: 1, own: 2...4) }
        #expect(throws: LinkError.self) { try LinkBounds.commonVersion(minimum: 4, maximum: 2, own: 2...4) }
    }
}

@Suite struct CreditTests {
    @Test func aReceiverNeverHoldsMoreThanItsWindowAndNeverStallsItsSender() throws {
        for (window, frame) in [(1000, 1000), (1000, 999), (1000, 700), (1000, 10)] {
            var random = SeededRandom(seed: UInt64(window * frame))
            var receiver = ReceiveWindow(windowBytes: window, frameBytes: frame)
            var sender = SendWindow()
            try sender.grant(receiver.takeGrant())
            for _ in 0..<2000 {
                let cost = Int.random(in: 1...frame, using: &random)
                if sender.covers(cost) {
                    sender.use(cost)
                    try receiver.received(cost)
                } else {
                    receiver.readAll()
                    try sender.grant(receiver.takeGrant())
                    #expect(sender.covers(frame), "all is read, and the largest frame still cannot be sent")
                }
                #expect(receiver.unreadBytes + receiver.allowanceBytes <= window)
            }
        }
    }

    @Test func sendingMoreThanWasGrantedIsMalformed() throws {
        var receiver = ReceiveWindow(windowBytes: 100, frameBytes: 50)
        #expect(throws: LinkError.self) { try receiver.received(1) }
        _ = receiver.takeGrant()
        try receiver.received(100)
        #expect(throws: LinkError.self) { try receiver.received(1) }
    }

    @Test func creditThatCannotBeCountedIsMalformed() throws {
        var sender = SendWindow()
        try sender.grant(UInt64(Int64.max) - 5)
        try sender.grant(5)
        #expect(throws: LinkError.self) { try sender.grant(1) }
        #expect(throws: LinkError.self) { try sender.grant(.max) }
        #expect(sender.covers(.max))
    }
}
