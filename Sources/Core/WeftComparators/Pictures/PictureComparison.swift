import WeftModel

/// Compares two pictures of one format sample by sample.
enum PictureComparison {
    static func compare<Reader: PictureReader>(
        _ rule: ImageRule.Measure, _ left: consuming Reader, _ right: consuming Reader
    ) throws(ComparisonError) -> Comparison {
        let (header, otherHeader) = (left.header, right.header)
        var sums = Sums(limit: rule.limit)
        if header == otherHeader {
            var row = [UInt16](repeating: 0, count: header.samplesPerRow)
            var otherRow = row
            for number in 0..<header.height {
                try reading(.left, left.readRow(&row))
                try reading(.right, right.readRow(&otherRow))
                sums.add(row, otherRow, header, row: number)
            }
        } else {
            // Neither is trusted to be whole before all of it has been read.
            try readThrough(&left, .left)
            try readThrough(&right, .right)
        }
        try reading(.left, left.finish())
        try reading(.right, right.finish())
        guard header == otherHeader else {
            return Comparison(
                difference: Comparison.Difference(
                    place: "", left: header.words, right: otherHeader.words, rule: "pictures must be of one kind"))
        }
        return rule.judge(sums, header)
    }

    private static func readThrough(_ reader: inout some PictureReader, _ side: ComparisonError.Side)
        throws(ComparisonError)
    {
        var row = [UInt16](repeating: 0, count: reader.header.samplesPerRow)
        for _ in 0..<reader.header.height { try reading(side, reader.readRow(&row)) }
    }

    /// What is known of the rows so far.
    struct Sums {
        /// A larger difference of samples counts.
        let limit: Int
        /// Exact: 2²⁸ squares of 16 bits fit.
        var squaredError: UInt64 = 0
        var largest = 0
        var first: (place: String, left: UInt16, right: UInt16)?
        var count = 0

        init(limit: Int) { self.limit = limit }

        mutating func add(_ left: [UInt16], _ right: [UInt16], _ header: PictureHeader, row: Int) {
            var (rowError, rowLargest): (UInt64, Int) = (0, 0)
            for index in left.indices {
                let difference = abs(Int(left[index]) - Int(right[index]))
                rowError &+= UInt64(difference * difference)
                rowLargest = max(rowLargest, difference)
            }
            squaredError += rowError
            largest = max(largest, rowLargest)
            guard rowLargest > limit else { return }
            for index in left.indices where abs(Int(left[index]) - Int(right[index])) > limit {
                count += 1
                guard first == nil else { continue }
                let (column, channel) = index.quotientAndRemainder(dividingBy: header.channels)
                first = ("row \(row), column \(column), channel \(channel)", left[index], right[index])
            }
        }
    }
}

extension ImageRule.Measure {
    /// Differences of samples up to this one are not told.
    fileprivate var limit: Int {
        switch self {
        case .minimumPSNR: 0
        case .maximumChannelDifference(let steps): steps
        }
    }

    fileprivate func judge(_ sums: PictureComparison.Sums, _ header: PictureHeader) -> Comparison {
        let measure: Comparison.Measure
        let isAlike: Bool
        let rule: String
        switch self {
        case .minimumPSNR(let minimum):
            let psnr = Decibels.psnr(
                squaredError: sums.squaredError, samples: header.samplesPerRow * header.height, peak: header.maximum)
            measure = Comparison.Measure(.psnr, psnr)
            isAlike = psnr >= minimum
            rule = "PSNR \(psnr) dB; at least \(minimum) is required"
        case .maximumChannelDifference(let steps):
            measure = Comparison.Measure(.largestChannelDifference, Double(sums.largest))
            isAlike = sums.largest <= steps
            rule = "allowed: \(steps), largest: \(sums.largest)"
        }
        guard !isAlike, let first = sums.first else { return Comparison(measure: measure) }
        return Comparison(
            measure: measure,
            difference: Comparison.Difference(
                place: first.place, left: "\(first.left)", right: "\(first.right)", rule: rule),
            differences: sums.count)
    }
}
