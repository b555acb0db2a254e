import WeftModel

/// Unpacks a PNG file row by row: all colour types and depths, not interlaced.
///
/// Palettes become colours; 1, 2 and 4 bits become 8; a transparent colour becomes an alpha channel. Gamma, profiles and
/// texts do not count.
struct PNGReader: PictureReader {
    let header: PictureHeader
    private let bytes: [UInt8]
    private let inflater: Inflater
    private let depth: Int
    /// As stored: what a palette or a transparent colour adds is not in it.
    private let storedChannels: Int
    /// Red, green, blue and alpha of each index.
    private let palette: [[UInt16]]?
    /// The sample of each channel of the colour that is transparent.
    private let transparent: [UInt16]?
    /// The row before and this row, each after its filter's number.
    private var previous: [UInt8]
    private var current: [UInt8]
    private var samples: [UInt16]

    private enum ColorType: Int {
        case grey = 0
        case color = 2
        case palette = 3
        case greyAlpha = 4
        case colorAlpha = 6

        var channels: Int {
            switch self {
            case .grey, .palette: 1
            case .greyAlpha: 2
            case .color: 3
            case .colorAlpha: 4
            }
        }

        var depths: [Int] {
            switch self {
            case .grey: [1, 2, 4, 8, 16]
            case .palette: [1, 2, 4, 8]
            case .color, .greyAlpha, .colorAlpha: [8, 16]
            }
        }
    }

    init(_ bytes: [UInt8]) throws(FormatProblem) {
        let chunks = try PNGChunks(bytes)
        let start = chunks.header.lowerBound
        depth = Int(bytes[start + 8])
        guard let type = ColorType(rawValue: Int(bytes[start + 9])), type.depths.contains(depth) else {
            throw FormatProblem(.png, "no such colour type and depth", at: start + 8)
        }
        guard bytes[start + 10] == 0, bytes[start + 11] == 0, bytes[start + 12] <= 1 else {
            throw FormatProblem(.png, "no such compression, filter or interlacing", at: start + 10)
        }
        guard bytes[start + 12] == 0 else { throw FormatProblem(.png, "interlaced pictures are not compared") }
        var channels = type.channels
        if type == .palette {
            let palette = try Self.palette(chunks, bytes)
            channels = chunks.transparency == nil ? 3 : 4
            self.palette = palette.map { Array($0.prefix(channels)) }
            transparent = nil
        } else {
            palette = nil
            transparent = try Self.transparent(chunks, bytes, type, depth: depth)
            channels += transparent == nil ? 0 : 1
        }
        header = PictureHeader(
            width: PNGChunks.bigEndian(bytes[start..<start + 4]),
            height: PNGChunks.bigEndian(bytes[start + 4..<start + 8]),
            channels: channels, maximum: depth == 16 ? 65535 : 255)
        try header.check(.png)
        self.bytes = bytes
        storedChannels = type.channels
        let rowBytes = (header.width * type.channels * depth + 7) / 8
        previous = [UInt8](repeating: 0, count: rowBytes + 1)
        current = [UInt8](repeating: 0, count: rowBytes + 1)
        samples = [UInt16](repeating: 0, count: header.width * type.channels)
        inflater = try Inflater(pieces: chunks.data)
    }

    private static func palette(_ chunks: PNGChunks, _ bytes: [UInt8]) throws(FormatProblem) -> [[UInt16]] {
        guard let colors = chunks.palette, colors.count % 3 == 0, (1...256).contains(colors.count / 3) else {
            throw FormatProblem(.png, "expected a palette of 1 to 256 colours")
        }
        let alphas = chunks.transparency.map { bytes[$0].map(UInt16.init) } ?? []
        let count = colors.count / 3
        guard alphas.count <= count else { throw FormatProblem(.png, "more transparent colours than colours") }
        return (0..<count).map { index in
            bytes[colors][(colors.lowerBound + 3 * index)...].prefix(3).map(UInt16.init)
                + [index < alphas.count ? alphas[index] : 255]
        }
    }

