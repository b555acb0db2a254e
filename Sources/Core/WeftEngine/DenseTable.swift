/// Values by key. Like a dictionary, but reading a part of a value copies nothing else of it: jobs, open tasks and classes are large
/// values, and while a copy is held, changing one would copy what both share.
struct DenseTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private var positions: [Key: Int] = [:]
    /// The first is always nil: what there is for a key without a value. The last one takes the place of one that goes. None of the
    /// others is nil between two calls.
    private var slots: [Value?] = [nil]
    /// Whose value is in which slot, beginning with the second.
    private var owners: [Key] = []
    /// The slot that was changed last: most often the one that is looked at next, which then needs no hash.
    private var latest = 0

    var count: Int { owners.count }
    var isEmpty: Bool { owners.isEmpty }
    /// In no order that means anything, as with a dictionary.
    var keys: some Collection<Key> { owners }
    var values: some Collection<Value> { slots.lazy.compactMap(\.self) }

    /// The keys of the values that are wanted.
    func keys(where isWanted: (Value) -> Bool) -> [Key] {
        owners.indices.filter { isWanted(slots[$0 + 1]!) }.map { owners[$0] }
    }

    subscript(key: Key) -> Value? {
        // As an array's elements are: read where they are. A coroutine would be given a copy of all to read one field.
        unsafeAddress {
            let position = position(of: key) ?? 0
            return slots.withUnsafeBufferPointer { $0.baseAddress! + position }
        }
        _modify {
            let position = position(of: key) ?? slots.count
            latest = position
            if position == slots.count {
                slots.append(nil)
                owners.append(key)
                positions[key] = position
            }
            yield &slots[position]
            if slots[position] == nil { remove(key, at: position) }
        }
    }

    mutating func removeValue(forKey key: Key) -> Value? {
        guard let position = position(of: key) else { return nil }
        let value = slots[position].take()
        remove(key, at: position)
        return value
    }

    mutating func removeAll() { self = DenseTable() }

    private func position(of key: Key) -> Int? {
        latest > 0 && latest <= owners.count && owners[latest - 1] == key ? latest : positions[key]
    }

    private mutating func remove(_ key: Key, at position: Int) {
        positions[key] = nil
        let value = slots.removeLast()
        let owner = owners.removeLast()
        guard position < slots.count else { return }
        slots[position] = value
        owners[position - 1] = owner
        positions[owner] = position
    }
}
