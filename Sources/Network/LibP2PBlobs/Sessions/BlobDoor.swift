import LibP2P
import WeftModel

/// The first words of a stream that a peer has opened.
enum BlobDoor {
    /// What the peer wants to read; nil when it closed the stream without asking.
    static func question(
        _ reader: inout MessageReader, clock: ProtocolClock
    ) async throws -> (digest: Digest, grant: [UInt8])? {
        guard
            let bytes = try await reader.read(
                limit: BlobProtocol.requestBytes, within: BlobProtocol.firstMessagePatience, by: clock)
        else { return nil }
        guard case .open(let digest, let grant) = try BlobCodec.request(from: bytes) else {
            throw PeerStreamError.malformed("a read before it was said of what")
        }
        return (digest, grant)
    }

    static func refuse(_ stream: any PeerStream, _ reason: String, never: Bool) async throws {
        try await MessageWriter(stream).write(BlobCodec.encode(.refused(reason, never: never)))
        try await stream.closeWrite()
    }
}
