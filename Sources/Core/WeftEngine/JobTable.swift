import WeftModel

/// The jobs in memory, by number. Like a dictionary, but reading a part of a job copies nothing else of it: a job is a
/// large value, and while a copy is held, changing it would copy what both share.
struct JobTable: Sendable {
    private var positions: [JobID: Int] = [:]
    /// Dense; the last one takes the place of one that goes. Never nil between two calls.
    private var slots: [Job?] = []

    var count: Int { slots.count }
    var keys: some Collection<JobID> { positions.keys }
    var values: some Collection<Job> { slots.lazy.compactMap(\.self) }

    subscript(id: JobID) -> Job? {
        _read {
            if let position = positions[id] { yield slots.span[position] } else { yield nil }
        }
        _modify {
            var position = positions[id] ?? slots.count
            if position == slots.count {
                slots.append(nil)
                positions[id] = position
            }
            yield &slots[position]
            if slots[position] == nil { remove(id, at: &position) }
        }
    }

    private mutating func remove(_ id: JobID, at position: inout Int) {
        positions[id] = nil
        let last = slots.removeLast()
        guard position < slots.count else { return }
        slots[position] = last
        if let moved = last?.id { positions[moved] = position }
    }
}
