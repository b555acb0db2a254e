import LibP2P
import PeersInMemory
import SeededNumbers
import Testing
import WeftFormats
import WeftModel

@testable import LibP2PBlobs

/// What is given, and what is asked for: values alone, time and random numbers from here.
@Suite struct DecisionTests {
    private static let peers = (1...12).map { PeersInMemory().makePeer(seed: $0).localPeer }
    private static let submitter = peers[0]

    private static func list(_ count: Int) throws -> ChunkList {
        let length = ChunkList.leastChunkBytes
        return try #require(
            ChunkList(
                sizeBytes: Int64(count * length), chunkBytes: length,
                digests: (0..<count).map { Hashing.sha256([UInt8($0 % 256), UInt8($0 / 256)]) }))
    }

    @Test func eachChunkIsGivenOnceAndAgainWhenItsHolderGoes() {
        let (ada, bob) = (Self.peers[1], Self.peers[2])
        var book = HandoutBook(count: 3)
        let first = [book.give(0, to: ada, insists: false), book.give(0, to: bob, insists: false)]
        #expect(first == [true, false])
        #expect(book.offered.members(from: 0) == [1, 2])
        let second = [book.give(0, to: bob, insists: true), book.left(ada), book.left(bob)]
        #expect(second == [true, false, true])
        #expect(book.offered.members(from: 0) == [0, 1, 2])
        let none = book.give(3, to: ada, insists: true)
        #expect(!none)
    }

    @Test func whoInsistsIsGivenAChunkTwiceAtMost() {
        let (ada, bob) = (Self.peers[1], Self.peers[2])
        var book = HandoutBook(count: 1)
        let given = [ada, ada, ada, bob].map { book.give(0, to: $0, insists: true) }
        #expect(given == [true, true, false, true])
        #expect(book.givenCount == 3)
        // Also to one that goes and comes back.
        let isMore = book.left(ada)
        let again = book.give(0, to: ada, insists: false)
        #expect(!isMore && !again)
    }

    @Test func theRarestIsAskedForFirst() throws {
        var random = SeededRandom(seed: 1)
        let (ada, bob) = (Self.peers[1], Self.peers[2])
        var plan = DownloadPlan(try Self.list(8), coordinator: Self.submitter, have: ChunkSet(count: 8))
        var some = ChunkSet(count: 8)
        for chunk in 0..<6 { some.insert(chunk) }
        plan.offered(some, by: ada)
        plan.offered(.all(of: 8), by: bob)
        let asks = plan.next(at: .zero, random: &random)
        #expect(asks.count { $0.peer == ada } == 4)
        #expect(asks.count { $0.peer == bob } == 4)
        #expect(Set(asks.map(\.chunk)).count == 8)
        #expect(Set(asks.filter { $0.peer == bob }.map(\.chunk)).isSuperset(of: [6, 7]))
        let asks1 = plan.next(at: .zero, random: &random)
        #expect(asks1 == [])
    }

    @Test func whatWasAskedOfAPeerThatIsDroppedIsAskedOfOthers() throws {
        var random = SeededRandom(seed: 1)
        let (ada, bob) = (Self.peers[1], Self.peers[2])
        var plan = DownloadPlan(try Self.list(4), coordinator: Self.submitter, have: ChunkSet(count: 4))
        plan.offered(.all(of: 4), by: ada)
        let asks2 = plan.next(at: .zero, random: &random)
        #expect(asks2.count == 4)
        plan.offered(.all(of: 4), by: bob)
        let asks3 = plan.next(at: .zero, random: &random)
        #expect(asks3 == [])
        plan.drop(ada)
        let asks = plan.next(at: .zero, random: &random)
        #expect(asks.count == 4 && asks.allSatisfy { $0.peer == bob })
        plan.offered(.all(of: 4), by: ada)
        #expect(!plan.isAsked(0, of: ada))
        for chunk in 0..<4 { plan.arrived(chunk, from: bob) }
        #expect(plan.isComplete)
    }

    @Test func theSubmitterIsAskedForWhatItHandedToOthersOnlyAfterAWhile() throws {
        var random = SeededRandom(seed: 1)
        var plan = DownloadPlan(try Self.list(40), coordinator: Self.submitter, have: ChunkSet(count: 40))
        plan.offered(ChunkSet(count: 40), by: Self.submitter)
        let asks4 = plan.next(at: .seconds(1), random: &random)
        #expect(asks4 == [])
        let asks5 = plan.next(at: .seconds(3), random: &random)
        #expect(asks5 == [])
        var asks = plan.next(at: .seconds(4), random: &random)
        #expect(asks.count == 1 && asks.allSatisfy { $0.insists && $0.peer == Self.submitter })
        // More at a time where that goes on.
        plan.arrived(asks[0].chunk, from: Self.submitter)
        asks = plan.next(at: .seconds(4), random: &random)
        #expect(asks.count == 2)
        // Until somebody else gives something.
        var one = ChunkSet(count: 40)
        one.insert((0..<40).first { !plan.have.contains($0) && !plan.isAsked($0, of: Self.submitter) } ?? 0)
        plan.offered(one, by: Self.peers[3])
        let asks6 = plan.next(at: .seconds(4), random: &random)
        #expect(asks6.map(\.insists) == [false])
        for ask in asks { plan.arrived(ask.chunk, from: Self.submitter) }
        let asks7 = plan.next(at: .seconds(4), random: &random)
        #expect(asks7 == [])
    }

    @Test func whoIsSilentForTooLongIsOverdue() throws {
        var random = SeededRandom(seed: 1)
        var plan = DownloadPlan(try Self.list(4), coordinator: Self.submitter, have: ChunkSet(count: 4))
        plan.offered(.all(of: 4), by: Self.peers[1])
        _ = plan.next(at: .zero, random: &random)
        #expect(plan.overdue(at: .seconds(30)) == [])
        #expect(plan.overdue(at: .seconds(31)) == [Self.peers[1]])
    }

    /// Ten plans and a book, one chunk of each source in each round.
    @Test(arguments: [1, 2, 3, 4, 5] as [UInt64]) func tenNodesThatBeginTogetherTakeEachChunkOnceFromTheSubmitter(
        _ seed: UInt64
    ) throws {
        let list = try Self.list(200)
        var random = SeededRandom(seed: seed)
        let nodes = Array(Self.peers[1...10])
        var book = HandoutBook(count: 200)
        var plans = Dictionary(
            uniqueKeysWithValues: nodes.map {
                ($0, DownloadPlan(list, coordinator: Self.submitter, have: ChunkSet(count: 200)))
            })
        var now = Duration.zero
        var rounds = 0
        while plans.values.contains(where: { !$0.isComplete }) {
            rounds += 1
            try #require(rounds < 1000)
            now += .milliseconds(100)
            let haves = plans.mapValues(\.have)
            for node in nodes.shuffled(using: &random) {
                plans[node]?.offered(book.offered, by: Self.submitter)
                for (other, have) in haves where other != node { plans[node]?.offered(have, by: other) }
                for ask in plans[node]?.next(at: now, random: &random) ?? [] {
                    let isGiven =
                        ask.peer == Self.submitter
                        ? book.give(ask.chunk, to: node, insists: ask.insists)
                        : haves[ask.peer]?.contains(ask.chunk) == true
                    if isGiven {
                        plans[node]?.arrived(ask.chunk, from: ask.peer)
                    } else {
                        plans[node]?.declined(ask.chunk, by: ask.peer, at: now)
                    }
                }
            }
        }
        #expect(book.givenCount == 200)
    }
}
