import WeftModel

/// The newest output of running attempts, and who follows it. Owned by the coordinator actor.
///
/// What an attempt printed is kept whole only in its result; this is for watching. Everything is bounded.
struct LogHub {
    /// Kept of each stream of each attempt.
    static let keptBytes = 64 << 10
    /// Kept in all; past it, all of it is let go and what comes next is kept.
    static let totalBytes = 64 << 20

    /// Largest offset that is taken from a worker: far beyond any stream, and far from where sums overflow.
    static let maxOffset: UInt64 = 1 << 60

    struct Piece: Sendable {
        var attempt: AttemptID
        var isStandardError: Bool
        var offset: UInt64
        var dropped: UInt64
        var bytes: [UInt8]
    }

    private struct Key: Hashable { var attempt: AttemptID, isStandardError: Bool }

    private var kept: [Key: Piece] = [:]
    private var keptBytes = 0
    private var followers: [Int: (job: JobID, task: TaskID?, mailbox: Mailbox<Piece>)] = [:]
    private var nextFollower = 0

    mutating func add(_ piece: Piece) {
        for follower in followers.values where follower.job == piece.attempt.task.job {
            if let task = follower.task, task != piece.attempt.task { continue }
            follower.mailbox.push(piece)
        }
        let key = Key(attempt: piece.attempt, isStandardError: piece.isStandardError)
        var whole = kept[key] ?? piece
        if kept[key] != nil {
            keptBytes -= whole.bytes.count
            let gap = piece.offset &- (whole.offset + UInt64(whole.bytes.count))
            if gap != 0 { whole = piece } else { whole.bytes += piece.bytes }
        }
        if whole.bytes.count > Self.keptBytes {
            let surplus = whole.bytes.count - Self.keptBytes / 2
            whole.bytes.removeFirst(surplus)
            whole.offset += UInt64(surplus)
            whole.dropped += UInt64(surplus)
        }
        keptBytes += whole.bytes.count
        kept[key] = whole
        if keptBytes > Self.totalBytes {
            kept.removeAll()
            keptBytes = 0
        }
    }

    mutating func forget(_ attempt: AttemptID) {
        guard !kept.isEmpty else { return }
        for isStandardError in [false, true] {
            if let piece = kept.removeValue(forKey: Key(attempt: attempt, isStandardError: isStandardError)) {
                keptBytes -= piece.bytes.count
            }
        }
    }

    func backlog(job: JobID, task: TaskID?) -> [Piece] {
        kept.values.filter { $0.attempt.task.job == job && (task == nil || $0.attempt.task == task) }
            .sorted { ($0.attempt, $0.isStandardError ? 1 : 0) < ($1.attempt, $1.isStandardError ? 1 : 0) }
    }

    mutating func follow(job: JobID, task: TaskID?) -> (key: Int, mailbox: Mailbox<Piece>) {
        followers = followers.filter { !$0.value.mailbox.isClosed }
        let mailbox = Mailbox<Piece>(limit: 1024)
        nextFollower += 1
        followers[nextFollower] = (job, task, mailbox)
        return (nextFollower, mailbox)
    }

    mutating func unfollow(_ key: Int) { followers.removeValue(forKey: key)?.mailbox.close() }

    mutating func closeAll() {
        for follower in followers.values { follower.mailbox.close() }
        followers.removeAll()
    }
}
