import Foundation
import LibP2P
import SwiftProtobuf
import WeftModel
import WeftWire

@testable import WeftPeers

private let now = Instant(microseconds: 1_000_000)

/// Whatever a message says, as the agents of both ends read it. What they refuse is fine.
private func read(_ message: Weft_Wire_V1_Message) {
    switch message.body {
    case .hello(let hello): _ = try? NodeProfile(wire: hello.profile)
    case .profile(let profile): _ = try? NodeProfile(wire: profile)
    case .jobOrder(let order): _ = try? JobOrder(wire: order)
    case .assignments(let assignments): _ = try? Assignments(wire: assignments)
    case .started(let started): _ = try? AttemptStart(wire: started)
    case .finished(let finished): _ = try? AttemptReport(wire: finished)
    case .acks(let acks): _ = try? AttemptList(wire: acks)
    default: break
    }
}

let weftTargets: [String: @Sendable ([UInt8]) -> Void] = [
    "link-frame": { bytes in
        guard let frame = try? Frame(decoding: bytes) else { return }
        precondition(frame.costBytes <= LinkBounds.frameBytes, "a frame is bounded")
        for message in frame.messages { read(message) }
        let sent = try! Frame.encode(frame.messages)
        let again = sent.flatMap { try! Frame(decoding: $0.bytes).messages }
        precondition(again.count == frame.messages.count, "messages are read as written")
    },
    "advertisement": { bytes in
        guard let said = try? Advertisement(signed: bytes, now: now) else { return }
        precondition(said.peer == FuzzPeers.one.peerID, "only who has the key can sign")
    },
    // What somebody has signed, whatever it is.
    "advertisement-payload": { bytes in
        let envelope = SignedEnvelope(
            payload: bytes, payloadType: Advertisement.payloadType, domain: Advertisement.domain, keys: FuzzPeers.one)
        guard let said = try? Advertisement(signed: envelope.encoded, now: now) else { return }
        precondition(said.peer == FuzzPeers.one.peerID, "nobody advertises another")
        precondition(said.addresses.count <= Advertisement.addressLimit && said.freeSlots >= 0, "it is bounded")
        precondition(said.expiresAt > now, "what has expired counts for nothing")
        var book = AdvertisementBook(limit: 2, networkLimit: 1)
        try! book.take(said, now: now)
        precondition((try? book.take(said, now: now)) == nil, "nothing is taken twice")
        let written = try! said.signed(by: FuzzPeers.one)
        let again = try! Advertisement(signed: written, now: now)
        precondition(again.peer == said.peer && again.sequence == said.sequence && again.addresses == said.addresses)
    },
]

let weftSeeds: [String: [[UInt8]]] = {
    let address = Multiaddr(.v4(0xC000_0201), tcp: 4_001)
    let profile = Weft_Wire_V1_Profile.with {
        $0.name = "one"
        $0.isolation = "process"
        $0.capacity = Resources(cpuMillis: 4_000, memoryBytes: 1 << 30, diskBytes: 1 << 30).wire
        $0.operatingSystem = "linux"
        $0.architecture = "x86_64"
    }
    let signed = try? (try? NodeProfile(wire: profile)).map {
        try Advertisement(
            peer: FuzzPeers.one.peerID, sequence: 3, expiresAt: now + .seconds(60), addresses: [address], profile: $0,
            freeSlots: 2
        ).signed(by: FuzzPeers.one)
    }
    let payload = signed.flatMap { try? SignedEnvelope(encoded: $0, domain: Advertisement.domain) }?.payload
    let messages = [
        Weft_Wire_V1_Message.with {
            $0.challenge = .with {
                $0.minVersion = 1
                $0.maxVersion = 1
            }
        },
        Weft_Wire_V1_Message.with { $0.profile = profile },
        Weft_Wire_V1_Message.with { $0.heartbeat = .init() },
    ]
    var frame = try! Frame.encode(messages)[0].bytes
    Frame.append(creditBytes: 1 << 20, to: &frame)
    return [
        "link-frame": [frame], "advertisement": [signed].compactMap(\.self),
        "advertisement-payload": [payload].compactMap(\.self),
    ]
}()
