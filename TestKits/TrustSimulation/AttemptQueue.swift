/// Attempts by the time of their end, in a binary heap.
struct AttemptQueue {
    struct Attempt {
        var at: Int64
        var node: Int
        /// nil: one whose answer is known.
        var task: Int?

        func isBefore(_ other: Attempt) -> Bool { (at, node) < (other.at, other.node) }
    }

    private var heap: [Attempt] = []

    var isEmpty: Bool { heap.isEmpty }

    mutating func insert(_ attempt: Attempt) {
        heap.append(attempt)
        var child = heap.count - 1
        while child > 0, heap[child].isBefore(heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func removeFirst() -> Attempt? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        guard !heap.isEmpty else { return first }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child].isBefore(heap[least]) { least = child }
            guard least != parent else { return first }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
