import Foundation
import Testing
import WeftModel

@testable import WeftComparators

/// Files that other programs wrote; `Fixtures/README.md` says which.
enum Fixture {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

    static func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appending(path: name)))
    }

    static func names(endingWith endings: String...) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path()).sorted()
            .filter { name in endings.contains { name.hasSuffix($0) } }
    }

    static func decoded<Value: Decodable>(_ name: String, as type: Value.Type) throws -> Value {
        try JSONDecoder().decode(type, from: Data(contentsOf: folder.appending(path: name)))
    }
}

/// Shorthands of the tests.
func numeric(
    _ absolute: Double = 0, relative: Double = 0, nan: Tolerance.NaNRule = .unequal, _ format: OutputFormat? = nil
) -> OutputComparator {
    .numeric(NumericRule(Tolerance(absolute: absolute, relative: relative, nan: nan), format: format))
}

extension OutputComparator {
    func compare(_ left: String, _ right: String) throws(ComparisonError) -> Comparison {
        try compare(Array(left.utf8), Array(right.utf8))
    }

    /// The problem with the left output.
    func problem(with bytes: [UInt8]) -> String? {
        do {
            _ = try compare(bytes, bytes)
            return nil
        } catch {
            return "\(error)"
        }
    }
}

extension Comparison {
    /// What swapping the outputs makes of it.
    var swapped: Comparison {
        var copy = self
        copy.difference = difference.map {
            Difference(place: $0.place, left: $0.right, right: $0.left, rule: $0.rule)
        }
        return copy
    }
}

/// Both orders give the same; returns one.
@discardableResult
func compareBothWays(
    _ comparator: OutputComparator, _ left: [UInt8], _ right: [UInt8], sourceLocation: SourceLocation = #_sourceLocation
) -> Comparison? {
    let one = try? comparator.compare(left, right)
    let other = try? comparator.compare(right, left)
    holds(
        one == other?.swapped, "\(String(describing: one)) \(String(describing: other))", sourceLocation: sourceLocation
    )
    return one
}

/// `#expect` for loops of many thousands: costs nothing while it holds.
func holds(
    _ condition: Bool, _ comment: @autoclosure () -> String = "", sourceLocation: SourceLocation = #_sourceLocation
) {
    if !condition { Issue.record(Comment(rawValue: comment()), sourceLocation: sourceLocation) }
}
