import WeftModel

/// How far two numbers are apart, and whether that is allowed.
struct Gap: Hashable {
    /// |a − b|; 0 for equal infinities and NaNs that count as alike, infinite where there is no difference to take.
    var distance: Double
    var isAllowed: Bool
}

extension Tolerance {
    /// Symmetric to the last bit: |a − b| ≤ max(absolute, relative × max(|a|, |b|)), in double precision.
    func gap(_ left: Double, _ right: Double) -> Gap {
        if left == right { return Gap(distance: 0, isAllowed: true) }
        guard left.isFinite, right.isFinite else {
            let areAlike = left.isNaN && right.isNaN && nan == .equal
            return Gap(distance: areAlike ? 0 : .infinity, isAllowed: areAlike)
        }
        let distance = abs(left - right)
        return Gap(distance: distance, isAllowed: distance <= allowed(for: max(abs(left), abs(right))))
    }

    /// The same with an exact difference: doubles would hide differences of integers beyond 2⁵³.
    func gap(_ left: Int128, _ right: Int128) -> Gap {
        if left == right { return Gap(distance: 0, isAllowed: true) }
        let distance = Double((left - right).magnitude)
        return Gap(
            distance: distance, isAllowed: distance <= allowed(for: Double(max(left.magnitude, right.magnitude))))
    }

    /// Numbers of two parts: |a − b| and |a| are absolute values of complex numbers, as in Python's `cmath.isclose`.
    /// Where something is not finite, each part is judged on its own.
    func gap(_ left: (Double, Double), _ right: (Double, Double)) -> Gap {
        let size = max(Self.magnitude(left.0, left.1), Self.magnitude(right.0, right.1))
        let distance = Self.magnitude(left.0 - right.0, left.1 - right.1)
        guard size.isFinite, distance.isFinite else {
            let (first, second) = (gap(left.0, right.0), gap(left.1, right.1))
            return Gap(
                distance: max(first.distance, second.distance), isAllowed: first.isAllowed && second.isAllowed)
        }
        return Gap(distance: distance, isAllowed: distance <= allowed(for: size))
    }

    private func allowed(for size: Double) -> Double { max(absolute, relative * size) }

    /// √(a² + b²), scaled so that the squares do not overflow; not finite where a part is not.
    private static func magnitude(_ first: Double, _ second: Double) -> Double {
        guard first.isFinite, second.isFinite else { return .infinity }
        let large = max(abs(first), abs(second))
        guard large > 0 else { return 0 }
        let ratio = min(abs(first), abs(second)) / large
        return large * (1 + ratio * ratio).squareRoot()
    }

    /// What is allowed, for a person.
    var words: String {
        switch (absolute > 0, relative > 0) {
        case (false, false): "allowed: none"
        case (true, false): "allowed: \(absolute)"
        case (false, true): "allowed: \(relative) of the larger"
        case (true, true): "allowed: \(absolute), or \(relative) of the larger"
        }
    }
}
