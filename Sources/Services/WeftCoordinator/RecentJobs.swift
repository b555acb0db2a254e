import DequeModule
import WeftModel

/// The jobs that ended last: most who look at a job do so right after its end.
struct RecentJobs {
    private static let limit = 256
    /// Larger specs are left to the journal.
    private static let specBytesMax = 32 << 10

    private var records: [JobID: JobRecord] = [:]
    private var order: Deque<JobID> = []

    subscript(id: JobID) -> JobRecord? { records[id] }

    mutating func add(_ record: JobRecord) {
        guard record.spec.approximateBytes() <= Self.specBytesMax else { return }
        if records.updateValue(record, forKey: record.id) == nil { order.append(record.id) }
        if order.count > Self.limit { records[order.removeFirst()] = nil }
    }

    /// Some have been removed from the journal.
    mutating func clear() { self = RecentJobs() }
}
