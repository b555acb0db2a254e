import GRDB
import GRDBSQLite
import WeftModel

/// A prepared statement, bound and read without going through an array of boxed values: several times faster than the
/// library's general way, and strings keep their length (a NUL inside included).
///
/// Valid only inside the database access in which it was prepared.
struct RawStatement {
    private let handle: SQLiteStatement
    /// Owns `handle`.
    private let owner: Statement

    /// Prepares `sql`, or finds it in the connection's cache.
    init(_ db: Database, _ sql: String) throws {
        owner = try db.cachedStatement(sql: sql)
        handle = owner.sqliteStatement
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
    }

    /// Runs a statement that gives no rows. Returns how many rows it changed.
    @discardableResult
    func run(_ bind: (inout Binder) -> Void = { _ in }) throws -> Int {
        var binder = Binder(handle: handle)
        bind(&binder)
        let step = sqlite3_step(handle)
        // Before the reset, which may clear it.
        let message = step == SQLITE_DONE ? nil : errorMessage
        sqlite3_reset(handle)
        guard step == SQLITE_DONE, binder.failure == SQLITE_OK else { throw failure(of: step, binder, message) }
        return Int(sqlite3_changes(sqlite3_db_handle(handle)))
    }

    /// Runs a query and makes a value of each row.
    func rows<Value>(_ bind: (inout Binder) -> Void = { _ in }, _ read: (Columns) throws -> Value) throws -> [Value] {
        var binder = Binder(handle: handle)
        bind(&binder)
        defer { sqlite3_reset(handle) }
        var values: [Value] = []
        while true {
            let step = sqlite3_step(handle)
            if step == SQLITE_DONE, binder.failure == SQLITE_OK { return values }
            guard step == SQLITE_ROW else { throw failure(of: step, binder, errorMessage) }
            values.append(try read(Columns(handle: handle)))
        }
    }

    private var errorMessage: String { String(cString: sqlite3_errmsg(sqlite3_db_handle(handle))) }

    private func failure(of step: CInt, _ binder: Binder, _ message: String?) -> DatabaseError {
        let code = binder.failure == SQLITE_OK ? step : binder.failure
        return DatabaseError(resultCode: ResultCode(rawValue: code), message: message ?? "cannot bind a value")
    }
}

/// Binds the arguments of one execution, in order.
struct Binder {
    private let handle: SQLiteStatement
    private var position: CInt = 0
    fileprivate var failure: CInt = SQLITE_OK

    fileprivate init(handle: SQLiteStatement) { self.handle = handle }

    mutating func bind(_ number: Int64) { note(sqlite3_bind_int64(handle, next(), number)) }
    mutating func bind(_ number: Int) { bind(Int64(number)) }
    mutating func bind(_ number: UInt32) { bind(Int64(number)) }
    mutating func bind(_ flag: Bool) { bind(Int64(flag ? 1 : 0)) }
    mutating func bind(_ moment: Instant) { bind(moment.microseconds) }
    mutating func bind(_ id: JobID) { bind(Int64(bitPattern: id.number)) }
    mutating func bind(_ id: LeaseID) { bind(Int64(bitPattern: id.number)) }

    mutating func bind(_ text: String) {
        var text = text
        let position = next()
        note(
            text.withUTF8 { bytes in
                // An empty buffer may have no address, and no address would mean NULL.
                bytes.withMemoryRebound(to: CChar.self) {
                    sqlite3_bind_text64(
                        handle, position, $0.baseAddress ?? Self.nothing, UInt64($0.count), Self.copied,
                        UInt8(SQLITE_UTF8))
                }
            })
    }

    mutating func bind(_ bytes: [UInt8]) {
        let position = next()
        note(
            bytes.withUnsafeBytes {
                $0.isEmpty
                    ? sqlite3_bind_zeroblob(handle, position, 0)
                    : sqlite3_bind_blob64(handle, position, $0.baseAddress, UInt64($0.count), Self.copied)
            })
    }

    mutating func bind(_ digest: Digest) { bind(digest.bytes) }

    mutating func bindNull() { note(sqlite3_bind_null(handle, next())) }

    mutating func bind(_ number: Int64?) { if let number { bind(number) } else { bindNull() } }
    mutating func bind(_ text: String?) { if let text { bind(text) } else { bindNull() } }
    mutating func bind(_ bytes: [UInt8]?) { if let bytes { bind(bytes) } else { bindNull() } }
    mutating func bind(_ digest: Digest?) { if let digest { bind(digest) } else { bindNull() } }
    mutating func bind(_ moment: Instant?) { bind(moment?.microseconds) }

    /// Two columns: the digest and the size.
    mutating func bind(_ blob: BlobReference?) {
        bind(blob?.digest)
        bind(blob?.sizeBytes)
    }

    mutating func skip() { position += 1 }

    private mutating func next() -> CInt {
        position += 1
        return position
    }

    private mutating func note(_ code: CInt) { if code != SQLITE_OK, failure == SQLITE_OK { failure = code } }

    /// SQLITE_TRANSIENT: SQLite copies what it is given.
    private static var copied: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }
    private static var nothing: UnsafePointer<CChar> { UnsafePointer(bitPattern: 1)! }
}

/// The columns of the current row, by position from 0.
struct Columns {
    private let handle: SQLiteStatement

    fileprivate init(handle: SQLiteStatement) { self.handle = handle }

    func isNull(_ column: CInt) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }
    func integer(_ column: CInt) -> Int64 { sqlite3_column_int64(handle, column) }

    func text(_ column: CInt) -> String {
        guard let start = sqlite3_column_text(handle, column) else { return "" }
        let count = Int(sqlite3_column_bytes(handle, column))
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }

    func bytes(_ column: CInt) -> [UInt8] {
        guard let start = sqlite3_column_blob(handle, column) else { return [] }
        return Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))))
    }

    func optionalInteger(_ column: CInt) -> Int64? { isNull(column) ? nil : integer(column) }
    func optionalText(_ column: CInt) -> String? { isNull(column) ? nil : text(column) }
    func moment(_ column: CInt) -> Instant { Instant(microseconds: integer(column)) }
    func optionalMoment(_ column: CInt) -> Instant? { isNull(column) ? nil : moment(column) }
}
