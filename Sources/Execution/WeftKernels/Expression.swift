/// A formula of a kernel's document over its parameters: how many blocks there are, how long a buffer is, what a tolerance is.
///
/// Numbers, names, `+ - * /`, parentheses, and the functions of ``Function``. At most 200 characters and 20 levels.
package struct Expression: Hashable, Sendable {
    package enum Function: String, Hashable, Sendable, CaseIterable {
        /// The quotient, rounded up to a whole number.
        case ceildiv
        case min, max
        /// The remainder, with the divisor's sign.
        case mod
        /// The exponent of the greatest power of two that is not greater.
        case log2
        case sqrt
        /// The second where the first is not 0, the third where it is.
        case `if`

        var arity: Int {
            switch self {
            case .log2, .sqrt: 1
            case .ceildiv, .min, .max, .mod: 2
            case .if: 3
            }
        }
    }

    indirect enum Node: Hashable, Sendable {
        case number(Double)
        case name(String)
        case sum(Node, Node)
        case difference(Node, Node)
        case product(Node, Node)
        case quotient(Node, Node)
        case call(Function, [Node])
    }

    package let text: String
    let root: Node

    package struct Problem: Error, Hashable, Sendable {
        package var text: String
    }

    /// Throws what is wrong, in words.
    package init(_ text: String) throws(Problem) {
        var parser = ExpressionParser(text)
        root = try parser.parse()
        self.text = text
    }

    /// The names that it is about.
    package var names: Set<String> { root.names }

    /// Throws for a name without a value and a result that is no number.
    package func value(_ values: [String: Double]) throws(Problem) -> Double {
        let result = try root.value(values)
        guard result.isFinite else { throw Problem(text: "`\(text)` is no number here") }
        return result
    }

    /// Throws, too, for a result that is no whole number of `range`.
    package func whole(_ values: [String: Double], in range: ClosedRange<Int64>) throws(Problem) -> Int64 {
        let result = try value(values)
        guard let whole = Int64(exactly: result), range.contains(whole) else {
            throw Problem(
                text: "`\(text)` is \(result) here, and should be a whole number from \(range.lowerBound) to "
                    + "\(range.upperBound)")
        }
        return whole
    }
}

extension Expression.Node {
    fileprivate var names: Set<String> {
        switch self {
        case .number: []
        case .name(let name): [name]
        case .sum(let left, let right), .difference(let left, let right), .product(let left, let right),
            .quotient(let left, let right):
            left.names.union(right.names)
        case .call(_, let arguments): arguments.reduce(into: []) { $0.formUnion($1.names) }
        }
    }

    fileprivate func value(_ values: [String: Double]) throws(Expression.Problem) -> Double {
        switch self {
        case .number(let number): return number
        case .name(let name):
            guard let value = values[name] else { throw Expression.Problem(text: "`\(name)` has no value") }
            return value
        case .sum(let left, let right): return try left.value(values) + right.value(values)
        case .difference(let left, let right): return try left.value(values) - right.value(values)
        case .product(let left, let right): return try left.value(values) * right.value(values)
        case .quotient(let left, let right): return try left.value(values) / right.value(values)
        case .call(.if, let arguments):
            return try arguments[0].value(values) != 0 ? arguments[1].value(values) : arguments[2].value(values)
        case .call(let function, let arguments):
            let first = try arguments[0].value(values)
            let second = arguments.count > 1 ? try arguments[1].value(values) : 0
            switch function {
            case .ceildiv: return (first / second).rounded(.up)
            case .min: return Swift.min(first, second)
            case .max: return Swift.max(first, second)
            case .mod: return first - second * (first / second).rounded(.down)
            case .log2: return first >= 1 ? Double(first.exponent) : .nan
            case .sqrt: return first.squareRoot()
            case .if: return .nan
            }
        }
    }
}
