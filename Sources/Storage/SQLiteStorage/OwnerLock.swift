import Glibc
import WeftStorage

/// Says which process owns a journal: an exclusive `flock` on a file beside the database, gone with its holder however
/// that ends. (SQLite's own locks keep transactions apart; they would let two coordinators take turns.)
struct OwnerLock: ~Copyable {
    private let descriptor: CInt

    /// Throws ``JournalError/inUse(_:)`` when somebody holds it, also within this process.
    init(path: String) throws(JournalError) {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw JournalError.unreadable("cannot open the lock file \(path): \(String(cString: strerror(errno)))")
        }
        var outcome: CInt
        repeat { outcome = flock(descriptor, LOCK_EX | LOCK_NB) } while outcome != 0 && errno == EINTR
        guard outcome == 0 else {
            let code = errno
            Glibc.close(descriptor)
            if code == EWOULDBLOCK { throw JournalError.inUse(path) }
            throw JournalError.unreadable("cannot lock \(path): \(String(cString: strerror(code)))")
        }
    }

    deinit {
        // A child that is being made at this moment has a copy of the descriptor until it executes something: to close it here is not
        // enough.
        flock(descriptor, LOCK_UN)
        Glibc.close(descriptor)
    }
}
