package import WeftModel

/// One operation of the library, as its `kernel.json` describes it (docs/kernel-library.md).
package struct KernelDescription: Hashable, Sendable {
    package var name: String
    /// What it computes, in a line.
    package var summary: String
    /// The sources without their endings, relative to the library.
    package var source: String
    package var parameters: [Parameter]
    package var buffers: [Buffer]
    package var steps: [Step]
    package var tolerance: Tolerance
    /// Values of parameters by the name of a size; ``defaultSize`` has none.
    package var sizes: [String: [String: Double]]
    package var operations: Expression
    package var movedBytes: Expression

    /// The size that takes the parameters' own values.
    package static let defaultSize = "default"

    package struct Parameter: Hashable, Sendable {
        package var name: String
        package var meaning: String
        /// A whole number, where it is not of single precision.
        package var isReal: Bool
        package var value: Double
        package var minimum: Double
        package var maximum: Double
    }

    package struct Buffer: Hashable, Sendable {
        package var name: String
        package var meaning: String?
        package var type: KernelType
        package var shape: [Expression]
        package var role: Role
        /// What is in it where nobody brings anything: zeros if nil.
        package var fill: Fill?
    }

    package enum Role: String, Hashable, Sendable, CaseIterable {
        case input = "in"
        case output = "out"
        case both = "inout"
        /// Used between launches, and dropped.
        case scratch

        package var isRead: Bool { self == .input || self == .both }
        package var isWritten: Bool { self == .output || self == .both }
    }

    package enum Fill: Hashable, Sendable {
        /// Random numbers from the first to the second.
        case uniform(Double, Double)
        /// Random whole numbers of so many bits.
        case bits(Int)
        /// This number, the next one, and so on.
        case counting(from: Int64)
        case values([Double])
    }

    package indirect enum Step: Hashable, Sendable {
        case launch(Launch)
        /// For a variable from the first to below the second, one after the other.
        case loop(variable: String, from: Expression, to: Expression, [Step])
    }

    package struct Launch: Hashable, Sendable {
        package var entry: String
        package var grid: [Expression]
        package var block: [Int64]
        package var arguments: [Argument]
    }

    package enum Argument: Hashable, Sendable {
        case buffer(String)
        /// The buffer whose place in the list the expression gives.
        case choice([String], by: Expression)
        case scalar(KernelType, Expression)
    }

    package enum Tolerance: Hashable, Sendable {
        case exact
        case numeric(relative: Expression, absolute: Expression)
    }
}
