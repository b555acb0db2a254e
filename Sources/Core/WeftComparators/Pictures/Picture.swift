import WeftModel

/// What must be equal before pictures can be compared sample by sample.
struct PictureHeader: Hashable {
    var width: Int
    var height: Int
    /// 1 grey, 2 grey and alpha, 3 colour, 4 colour and alpha.
    var channels: Int
    /// The sample of full intensity: 255, 65535, or what a Netpbm file says.
    var maximum: Int

    var samplesPerRow: Int { width * channels }

    /// Nothing is allocated and no time is spent for a picture before this has passed.
    func check(_ format: OutputFormat) throws(FormatProblem) {
        guard width > 0, height > 0 else { throw FormatProblem(format, "a picture without pixels") }
        // Both fit into 32 bits, so neither product overflows.
        guard width * channels <= ComparatorLimits.pictureRowBytes / 2 else {
            throw FormatProblem(
                format, "\(width) pixels in a row; a row may take \(ComparatorLimits.pictureRowBytes) bytes")
        }
        guard width * channels * height <= ComparatorLimits.pictureSamples else {
            throw FormatProblem(
                format, "\(width) × \(height) pixels; at most \(ComparatorLimits.pictureSamples) samples")
        }
    }

    var words: String {
        let kind = ["grey", "grey and alpha", "colour", "colour and alpha"][channels - 1]
        return "\(width) × \(height), \(kind), maximum \(maximum)"
    }
}

/// Reads a picture row by row, so that what it unpacks to need not fit into memory.
protocol PictureReader {
    var header: PictureHeader { get }
    /// Fills `row`, which has `header.samplesPerRow` elements.
    mutating func readRow(_ row: inout [UInt16]) throws(FormatProblem)
    /// After the last row: whether the file is whole and nothing follows.
    mutating func finish() throws(FormatProblem)
}
