extension RandomAccessCollection where Index == Int {
    /// The first index from which on a condition holds, in a collection where it holds from some index on.
    package func partitionPoint(where holds: (Element) -> Bool) -> Int {
        var low = startIndex
        var high = endIndex
        while low < high {
            let middle = low + (high - low) / 2
            if holds(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
