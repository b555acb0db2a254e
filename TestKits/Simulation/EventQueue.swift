import HeapModule

/// What will happen, by virtual time; of two things at the same time, the one planned first.
struct EventQueue {
    private struct Entry: Comparable {
        var at: Int64
        var sequence: UInt64
        var happening: Happening

        static func < (left: Entry, right: Entry) -> Bool {
            (left.at, left.sequence) < (right.at, right.sequence)
        }
        static func == (left: Entry, right: Entry) -> Bool { left.sequence == right.sequence }
    }

    private var heap = Heap<Entry>()
    private var sequence: UInt64 = 0

    mutating func insert(_ happening: Happening, at time: Int64) {
        sequence += 1
        heap.insert(Entry(at: time, sequence: sequence, happening: happening))
    }

    mutating func next() -> (at: Int64, happening: Happening)? {
        heap.popMin().map { ($0.at, $0.happening) }
    }
}
