/// Values by key. Like a dictionary, but reading a part of a value copies nothing else of it: jobs, open tasks and classes are large
/// values, and while a copy is held, changing one would copy what both share.
struct DenseTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private var positions: [Key: Int] = [:]
    /// The last one takes the place of one that goes. Never nil between two calls.
    private var slots: [Value?] = []
    /// Whose value is in which slot.
    private var owners: [Key] = []

    var count: Int { slots.count }
    var isEmpty: Bool { slots.isEmpty }
    /// In no order that means anything, as with a dictionary.
    var keys: some Collection<Key> { owners }
    var values: some Collection<Value> { slots.lazy.compactMap(\.self) }

    /// The keys of the values that are wanted.
    func keys(where isWanted: (Value) -> Bool) -> [Key] {
        owners.indices.filter { isWanted(slots[$0]!) }.map { owners[$0] }
    }

    subscript(key: Key) -> Value? {
        _read {
            if let position = positions[key] { yield slots.span[position] } else { yield nil }
        }
        _modify {
            let position = positions[key] ?? slots.count
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
        guard let position = positions[key] else { return nil }
        let value = slots[position]
        remove(key, at: position)
        return value
    }

    mutating func removeAll() { self = DenseTable() }

    private mutating func remove(_ key: Key, at position: Int) {
        positions[key] = nil
        let value = slots.removeLast()
        let owner = owners.removeLast()
        guard position < slots.count else { return }
        slots[position] = value
        owners[position] = owner
        positions[owner] = position
    }
}
