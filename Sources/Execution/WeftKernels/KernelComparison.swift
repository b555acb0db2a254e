package import WeftModel

/// How far an array is from the one that was expected.
package struct KernelComparison: Hashable, Sendable {
    /// Of all elements; infinite where one of a pair is no number.
    package var greatestError: Double
    /// How many elements are farther away than the tolerance allows: |a − b| ≤ max(absolute, relative × max(|a|, |b|)), as
    /// the `numeric` comparator has it.
    package var wrong: Int
    package var count: Int

    package var agrees: Bool { wrong == 0 }

    package init(_ array: KernelArray, expected: KernelArray, relative: Double, absolute: Double) {
        precondition(array.shape == expected.shape && array.type == expected.type, "arrays of one kind are compared")
        (greatestError, wrong, count) = (0, 0, array.count)
        for (one, other) in zip(array.numbers, expected.numbers) where one != other {
            let distance = (one - other).magnitude
            greatestError = max(greatestError, distance.isFinite ? distance : .infinity)
            let allowed = max(absolute, relative * max(one.magnitude, other.magnitude))
            if !(distance <= allowed) { wrong += 1 }
        }
    }
}

extension KernelInstance {
    /// Compares a buffer's array with what the reference says of it.
    package func compare(_ array: KernelArray, with expected: KernelArray) -> KernelComparison {
        KernelComparison(array, expected: expected, relative: relativeTolerance, absolute: absoluteTolerance)
    }

    /// When two outputs of it count as the same answer.
    package var comparator: OutputComparator {
        relativeTolerance == 0 && absoluteTolerance == 0
            ? .sha256
            : .numeric(
                NumericRule(Tolerance(absolute: absoluteTolerance, relative: relativeTolerance), format: .npy))
    }
}
