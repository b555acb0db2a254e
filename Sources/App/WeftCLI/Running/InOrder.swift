/// Works on several elements at a time, and hands on what came of them in the order of the elements.
enum InOrder {
    /// - Parameters:
    ///   - limit: how many are begun before the oldest of them is handed on.
    ///   - take: is given each element with its value; nothing else of this call runs meanwhile.
    /// - Throws: what the first of them in time throws; the others are cancelled, and what came before in order was handed on.
    static func forEach<Element: Sendable, Value: Sendable>(
        _ elements: [Element], atOnce limit: Int = 8,
        _ work: @escaping @Sendable (Element) async throws -> Value, take: (Element, Value) throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: (Int, Value).self) { group in
            var ready: [Int: Value] = [:]
            var (begun, taken) = (0, 0)
            while taken < elements.count {
                while begun < elements.count, begun - taken < limit {
                    let (position, element) = (begun, elements[begun])
                    group.addTask { (position, try await work(element)) }
                    begun += 1
                }
                while let value = ready.removeValue(forKey: taken) {
                    try take(elements[taken], value)
                    taken += 1
                }
                guard begun - taken > ready.count, let (position, value) = try await group.next() else { continue }
                ready[position] = value
            }
        }
    }
}
