package import WeftWire

/// Makes links of one adapter. Links end with ``LinkConformance``'s case that asked for them.
package protocol LinkFactory: Sendable {
    func makePair(limits: LinkLimits) async throws -> LinkPair
    /// A link whose peer is not ours: it sends what it is told to.
    func makeRaw(limits: LinkLimits) async throws -> (link: any Link, peer: any RawLinkPeer)
}

package struct LinkPair: Sendable {
    package var near: any Link
    package var far: any Link
    /// Bytes that both ends together hold for transport and reader.
    package var heldBytes: @Sendable () -> Int

    package init(near: any Link, far: any Link, heldBytes: @escaping @Sendable () -> Int) {
        self.near = near
        self.far = far
        self.heldBytes = heldBytes
    }
}

package protocol RawLinkPeer: Sendable {
    /// Sends these bytes as one frame. Does not wait for credit.
    func inject(_ frame: [UInt8]) async throws
    /// Ends the connection without a goodbye.
    func drop() async throws
}

/// A promise of ``Link`` that an adapter does not keep.
package struct LinkViolation: Error, CustomStringConvertible {
    package var description: String
}

/// The promises of ``Link``, each a case that any adapter is run through.
package enum LinkConformance: String, CaseIterable, Sendable {
    case batchesArriveInOrderAndOnce
    case messagesOfAllSizesArriveWhole
    case anEmptyBatchSendsNothing
    case theLargestMessagePasses
    case aMessageOverTheBoundIsRefusedAndTheLinkStaysWhole
    case aSlowReaderSlowsItsWriter
    case bothDirectionsFlowAtOnce
    case oneBlockedDirectionLeavesTheOtherOpen
    case eachOfManySendersKeepsItsOrder
    case closeDeliversWhatWasSentAndFinishesTheReader
    case closeMayBeCalledAgainAndFromBothEnds
    case closeWakesASenderThatWaits
    case aLostPeerBreaksReaderAndSenders
    case malformedBytesBreakTheLinkWithAnErrorThatSaysSo
    case aFrameOverTheBoundBreaksTheLink
    case sendingWithoutCreditBreaksTheLink
    case moreCreditThanCanBeCountedBreaksTheLink
    case whatArrivedBeforeABreakIsDelivered
    case unknownFieldsAndBodiesAreIgnored
    case aCancelledReadLosesNothing
    case aCancelledSendIsNotSent

    /// Throws ``LinkViolation``, or what the link threw where it should not have.
    package func run(on factory: some LinkFactory) async throws {
        switch self {
        case .batchesArriveInOrderAndOnce: try await Self.order(factory)
        case .messagesOfAllSizesArriveWhole: try await Self.sizes(factory)
        case .anEmptyBatchSendsNothing: try await Self.emptyBatch(factory)
        case .theLargestMessagePasses: try await Self.largest(factory)
        case .aMessageOverTheBoundIsRefusedAndTheLinkStaysWhole: try await Self.oversizeAtSender(factory)
        case .aSlowReaderSlowsItsWriter: try await Self.backPressure(factory)
        case .bothDirectionsFlowAtOnce: try await Self.bothDirections(factory)
        case .oneBlockedDirectionLeavesTheOtherOpen: try await Self.oneBlockedDirection(factory)
        case .eachOfManySendersKeepsItsOrder: try await Self.manySenders(factory)
        case .closeDeliversWhatWasSentAndFinishesTheReader: try await Self.closeDelivers(factory)
        case .closeMayBeCalledAgainAndFromBothEnds: try await Self.closeTwice(factory)
        case .closeWakesASenderThatWaits: try await Self.closeWakes(factory)
        case .aLostPeerBreaksReaderAndSenders: try await Self.lostPeer(factory)
        case .malformedBytesBreakTheLinkWithAnErrorThatSaysSo: try await Self.malformedBytes(factory)
        case .aFrameOverTheBoundBreaksTheLink: try await Self.oversizeFrame(factory)
        case .sendingWithoutCreditBreaksTheLink: try await Self.overdraft(factory)
        case .moreCreditThanCanBeCountedBreaksTheLink: try await Self.creditOverflow(factory)
        case .whatArrivedBeforeABreakIsDelivered: try await Self.deliveredBeforeBreak(factory)
        case .unknownFieldsAndBodiesAreIgnored: try await Self.unknownFields(factory)
        case .aCancelledReadLosesNothing: try await Self.cancelledRead(factory)
        case .aCancelledSendIsNotSent: try await Self.cancelledSend(factory)
        }
    }

    /// Small, so that a few kilobytes fill a window.
    static let smallLimits = LinkLimits(
        frameBytes: 32 << 10, windowBytes: 64 << 10, stagedBytes: 32 << 10, joinedFrameBytes: 8 << 10)

    // MARK: Tools

    static func message(_ number: Int, of sender: Int = 0, note: String = "") -> Message {
        var progress = Weft_Wire_V1_Progress()
        progress.attempt.job = UInt64(number + 1)
        progress.attempt.index = UInt32(sender)
        progress.note = note
        return Message(.progress(progress))
    }

    static func number(_ message: Message) -> Int { Int(message.progress.attempt.job) - 1 }

    static func frame(_ messages: [Message], creditBytes: UInt64 = 0) throws -> [UInt8] {
        var bytes = try Frame.encode(messages).flatMap(\.bytes)
        if creditBytes > 0 { Frame.append(creditBytes: creditBytes, to: &bytes) }
        return bytes
    }

    static func check(_ holds: Bool, _ otherwise: @autoclosure () -> String) throws(LinkViolation) {
        guard holds else { throw LinkViolation(description: otherwise()) }
    }

    /// Reads `count` messages, or throws when the link ends before.
    static func read(_ count: Int, from link: any Link) async throws -> [Message] {
        var messages: [Message] = []
        var batches = link.inbound.makeAsyncIterator()
        while messages.count < count {
            guard let batch = try await batches.next() else {
                throw LinkViolation(description: "the link ended after \(messages.count) of \(count) messages")
            }
            messages += batch
        }
        return messages
    }

    /// Runs `body` with a pair and closes both ends afterwards.
    static func withPair(
        _ factory: some LinkFactory, limits: LinkLimits = smallLimits,
        _ body: (LinkPair) async throws -> Void
    ) async throws {
        let pair = try await factory.makePair(limits: limits)
        do {
            try await body(pair)
        } catch {
            await pair.near.close()
            await pair.far.close()
            throw error
        }
        await pair.near.close()
        await pair.far.close()
    }

    /// What `body` throws as a link's error.
    static func linkError(
        _ what: String, from body: () async throws -> Void
    ) async throws -> LinkError {
        do {
            try await body()
        } catch let error as LinkError {
            return error
        }
        throw LinkViolation(description: "\(what) did not throw")
    }

    /// What the reader of `link` ends with.
    static func readerError(_ link: any Link) async throws -> LinkError {
        try await linkError("the reader") { for try await _ in link.inbound {} }
    }
}
