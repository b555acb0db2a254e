import LibP2P
import Logging
import NIOCore
import PeersInMemory
import SeededNumbers
import Testing
import WeftFormats
import WeftModel
import WeftStorage

@testable import LibP2PBlobs

/// A submitter and nodes that fetch from it and from each other, in memory.
struct SwarmWorld: Sendable {
    struct Node: Sendable {
        let peer: MemoryPeer
        let store = MemoryBlobStore()
        let swarm: BlobSwarm

        init(_ peer: MemoryPeer) {
            self.peer = peer
            let store = store
            swarm = BlobSwarm(
                network: peer, partials: store,
                read: { try await store.read($0, offset: $1, length: $2) },
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        }
    }

    let world = PeersInMemory()
    let submitter: MemoryPeer
    let store = MemoryBlobStore()
    let seeder: BlobSeeder
    /// Bytes of the one blob, and its chunks.
    let bytes: [UInt8]
    let digest: Digest
    let list: ChunkList

    /// - Parameter admits: Whom the submitter lets read the blob.
    init(sizeBytes: Int = 4 << 20, admits: @escaping @Sendable (PeerID) -> Bool = { _ in true }) async throws {
        submitter = world.makePeer(seed: 1)
        seeder = BlobSeeder(
            network: submitter, store: store,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) { peer, _ in admits(peer) }
        var random = SeededRandom(seed: 7)
        bytes = (0..<sizeBytes / 8).flatMap { _ in withUnsafeBytes(of: random.next()) { Array($0) } }
        digest = try await store.put(bytes).digest
        list = try #require(Self.list(of: bytes))
        await seeder.start()
    }

    static func list(of bytes: [UInt8]) -> ChunkList? {
        guard let length = ChunkList.chunkBytes(forSize: Int64(bytes.count)) else { return nil }
        return ChunkList(
            sizeBytes: Int64(bytes.count), chunkBytes: length,
            digests: stride(from: 0, to: bytes.count, by: length).map {
                Hashing.sha256(bytes[$0..<min(bytes.count, $0 + length)])
            })
    }

    func chunk(_ number: Int) -> [UInt8] {
        let start = Int(list.offset(of: number))
        return Array(bytes[start..<start + list.length(of: number)])
    }

    /// A node that is linked to the submitter.
    func node(_ seed: UInt64) async throws -> Node {
        let peer = world.makePeer(seed: seed)
        try await connect(peer)
        let node = Node(peer)
        await node.swarm.start()
        return node
    }

    func connect(_ peer: MemoryPeer) async throws {
        try await peer.connect(to: submitter.localPeer, addresses: submitter.address.map { [$0] } ?? [])
    }

    /// Runs nodes for as long as `body` does.
    func running(_ nodes: [Node], _ body: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for node in nodes { group.addTask { await node.swarm.run() } }
            try await body()
            group.cancelAll()
        }
    }

    /// Whether the node has the whole blob.
    func isWhole(at node: Node) async throws -> Bool {
        try await node.store.readAll(digest, limit: bytes.count) == bytes
    }

    // MARK: Peers that do as they are told

    /// Answers like somebody who has the whole blob, but with what the test says in place of chunks.
    func script(
        _ peer: MemoryPeer, opened: BlobAnswer.Opened? = nil,
        _ respond: @escaping @Sendable (Int, any PeerStream) async throws -> Void
    ) async {
        await peer.handle(BlobProtocol.name) { [list] stream in
            var reader = MessageReader(stream)
            let writer = MessageWriter(stream)
            _ = try await reader.read(limit: BlobProtocol.requestBytes)
            try await writer.write(BlobCodec.encode(.opened(opened)))
            try await writer.write(BlobCodec.encode(.offer(ChunkSet.all(of: list.count).bytes)))
            while let bytes = try await reader.read(limit: BlobProtocol.requestBytes) {
                if case .read(let chunk, _) = try BlobCodec.request(from: bytes) { try await respond(chunk, stream) }
            }
        }
    }

    /// Has a peer ask the submitter for the blob and for some of its chunks, so that others are told of it and not given these;
    /// it stays for as long as the stream is kept.
    func enrol(_ peer: MemoryPeer, taking chunks: Range<Int>) async throws -> any PeerStream {
        try await connect(peer)
        let stream = try await peer.openStream(to: submitter.localPeer, protocols: [BlobProtocol.name])
        let writer = MessageWriter(stream)
        var reader = MessageReader(stream)
        try await writer.write(BlobCodec.encode(.open(digest, grant: [])))
        for chunk in chunks { try await writer.write(BlobCodec.encode(.read(chunk: chunk, insists: false))) }
        var missing = chunks.count
        while missing > 0 {
            let answer = try #require(try await reader.read(limit: list.chunkBytes + 1024))
            if case .chunk = try BlobCodec.answer(from: answer) { missing -= 1 }
        }
        return stream
    }
}

extension MemoryPeer {
    /// Sends a message as this protocol frames it.
    static func send(_ answer: BlobAnswer, over stream: any PeerStream) async throws {
        try await MessageWriter(stream).write(BlobCodec.encode(answer))
    }
}
