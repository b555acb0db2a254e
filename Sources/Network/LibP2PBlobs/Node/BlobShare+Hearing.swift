import LibP2P
import Logging
import WeftModel
import WeftStorage

/// What peers say on those streams, and what comes of it.
extension BlobShare {
    func offered(_ chunks: ChunkSet, by peer: PeerID) {
        plan?.offered(chunks, by: peer)
        pump()
    }

    /// Nil when nothing is asked of anybody any more.
    func isAsked(_ chunk: Int, of peer: PeerID) -> Bool? {
        phase == .loading ? plan?.isAsked(chunk, of: peer) : nil
    }

    func declined(_ chunk: Int, by peer: PeerID) {
        plan?.declined(chunk, by: peer, at: kit.clock.now())
        pump()
    }

    /// Writes a chunk that is right.
    func keep(_ bytes: [UInt8], _ chunk: Int, at offset: Int64, from peer: PeerID) async throws {
        guard let partial else { return }
        do { try await partial.write(bytes, at: offset) } catch {
            end(.notKept("\(error)"))
            throw error
        }
        plan?.arrived(chunk, from: peer)
        received[peer, default: 0] += 1
        lastArrival = kit.clock.now()
        bell.ring()
        if plan?.isComplete == true { work.yield(.finish) } else { pump() }
    }

    func hear(of sources: [BlobSource]) {
        for source in sources where source.peer != kit.network.localPeer && source.peer != coordinator {
            guard known.count < BlobProtocol.sources * 4, known.insert(source.peer).inserted else { continue }
            spare.append(source)
        }
        askSpare()
    }

    func askSpare() {
        while phase == .loading, askedSources < BlobProtocol.sources, !spare.isEmpty {
            askedSources += 1
            work.yield(.ask(spare.removeFirst()))
        }
    }

    func lost(_ peer: PeerID) {
        speakers.removeValue(forKey: peer)?.requests.finish()
        plan?.lost(peer)
        pump()
    }

    /// The peer has sent what it should not have: it is named, and nothing is asked of it any more.
    func drop(_ peer: PeerID, _ why: String) async {
        guard peer != coordinator else { return end(.wrong(from: peer, why)) }
        kit.logger.warning(
            "a peer has sent what it should not have, and is dropped",
            metadata: ["peer": "\(peer)", "blob": "\(digest)", "why": "\(why)"])
        await blame(peer)
    }

    /// Nothing is asked of the peer any more.
    func forbid(_ peer: PeerID) {
        dropped.insert(peer)
        plan?.drop(peer)
        speakers.removeValue(forKey: peer)?.requests.finish()
        pump()
    }

    func pump() {
        guard phase == .loading, plan != nil else { return }
        for ask in plan!.next(at: kit.clock.now(), random: &random) {
            speakers[ask.peer]?.requests.yield(.read(chunk: ask.chunk, insists: ask.insists))
        }
    }
}
