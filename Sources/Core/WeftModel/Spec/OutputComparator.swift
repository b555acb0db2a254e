/// When two outputs count as the same answer. docs/comparators.md has the rules; `WeftComparators` applies them.
package enum OutputComparator: Hashable, Sendable, Codable {
    /// Equal bytes.
    case sha256
    /// Every number alike within a tolerance, everything else equal.
    case numeric(NumericRule)
    /// One number of a JSON output within a tolerance; nothing else of it counts.
    case metric(MetricRule)
    case image(ImageRule)
    case video(VideoRule)
    /// Equal exit statuses; what the output holds does not count.
    case exit
    /// A program of the submitter's decides.
    case command(CommandRule)

    /// The word for it in a job file.
    package var name: String {
        switch self {
        case .sha256: "sha256"
        case .numeric: "numeric"
        case .metric: "metric"
        case .image: "image"
        case .video: "video"
        case .exit: "exit"
        case .command: "command"
        }
    }

    /// Whether a program has to be run: bytes alone do not do.
    package var needsProgram: Bool {
        switch self {
        case .sha256, .numeric, .metric, .image, .exit: false
        case .video, .command: true
        }
    }
}

/// How far two numbers may be apart: |a − b| ≤ max(absolute, relative × max(|a|, |b|)).
///
/// The rule of Python's `math.isclose` (PEP 485): symmetric, and not transitive. An infinity is like itself only.
package struct Tolerance: Hashable, Sendable, Codable {
    package enum NaNRule: String, Hashable, Sendable, Codable, CaseIterable {
        /// A NaN is like every other NaN.
        case equal
        /// A NaN is like nothing, so an output with one is not even like itself.
        case unequal
    }

    /// Finite, not negative, in the unit of the numbers.
    package var absolute: Double
    /// 0 to 1, a part of the larger magnitude.
    package var relative: Double
    package var nan: NaNRule

    package init(absolute: Double = 0, relative: Double = 0, nan: NaNRule = .unequal) {
        self.absolute = absolute
        self.relative = relative
        self.nan = nan
    }
}

/// The formats of outputs that can be looked into.
package enum OutputFormat: String, Hashable, Sendable, Codable, CaseIterable {
    case json, csv
    /// NumPy's file of one array.
    case npy
    case safetensors
    case png
    /// Netpbm's grey and colour pictures: P2, P3, P5, P6.
    case pnm

    package static let numeric: [OutputFormat] = [.json, .csv, .npy, .safetensors]
    package static let pictures: [OutputFormat] = [.png, .pnm]
}

package struct NumericRule: Hashable, Sendable, Codable {
    package var tolerance: Tolerance
    /// nil: found out from the bytes.
    package var format: OutputFormat?

    package init(_ tolerance: Tolerance, format: OutputFormat? = nil) {
        self.tolerance = tolerance
        self.format = format
    }
}

package struct MetricRule: Hashable, Sendable, Codable {
    /// A key of the outermost object; or, when it starts with `/`, a JSON pointer (RFC 6901).
    package var name: String
    package var tolerance: Tolerance

    package init(_ name: String, _ tolerance: Tolerance) {
        self.name = name
        self.tolerance = tolerance
    }
}

package struct ImageRule: Hashable, Sendable, Codable {
    package enum Measure: Hashable, Sendable, Codable {
        /// Peak signal-to-noise ratio over all samples in decibels, at least; greater than 0.
        case minimumPSNR(Double)
        /// Of any sample, at most; in steps of the picture's own depth.
        case maximumChannelDifference(Int)
    }

    package var measure: Measure
    /// nil: found out from the bytes.
    package var format: OutputFormat?

    package init(_ measure: Measure, format: OutputFormat? = nil) {
        self.measure = measure
        self.format = format
    }
}

/// Equal numbers of frames, and every frame like its counterpart.
package struct VideoRule: Hashable, Sendable, Codable {
    /// Of each frame, in decibels, at least; greater than 0.
    package var minimumPSNR: Double

    package init(minimumPSNR: Double) {
        self.minimumPSNR = minimumPSNR
    }
}

/// A program that is given the paths of two outputs after its own arguments. It exits with 0 where they are alike, with 1
/// where they are not, and with anything else where it cannot tell.
package struct CommandRule: Hashable, Sendable, Codable {
    package var program: Digest
    package var arguments: [String]

    package init(program: Digest, arguments: [String] = []) {
        self.program = program
        self.arguments = arguments
    }
}

extension JobLimits {
    package static let absoluteTolerance: ClosedRange<Double> = 0...Double.greatestFiniteMagnitude
    package static let relativeTolerance: ClosedRange<Double> = 0...1
    /// Decibels. What is not equal has at most 181 at 16 bits and 2²⁸ samples.
    package static let psnr: ClosedRange<Double> = 1...200
    package static let channelDifference: ClosedRange<Int64> = 0...65535
    /// Characters of a metric's name or pointer.
    package static let metricName = 1...1024
}
