package import WeftModel

/// What comparing two outputs found. With the outputs swapped, `left` and `right` are swapped, and nothing else.
package struct Comparison: Hashable, Sendable, CustomStringConvertible {
    package enum Quantity: String, Hashable, Sendable, Codable {
        /// The largest |a − b| of two numbers, whether allowed or not; infinite where one is not finite and the other is
        /// not the same.
        case largestDifference
        /// Decibels, of the whole picture or of the worst frame; infinite for equal ones.
        case psnr
        /// Of any sample, in steps of the picture's depth.
        case largestChannelDifference
    }

    package struct Measure: Hashable, Sendable, Codable {
        package var quantity: Quantity
        package var value: Double

        package init(_ quantity: Quantity, _ value: Double) {
            self.quantity = quantity
            self.value = value
        }
    }

    /// One place where the outputs are further apart than the comparator allows.
    package struct Difference: Hashable, Sendable, Codable, CustomStringConvertible {
        /// For a person: a JSON pointer, a row and column, an index, a pixel. Empty for the output as a whole.
        package var place: String
        package var left: String
        package var right: String
        /// What would have been allowed.
        package var rule: String

        package init(place: String, left: String, right: String, rule: String) {
            self.place = place
            self.left = left
            self.right = right
            self.rule = rule
        }

        package var description: String {
            (place.isEmpty ? "" : "\(place): ") + "\(left) and \(right); \(rule)"
        }
    }

    /// nil where the comparator measures nothing.
    package var measure: Measure?
    /// The first place where they differ; nil when they agree.
    package var difference: Difference?
    /// At how many places they differ, as far as they could be matched.
    package var differences: Int

    package init(measure: Measure? = nil, difference: Difference? = nil, differences: Int? = nil) {
        self.measure = measure
        self.difference = difference
        self.differences = differences ?? (difference == nil ? 0 : 1)
    }

    package var agrees: Bool { difference == nil }

    package var description: String {
        guard let difference else { return "they agree" }
        return differences > 1 ? "\(difference) (\(differences) differences)" : difference.description
    }
}

/// Why two outputs could not be compared. They do not agree then.
package enum ComparisonError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Side: String, Hashable, Sendable { case left, right }

    /// This output is not what the comparator reads, or damaged. It agrees with nothing, not even with itself.
    case unreadable(Side, FormatProblem)
    /// The comparator of this name needs a program that is run elsewhere.
    case needsProgram(String)

    package var description: String {
        switch self {
        case .unreadable(let side, let problem): "the \(side.rawValue) output: \(problem)"
        case .needsProgram(let name): "the comparator \(name) needs a program"
        }
    }
}

/// What is wrong with an output's bytes.
package struct FormatProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// nil where no format was recognised.
    package var format: OutputFormat?
    package var message: String
    /// In bytes from the start, where it helps.
    package var offset: Int?

    package init(_ format: OutputFormat?, _ message: String, at offset: Int? = nil) {
        self.format = format
        self.message = message
        self.offset = offset
    }

    package var description: String {
        (format.map { "\($0.rawValue): " } ?? "") + message + (offset.map { " (byte \($0))" } ?? "")
    }
}

/// Says whose bytes could not be read.
func reading<Value>(
    _ side: ComparisonError.Side, _ read: @autoclosure () throws(FormatProblem) -> Value
) throws(ComparisonError) -> Value {
    do {
        return try read()
    } catch {
        throw .unreadable(side, error)
    }
}