    private static func transparent(
        _ chunks: PNGChunks, _ bytes: [UInt8], _ type: ColorType, depth: Int
    ) throws(FormatProblem) -> [UInt16]? {
        guard let body = chunks.transparency else { return nil }
        guard type == .grey || type == .color, body.count == 2 * type.channels else {
            throw FormatProblem(.png, "expected one transparent colour", at: body.lowerBound)
        }
        return stride(from: body.lowerBound, to: body.upperBound, by: 2).map {
            UInt16(PNGChunks.bigEndian(bytes[$0..<$0 + 2])) & UInt16(1 << depth - 1)
        }
    }

    mutating func readRow(_ row: inout [UInt16]) throws(FormatProblem) {
        swap(&current, &previous)
        try inflater.fill(&current, from: bytes)
        try PNGFilter.undo(&current, previous, pixelBytes: max(1, storedChannels * depth / 8))
        unpack()
        if let palette {
            let channels = header.channels
            for (column, sample) in samples.enumerated() {
                guard Int(sample) < palette.count else { throw FormatProblem(.png, "a pixel outside the palette") }
                for channel in 0..<channels { row[column * channels + channel] = palette[Int(sample)][channel] }
            }
        } else if let transparent {
            addAlpha(&row, transparent)
        } else {
            scale(samples, &row)
        }
    }

    mutating func finish() throws(FormatProblem) { try inflater.finish(bytes) }

    /// Samples as stored, without scaling.
    private mutating func unpack() {
        switch depth {
        case 16:
            for index in samples.indices {
                samples[index] = UInt16(current[1 + 2 * index]) << 8 | UInt16(current[2 + 2 * index])
            }
        case 8: for index in samples.indices { samples[index] = UInt16(current[1 + index]) }
        default:
            let mask = UInt8(1 << depth - 1)
            for index in samples.indices {
                let bit = index * depth
                samples[index] = UInt16(current[1 + bit / 8] >> (8 - depth - bit % 8) & mask)
            }
        }
    }

    /// 1, 2 and 4 bits to the range of 8.
    private var factor: UInt16 { depth >= 8 ? 1 : UInt16(255 / (1 << depth - 1)) }

    private func scale(_ samples: [UInt16], _ row: inout [UInt16]) {
        let factor = factor
        for index in samples.indices { row[index] = samples[index] * factor }
    }

    private func addAlpha(_ row: inout [UInt16], _ transparent: [UInt16]) {
        let factor = factor
        for column in 0..<header.width {
            var isTransparent = true
            for channel in 0..<storedChannels {
                let sample = samples[column * storedChannels + channel]
                isTransparent = isTransparent && sample == transparent[channel]
                row[column * header.channels + channel] = sample * factor
            }
            row[column * header.channels + storedChannels] = isTransparent ? 0 : UInt16(header.maximum)
        }
    }
}

/// PNG stores how each byte differs from its neighbours to the left and above.
enum PNGFilter {
    /// `row` and `previous`: the filter's number, then the row; above the first row there are zeros.
    static func undo(_ row: inout [UInt8], _ previous: [UInt8], pixelBytes: Int) throws(FormatProblem) {
        // Index 0 has the filter's number; the first pixel has no neighbour to the left.
        let rest = min(1 + pixelBytes, row.count)..<row.count
        let first = 1..<rest.lowerBound
        switch row[0] {
        case 0: return
        case 1: for index in rest { row[index] &+= row[index - pixelBytes] }
        case 2: for index in 1..<row.count { row[index] &+= previous[index] }
        case 3:
            for index in first { row[index] &+= previous[index] / 2 }
            for index in rest { row[index] &+= UInt8((Int(row[index - pixelBytes]) + Int(previous[index])) / 2) }
        case 4:
            for index in first { row[index] &+= previous[index] }
            for index in rest {
                row[index] &+= paeth(
                    left: Int(row[index - pixelBytes]), above: Int(previous[index]),
                    corner: Int(previous[index - pixelBytes]))
            }
        default: throw FormatProblem(.png, "no such filter: \(row[0])")
        }
    }

    /// The neighbour nearest to left + above − corner.
    private static func paeth(left: Int, above: Int, corner: Int) -> UInt8 {
        let (byLeft, byAbove, byCorner) = (abs(above - corner), abs(left - corner), abs(left + above - 2 * corner))
        if byLeft <= byAbove, byLeft <= byCorner { return UInt8(left) }
        return UInt8(byAbove <= byCorner ? above : corner)
    }
}
