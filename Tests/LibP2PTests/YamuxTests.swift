import NIOCore
import SeededNumbers
import Testing

@testable import LibP2P

@Suite struct YamuxTests {
    private func frame(
        _ kind: YamuxHeader.Kind, _ flags: YamuxHeader.Flags, stream: UInt32, value: UInt32, _ body: [UInt8] = []
    ) -> ByteBuffer {
        var buffer = ByteBuffer()
        YamuxHeader(kind, flags, stream: stream, value: value).write(to: &buffer)
        buffer.writeBytes(body)
        return buffer
    }

    private func listener(_ change: (inout YamuxSession.Limits) -> Void = { _ in }) -> YamuxSession {
        var limits = YamuxSession.Limits()
        change(&limits)
        return YamuxSession(role: .listener, limits: limits)
    }

    /// What a session would send now, frame by frame, without bodies.
    private func sent(_ session: inout YamuxSession) throws -> [YamuxHeader] {
        var headers: [YamuxHeader] = []
        var bytes = ByteBuffer()
        session.output.read(.max, to: &bytes)
        while let header = try YamuxHeader(from: &bytes) {
            if header.kind == .data { bytes.moveReaderIndex(forwardBy: Int(header.value)) }
            headers.append(header)
        }
        return headers
    }

    private func receive(_ session: inout YamuxSession, _ bytes: ByteBuffer, at now: Duration = .zero) throws
        -> [YamuxSession.Event]
    {
        var bytes = bytes
        return try session.receive(&bytes, at: now)
    }

