import HeapModule

/// Attempts by the time of their end; a node has one at a time.
struct AttemptQueue {
    struct Attempt: Comparable {
        var at: Int64
        var node: Int
        /// nil: one whose answer is known.
        var task: Int?

        static func < (left: Attempt, right: Attempt) -> Bool { (left.at, left.node) < (right.at, right.node) }
    }

    private var heap = Heap<Attempt>()

    var isEmpty: Bool { heap.isEmpty }

    mutating func insert(_ attempt: Attempt) { heap.insert(attempt) }

    mutating func removeFirst() -> Attempt? { heap.popMin() }
}
