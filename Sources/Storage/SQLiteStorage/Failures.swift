import GRDB
import WeftStorage

extension JournalError {
    /// What an error of SQLite means to the caller of a read or of opening.
    init(reading error: any Error) {
        switch error {
        case let error as JournalError:
            self = error
        case let error as DatabaseError where error.resultCode == .SQLITE_NOTADB:
            self = .unreadable("it is not a SQLite database")
        default:
            self = .unreadable(Self.words(error))
        }
    }

    /// What an error of SQLite means to the caller of a write.
    init(writing error: any Error) {
        switch error {
        case let error as JournalError:
            self = error
        case let error as DatabaseError where error.resultCode == .SQLITE_FULL:
            self = .writeFailed("the disk is full; make room and try again")
        case let error as DatabaseError where error.extendedResultCode == .SQLITE_IOERR_SHMSIZE:
            self = .writeFailed("the disk is full (no room for SQLite's index of the log); make room and try again")
        case let error as DatabaseError where error.resultCode == .SQLITE_CORRUPT:
            self = .unreadable("it is damaged: \(Self.words(error))")
        default:
            self = .writeFailed(Self.words(error))
        }
    }

    /// The error in words, never with values that were being written.
    private static func words(_ error: any Error) -> String {
        guard let error = error as? DatabaseError else { return "\(error)" }
        return "\(error.message ?? "unknown error") (SQLite error \(error.extendedResultCode.rawValue))"
    }
}
