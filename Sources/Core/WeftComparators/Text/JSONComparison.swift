import WeftModel

/// Compares two JSON texts: numbers within a tolerance, everything else exactly, members in any order.
struct JSONComparison {
    private let left: JSONTape
    private let right: JSONTape
    private let tolerance: Tolerance
    private var path: [Step] = []
    private var findings = Findings()

    private enum Step {
        case element(Int)
        case member(ArraySlice<UInt8>)
    }

    static func compare(_ left: [UInt8], _ right: [UInt8], _ tolerance: Tolerance) throws(ComparisonError) -> Comparison
    {
        var comparison = JSONComparison(
            left: try reading(.left, JSONTape(left)),
            right: try reading(.right, JSONTape(right)), tolerance: tolerance)
        try comparison.compareValues(0, 0)
        return comparison.findings.comparison(of: .largestDifference)
    }

    private init(left: JSONTape, right: JSONTape, tolerance: Tolerance) {
        self.left = left
        self.right = right
        self.tolerance = tolerance
    }

    /// The depth of both texts bounds the recursion.
    private mutating func compareValues(_ one: Int, _ other: Int) throws(ComparisonError) {
        let kinds = (left.tokens[one].kind, right.tokens[other].kind)
        switch kinds {
        case (.object, .object): try compareObjects(one, other)
        case (.list, .list): try compareLists(one, other)
        case (.number, .number): compareNumbers(one, other)
        case (.string, .string):
            if left.string(one) != right.string(other) { differ(one, other, rule: "texts must be equal") }
        default:
            if kinds.0 != kinds.1 { differ(one, other, rule: "values other than numbers must be equal") }
        }
    }

    private mutating func compareNumbers(_ one: Int, _ other: Int) {
        let (text, otherText) = (left.text(one), right.text(other))
        let gap = tolerance.gap(text, otherText)
        if let gap { findings.measure(gap.distance) }
        if !(gap?.isAllowed ?? (text == otherText)) {
            let tolerance = tolerance
            differ(one, other, rule: tolerance.words)
        }
    }

    private mutating func compareLists(_ one: Int, _ other: Int) throws(ComparisonError) {
        var (child, otherChild, index) = (one + 1, other + 1, 0)
        let (end, otherEnd) = (Int(left.tokens[one].next), Int(right.tokens[other].next))
        while child < end, otherChild < otherEnd {
            path.append(.element(index))
            try compareValues(child, otherChild)
            path.removeLast()
            child = Int(left.tokens[child].next)
            otherChild = Int(right.tokens[otherChild].next)
            index += 1
        }
        guard child < end || otherChild < otherEnd else { return }
        note("lists must be of equal length") {
            ("\($0.left.children(one).count) elements", "\($0.right.children(other).count) elements")
        }
    }

    private mutating func compareObjects(_ one: Int, _ other: Int) throws(ComparisonError) {
        let members = try reading(.left, left.members(one))
        let others = try reading(.right, right.members(other))
        var (index, otherIndex) = (0, 0)
        while index < members.count || otherIndex < others.count {
            let member = index < members.count ? members[index] : nil
            let counterpart = otherIndex < others.count ? others[otherIndex] : nil
            if let member, let counterpart, member.key == counterpart.key {
                path.append(.member(member.key))
                try compareValues(member.value, counterpart.value)
                path.removeLast()
                index += 1
                otherIndex += 1
            } else if let member, counterpart.map({ member.key.lexicographicallyPrecedes($0.key) }) ?? true {
                missing(member.key) { ($0.left.show(member.value), "nothing") }
                index += 1
            } else if let counterpart {
                missing(counterpart.key) { ("nothing", $0.right.show(counterpart.value)) }
                otherIndex += 1
            }
        }
    }

    private mutating func missing(_ key: ArraySlice<UInt8>, values: (JSONComparison) -> (String, String)) {
        path.append(.member(key))
        note("both must have this key", values)
        path.removeLast()
    }

    private mutating func differ(_ one: Int, _ other: Int, rule: @autoclosure () -> String) {
        note(rule()) { ($0.left.show(one), $0.right.show(other)) }
    }

    /// Words are only put together for the first difference: there may be millions.
    private mutating func note(_ rule: @autoclosure () -> String, _ values: (JSONComparison) -> (String, String)) {
        guard findings.first == nil else { return findings.differAgain() }
        let (left, right) = values(self)
        let difference = Comparison.Difference(place: pointer, left: left, right: right, rule: rule())
        findings.differ(difference)
    }

    /// Where the comparison is: a JSON pointer (RFC 6901).
    private var pointer: String {
        path.map { step in
            switch step {
            case .element(let index): "/\(index)"
            case .member(let key): "/" + JSONPointer.escape(String(decoding: key.prefix(200), as: UTF8.self))
            }
        }.joined()
    }
}

extension JSONTape {
    /// A value for a person.
    func show(_ index: Int) -> String {
        switch tokens[index].kind {
        case .list: "a list"
        case .object: "an object"
        case .string: shown(string(index))
        case .null, .yes, .no, .number: String(decoding: text(index).prefix(ComparatorLimits.shownBytes), as: UTF8.self)
        }
    }
}

extension Tolerance {
    /// nil where one of the texts is no number: they are to be compared as texts then.
    func gap(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Gap? {
        guard let one = TextNumber(left) else { return nil }
        guard let other = left == right ? one : TextNumber(right) else { return nil }
        if let integer = one.integer, let otherInteger = other.integer { return gap(integer, otherInteger) }
        return gap(one.value, other.value)
    }
}