    @Test func aStreamIsOpenedAcknowledgedHalfClosedAndClosed() throws {
        var session = listener()
        #expect(try receive(&session, frame(.windowUpdate, .synchronize, stream: 1, value: 0)) == [.opened(1)])
        #expect(try sent(&session) == [YamuxHeader(.windowUpdate, .acknowledge, stream: 1, value: 0)])
        #expect(
            try receive(&session, frame(.data, .finish, stream: 1, value: 3, [1, 2, 3])) == [
                .data(1, ByteBuffer(bytes: [1, 2, 3])), .finished(1),
            ])
        var bytes = ByteBuffer(bytes: [9])
        let isSent = session.send(&bytes, on: 1)
        #expect(isSent)
        session.closeWrite(1)
        #expect(
            try sent(&session) == [
                YamuxHeader(.data, [], stream: 1, value: 1), YamuxHeader(.windowUpdate, .finish, stream: 1, value: 0),
            ])
        #expect(session.streams.isEmpty)
        var late = ByteBuffer(bytes: [1])
        let isLateSent = session.send(&late, on: 1)
        #expect(!isLateSent)
    }

    @Test func aWriterWaitsForThePeersWindow() throws {
        var session = YamuxSession(
            role: .dialer,
            limits: {
                var l = YamuxSession.Limits()
                l.output = 1 << 30
                return l
            }())
        let opening = session.open(at: .zero)
        #expect(opening == .opened(1))
        let id: UInt32 = 1
        var bytes = ByteBuffer(repeating: 7, count: 300_000)
        let isSent = session.send(&bytes, on: id)
        #expect(isSent)
        #expect(bytes.readableBytes == 300_000 - 256 * 1024)
        #expect(!session.canSend(on: id))
        #expect(try receive(&session, frame(.windowUpdate, [], stream: id, value: 1000)) == [.writable(id)])
        let isMoreSent = session.send(&bytes, on: id)
        #expect(isMoreSent)
        #expect(bytes.readableBytes == 300_000 - 256 * 1024 - 1000)
    }

    @Test func aWriterWaitsForRoomInTheConnection() throws {
        var session = YamuxSession(
            role: .dialer,
            limits: {
                var l = YamuxSession.Limits()
                l.output = 1000
                return l
            }())
        let opening = session.open(at: .zero)
        #expect(opening == .opened(1))
        let id: UInt32 = 1
        var bytes = ByteBuffer(repeating: 7, count: 200_000)
        let isSent = session.send(&bytes, on: id)
        #expect(isSent)
        #expect(bytes.readableBytes == 200_000 - YamuxSession.greatestChunk)
        #expect(!session.canSend(on: id))
        session.output.clear()
        #expect(session.canSend(on: id))
    }

    @Test func aPeerWhoseBytesAreNotReadStopsSending() throws {
        var session = listener()
        _ = try receive(&session, frame(.windowUpdate, .synchronize, stream: 1, value: 0))
        _ = try receive(&session, frame(.data, [], stream: 1, value: 262_144, [UInt8](repeating: 0, count: 262_144)))
        #expect(try sent(&session).filter { $0.kind == .windowUpdate && $0.flags == [] }.isEmpty)
        #expect(throws: YamuxError.windowExceeded(stream: 1)) {
            try receive(&session, frame(.data, [], stream: 1, value: 1, [0]))
        }
    }

    @Test func whatIsReadIsGrantedAgainInLargePieces() throws {
        var session = listener { $0.windowBudget = 0 }
        _ = try receive(&session, frame(.windowUpdate, .synchronize, stream: 1, value: 0))
        _ = try sent(&session)
        for _ in 0..<4 {
            _ = try receive(&session, frame(.data, [], stream: 1, value: 65_536, [UInt8](repeating: 0, count: 65_536)))
            session.consumed(65_536, of: 1, at: .seconds(10))
        }
        let grants = try sent(&session)
        #expect(grants.map(\.value) == [131_072, 131_072])
    }

    @Test func aWindowThatIsUsedUpQuicklyGrowsWithinItsBudget() throws {
        var session = listener { $0.windowBudget = 1024 * 1024 }
        for id: UInt32 in [1, 3] { _ = try receive(&session, frame(.windowUpdate, .synchronize, stream: id, value: 0)) }
        for _ in 0..<100 {
            for id: UInt32 in [1, 3] {
                _ = try receive(
                    &session, frame(.data, [], stream: id, value: 65_536, [UInt8](repeating: 0, count: 65_536)))
                session.consumed(65_536, of: id, at: .milliseconds(1))
            }
        }
        let targets = session.streams.values.map(\.targetWindow)
        let growth = targets.reduce(0, +) - 2 * YamuxStreamState.initialWindow
        #expect(growth <= 1024 * 1024)
        #expect(targets.contains { $0 > 256 * 1024 })
        session.reset(1)
        session.reset(3)
        #expect(session.streams.isEmpty)
    }

    @Test func grantsThatAWindowCannotHoldEndTheSession() throws {
        var session = listener()
        _ = try receive(&session, frame(.windowUpdate, .synchronize, stream: 1, value: 0))
        _ = try receive(&session, frame(.windowUpdate, [], stream: 1, value: .max - 262_144))
        #expect(throws: YamuxError.windowOverflow(stream: 1)) {
            try receive(&session, frame(.windowUpdate, [], stream: 1, value: 1))
        }
    }

    @Test func moreStreamsThanThereMayBeAreReset() throws {
        var session = listener { $0.inboundStreams = 2 }
        for id: UInt32 in [1, 3] {
            #expect(try receive(&session, frame(.windowUpdate, .synchronize, stream: id, value: 0)) == [.opened(id)])
        }
        #expect(try receive(&session, frame(.data, .synchronize, stream: 5, value: 2, [1, 2])) == [])
        #expect(try sent(&session).last == YamuxHeader(.windowUpdate, .reset, stream: 5, value: 0))
        _ = try receive(&session, frame(.windowUpdate, .reset, stream: 1, value: 0))
        #expect(try receive(&session, frame(.windowUpdate, .synchronize, stream: 7, value: 0)) == [.opened(7)])
    }

    @Test func streamsThatThePeerDoesNotAcknowledgeAreBounded() throws {
        var session = YamuxSession(role: .dialer, limits: YamuxSession.Limits())
        for number: UInt32 in 0..<256 {
            let opening = session.open(at: .zero)
            #expect(opening == .opened(2 * number + 1))
        }
        let over = session.open(at: .zero)
        #expect(over == .later)
        #expect(try receive(&session, frame(.windowUpdate, .acknowledge, stream: 1, value: 0)) == [.acknowledged(1)])
        let next = session.open(at: .zero)
        #expect(next == .opened(513))
    }

    @Test func aStreamThatIsNotThePeersToOpenEndsTheSession() throws {
        var session = listener()
        #expect(throws: YamuxError.badStreamID(2)) {
            try receive(&session, frame(.windowUpdate, .synchronize, stream: 2, value: 0))
        }
        var other = listener()
        _ = try receive(&other, frame(.windowUpdate, .synchronize, stream: 1, value: 0))
        #expect(throws: YamuxError.badStreamID(1)) {
            try receive(&other, frame(.windowUpdate, .synchronize, stream: 1, value: 0))
        }
    }

    @Test func aPingIsAnsweredWithItsNumberAndMeasured() throws {
        var session = listener()
        _ = try receive(&session, frame(.ping, .synchronize, stream: 0, value: 77))
        #expect(try sent(&session) == [YamuxHeader(.ping, .acknowledge, stream: 0, value: 77)])
        session.ping(at: .seconds(1))
        session.ping(at: .seconds(2))  // The first was not answered.
        #expect(try sent(&session) == [YamuxHeader(.ping, .synchronize, stream: 0, value: 1)])
        #expect(try receive(&session, frame(.ping, .acknowledge, stream: 0, value: 5)) == [])
        #expect(
            try receive(&session, frame(.ping, .acknowledge, stream: 0, value: 1), at: .seconds(3)) == [
                .pong(roundTrip: .seconds(2))
            ])
    }

    @Test func nothingIsOpenedAfterAGoodbye() throws {
        var session = YamuxSession(role: .dialer, limits: YamuxSession.Limits())
        #expect(try receive(&session, frame(.goAway, [], stream: 0, value: 0)) == [.goAway(code: 0)])
        let opening = session.open(at: .zero)
        #expect(opening == .never)
    }

    @Test func dataOfAStreamThatWasGivenUpIsPassedOver() throws {
        var session = listener()
        _ = try receive(&session, frame(.windowUpdate, .synchronize, stream: 1, value: 0))
        session.reset(1)
        var bytes = frame(.data, [], stream: 1, value: 5, [1, 2, 3, 4, 5])
        bytes.writeImmutableBuffer(frame(.ping, .synchronize, stream: 0, value: 3))
        _ = try sent(&session)
        #expect(try receive(&session, bytes) == [])
        #expect(try sent(&session) == [YamuxHeader(.ping, .acknowledge, stream: 0, value: 3)])
    }

    @Test func memoryOfUnreadBytesIsBounded() throws {
        var session = listener { $0.unread = 500_000 }
        for id: UInt32 in [1, 3] { _ = try receive(&session, frame(.windowUpdate, .synchronize, stream: id, value: 0)) }
        _ = try receive(&session, frame(.data, [], stream: 1, value: 262_144, [UInt8](repeating: 0, count: 262_144)))
        #expect(throws: YamuxError.tooMuchUnread(limit: 500_000)) {
            try receive(&session, frame(.data, [], stream: 3, value: 262_144, [UInt8](repeating: 0, count: 262_144)))
        }
    }

    @Test func garbageNeverTrapsAndNeverGrows() {
        var random = SeededRandom(seed: 5)
        for _ in 0..<2000 {
            var session = listener { $0.inboundStreams = 8 }
            for _ in 0..<40 {
                let kind = YamuxHeader.Kind(rawValue: UInt8(random.below(4))) ?? .data
                let length =
                    random.chance(permille: 30) ? UInt32(truncatingIfNeeded: random.next()) : UInt32(random.below(20))
                var bytes = frame(
                    kind, .init(rawValue: UInt16(random.below(16))), stream: UInt32(random.below(12)), value: length,
                    (0..<random.below(20)).map { _ in UInt8(truncatingIfNeeded: random.next()) })
                guard (try? session.receive(&bytes, at: .zero)) != nil else { break }
                #expect(session.streams.count <= 8)
            }
        }
    }
}
