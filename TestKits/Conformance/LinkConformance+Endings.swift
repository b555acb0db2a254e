import WeftWire

/// Closing, losing, misbehaving, cancelling.
extension LinkConformance {
    static func closeDelivers(_ factory: some LinkFactory) async throws {
        try await withPair(factory) { pair in
            let sent = (0..<100).map { message($0) }
            try await pair.near.send(sent)
            await pair.near.close()
            var received: [Message] = []
            for try await batch in pair.far.inbound { received += batch }
            try check(received == sent, "\(received.count) of 100 messages came before the end")
            for end in [pair.near, pair.far] {
                let error = try await linkError("a send after the end") { try await end.send([message(0)]) }
                try check(error == .closed, "a send after the end threw \(error)")
            }
            for try await _ in pair.near.inbound {}
        }
    }

    static func closeTwice(_ factory: some LinkFactory) async throws {
        try await withPair(factory) { pair in
            async let first: Void = pair.near.close()
            async let second: Void = pair.far.close()
            async let third: Void = pair.near.close()
            _ = await (first, second, third)
            await pair.near.close()
            for end in [pair.near, pair.far] { for try await _ in end.inbound {} }
        }
    }

    static func closeWakes(_ factory: some LinkFactory) async throws {
        try await withPair(factory) { pair in
            let tooMuch = (0..<500).map { message($0, note: String(repeating: "f", count: 1000)) }
            async let error = linkError("a send that waits") { try await pair.near.send(tooMuch) }
            // Something of the batch has arrived, so the sender is at it; it can never be through.
            _ = try await read(1, from: pair.far)
            await pair.near.close()
            let closed = try await error
            try check(closed == .closed, "a send that waited threw \(closed)")
        }
    }

    static func lostPeer(_ factory: some LinkFactory) async throws {
        let (link, peer) = try await factory.makeRaw(limits: smallLimits)
        // Without a grant of credit this send waits.
        async let waiting = linkError("a send that waits") { try await link.send([message(0)]) }
        try await peer.drop()
        for error in [try await readerError(link), try await waiting] {
            guard case .lost = error else { throw LinkViolation(description: "a lost peer was told as \(error)") }
        }
        let later = try await linkError("a send after the loss") { try await link.send([message(0)]) }
        guard case .lost = later else { throw LinkViolation(description: "a send after a loss threw \(later)") }
        await link.close()
    }

    private static func expectMalformed(
        _ what: String, _ factory: some LinkFactory, _ frames: [[UInt8]], allowsTooLarge: Bool = false
    ) async throws {
        let (link, peer) = try await factory.makeRaw(limits: smallLimits)
        // The link may be gone before the last frame is out.
        for frame in frames { do { try await peer.inject(frame) } catch { break } }
        let error = try await readerError(link)
        switch error {
        case .malformed: break
        case .tooLarge where allowsTooLarge: break
        default: throw LinkViolation(description: "\(what) were told as: \(error)")
        }
        await link.close()
    }

    static func malformedBytes(_ factory: some LinkFactory) async throws {
        let cases: [(String, [UInt8])] = [
            ("a cut tag", [0x80]), ("a cut length", [0x0a]), ("a cut message", [0x0a, 0x05, 0x01]),
            ("an endless number", Array(repeating: 0xff, count: 20)), ("field number 0", [0x00, 0x00]),
            ("a group", [0x0b, 0x0c]), ("a message that is none", [0x0a, 0x02, 0x0a, 0x7f]),
            ("text that is no UTF-8", [0x0a, 0x07, 0x82, 0x01, 0x04, 0x1a, 0x02, 0xff, 0xfe]),
        ]
        for (what, bytes) in cases { try await expectMalformed(what, factory, [bytes]) }
    }

