import Synchronization
import WeftWire

/// How many sends have returned.
private final class SendCount: Sendable {
    private let count = Mutex(0)
    var value: Int { count.withLock { $0 } }
    func increase() { count.withLock { $0 += 1 } }
}

/// Order, sizes, credit.
extension LinkConformance {
    static func order(_ factory: some LinkFactory) async throws {
        try await withPair(factory) { pair in
            let count = 5000
            async let received = read(count, from: pair.far)
            var next = 0
            while next < count {
                let end = min(count, next + 1 + next % 7)
                try await pair.near.send((next..<end).map { message($0) })
                next = end
            }
            let numbers = try await received.map(number)
            try check(numbers == Array(0..<count), "messages came out of order, twice or not at all")
        }
    }

    static func sizes(_ factory: some LinkFactory) async throws {
        try await withPair(factory) { pair in
            let sent = (0..<200).map { message($0, note: String(repeating: "x", count: ($0 * 157) % 30_000)) }
            async let received = read(sent.count, from: pair.far)
            try await pair.near.send(sent)
            try check(try await received == sent, "a batch of many frames came out changed")
        }
    }

    static func emptyBatch(_ factory: some LinkFactory) async throws {
        try await withPair(factory) { pair in
            try await pair.near.send([])
            try await pair.near.send([message(1)])
            let received = try await read(1, from: pair.far)
            try check(received == [message(1)], "an empty batch became \(received.count) messages")
        }
    }

    /// A message that fills a frame to the last byte.
    private static func largestMessage(_ limits: LinkLimits, excess: Int = 0) throws -> Message {
        var length = limits.messageBytes + excess
        while true {
            let candidate = message(0, note: String(repeating: "y", count: length))
            // Encoded under wider limits, to learn the size of what these refuse.
            let wide = LinkLimits(frameBytes: 2 * limits.frameBytes, windowBytes: 2 * limits.frameBytes)
            let bytes = try Frame.encode([candidate], limits: wide)[0].costBytes - Frame.messageOverheadBytes
            if bytes <= limits.messageBytes + excess { return candidate }
            length -= bytes - limits.messageBytes - excess
        }
    }

    static func largest(_ factory: some LinkFactory) async throws {
        for limits in [smallLimits, .standard] {
            try await withPair(factory, limits: limits) { pair in
                let sent = try largestMessage(limits)
                async let received = read(3, from: pair.far)
                for _ in 0..<3 { try await pair.near.send([sent]) }
                try check(try await received == [sent, sent, sent], "the largest message came out changed")
            }
        }
    }

    static func oversizeAtSender(_ factory: some LinkFactory) async throws {
        try await withPair(factory) { pair in
            let tooLarge = try largestMessage(smallLimits, excess: 1)
            let error = try await linkError("an oversized send") {
                try await pair.near.send([message(0), tooLarge])
            }
            guard case .tooLarge(_, let limit) = error, limit == smallLimits.messageBytes else {
                throw LinkViolation(description: "an oversized send threw \(error)")
            }
            try await pair.near.send([message(7)])
            let received = try await read(1, from: pair.far)
            try check(received == [message(7)], "part of a refused batch was sent")
        }
    }

    static func backPressure(_ factory: some LinkFactory) async throws {
        try await withPair(factory) { pair in
            let note = String(repeating: "z", count: 1000)
            let cost = try Frame.encode([message(1000, note: note)])[0].costBytes
            let count = 1000
            let window = smallLimits.windowBytes
            let completed = SendCount()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for number in 0..<count {
                        try await pair.near.send([message(number, note: note)])
                        completed.increase()
                    }
                }
                var read = 0
                var batches = pair.far.inbound.makeAsyncIterator()
                while read < count {
                    // What the reader has not taken is within the window; what it has just taken was in the one before.
                    let ahead = (completed.value - read) * (cost - 8)
                    try check(ahead <= 2 * window, "\(ahead) bytes were sent ahead of a slow reader")
                    let held = pair.heldBytes()
                    try check(
                        held <= 2 * window + smallLimits.stagedBytes, "\(held) bytes are held for a slow reader")
                    guard let batch = try await batches.next() else { break }
                    for message in batch {
                        try check(number(message) == read, "message \(number(message)) came for \(read)")
                        read += 1
                    }
                    if read == batch.count {
                        try check(
                            completed.value < count, "all was sent before a slow reader read anything")
                    }
                }
                try check(read == count, "only \(read) messages came")
                try await group.waitForAll()
            }
        }
    }

    static func bothDirections(_ factory: some LinkFactory) async throws {
        try await withPair(factory) { pair in
            let sent = (0..<2000).map { message($0, note: String(repeating: "b", count: 200)) }
            async let there = read(sent.count, from: pair.far)
            async let back = read(sent.count, from: pair.near)
            async let sentThere: Void = pair.near.send(sent)
            async let sentBack: Void = pair.far.send(sent)
            _ = try await (sentThere, sentBack)
            let received = try await (there, back)
            try check(received.0 == sent && received.1 == sent, "two directions disturbed each other")
        }
    }

    static func oneBlockedDirection(_ factory: some LinkFactory) async throws {
        try await withPair(factory) { pair in
            let blocked = (0..<500).map { message($0, note: String(repeating: "c", count: 1000)) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await pair.near.send(blocked) }
                let sent = (0..<1000).map { message($0, note: String(repeating: "d", count: 300)) }
                async let received = read(sent.count, from: pair.near)
                try await pair.far.send(sent)
                try check(try await received == sent, "a blocked direction disturbed the other")
                try check(try await read(blocked.count, from: pair.far) == blocked, "a blocked batch was changed")
                try await group.waitForAll()
            }
        }
    }

    static func manySenders(_ factory: some LinkFactory) async throws {
        try await withPair(factory) { pair in
            let senders = 100
            let each = 50
            try await withThrowingTaskGroup(of: Void.self) { group in
                for sender in 0..<senders {
                    group.addTask {
                        for number in 0..<each {
                            let note = String(repeating: "e", count: number * 20)
                            try await pair.near.send([message(number, of: sender, note: note)])
                        }
                    }
                }
                var next = Array(repeating: 0, count: senders)
                for message in try await read(senders * each, from: pair.far) {
                    let sender = Int(message.progress.attempt.index)
                    try check(number(message) == next[sender], "sender \(sender)'s messages changed places")
                    next[sender] += 1
                }
                try await group.waitForAll()
            }
        }
    }
}