    static func oversizeFrame(_ factory: some LinkFactory) async throws {
        let note = String(repeating: "g", count: smallLimits.frameBytes)
        try await expectMalformed(
            "an oversized frame", factory, [try frame([message(0, note: note)])], allowsTooLarge: true)
        // Few bytes, many messages: what they cost is what counts.
        try await expectMalformed(
            "a frame of empty messages", factory,
            [Array(repeating: [0x0a, 0x00], count: smallLimits.frameBytes / 4).flatMap(\.self)],
            allowsTooLarge: true)
    }

    static func overdraft(_ factory: some LinkFactory) async throws {
        let note = String(repeating: "h", count: 16 << 10)
        let frames = try (0..<8).map { try frame([message($0, note: note)]) }
        let (link, peer) = try await factory.makeRaw(limits: smallLimits)
        for frame in frames { do { try await peer.inject(frame) } catch { break } }
        // Nothing was read, so the window is full at the fourth; the send throws once the link has noticed.
        let error = try await linkError("a send") { try await link.send([message(0)]) }
        guard case .malformed = error else { throw LinkViolation(description: "an overdraft was told as \(error)") }
        await link.close()
    }

    static func creditOverflow(_ factory: some LinkFactory) async throws {
        try await expectMalformed(
            "endless credits", factory,
            [try frame([], creditBytes: UInt64(Int64.max)), try frame([], creditBytes: UInt64(Int64.max))])
    }

    static func deliveredBeforeBreak(_ factory: some LinkFactory) async throws {
        let (link, peer) = try await factory.makeRaw(limits: smallLimits)
        try await peer.inject(try frame([message(3)]))
        do { try await peer.inject([0x80]) } catch {}
        let received = try await read(1, from: link)
        try check(received == [message(3)], "what came before a break was lost")
        _ = try await readerError(link)
        await link.close()
    }

    static func unknownFields(_ factory: some LinkFactory) async throws {
        let (link, peer) = try await factory.makeRaw(limits: smallLimits)
        var bytes: [UInt8] = [0x7a, 0x03, 1, 2, 3]  // field 15 of the batch
        bytes += [0x0a, 0x05, 0xa2, 0x06, 0x02, 9, 9]  // a message whose body is field 100
        bytes += [0x0a, 0x06, 0x2a, 0x04, 0x08, 0x05, 0x78, 0x01]  // a heartbeat with an unknown field 15
        bytes += [0x18, 0x01]  // field 3 of the batch
        try await peer.inject(bytes)
        let received = try await read(2, from: link)
        var heartbeat = Weft_Wire_V1_Heartbeat()
        heartbeat.running = 5
        try check(received.count == 2 && received[0].body == nil, "an unknown body became something")
        try check(received[1] == Message(.heartbeat(heartbeat)), "unknown fields changed a message")
        try await peer.drop()
        await link.close()
    }

    static func cancelledRead(_ factory: some LinkFactory) async throws {
        try await withPair(factory) { pair in
            for number in 0..<20 {
                let reading = Task { try await read(1, from: pair.far) }
                reading.cancel()
                do {
                    _ = try await reading.value
                    throw LinkViolation(description: "a read got something that nobody had sent")
                } catch is CancellationError {}
                try await pair.near.send([message(number)])
                let received = try await read(1, from: pair.far)
                try check(received == [message(number)], "a cancelled read lost a message")
            }
        }
    }

    static func cancelledSend(_ factory: some LinkFactory) async throws {
        try await withPair(factory) { pair in
            let note = String(repeating: "i", count: 8000)
            let cost = try Frame.encode([message(0, note: note)])[0].costBytes
            let fitting = smallLimits.windowBytes / cost
            for number in 0..<fitting { try await pair.near.send([message(number, note: note)]) }
            let waiting = Task { try await pair.near.send([message(1000, note: note)]) }
            waiting.cancel()
            do {
                try await waiting.value
                throw LinkViolation(description: "a send without credit went through")
            } catch is CancellationError {}
            async let received = read(fitting + 1, from: pair.far)
            try await pair.near.send([message(fitting, note: note)])
            let numbers = try await received.map(number)
            try check(numbers == Array(0...fitting), "a cancelled send left \(numbers)")
        }
    }
}
