/// What outputs may make a comparator spend. Past a bound there is a ``FormatProblem``.
package enum ComparatorLimits {
    /// Of one output; memory is a small multiple of it.
    package static let outputBytes = 1 << 30
    /// Of one JSON or CSV output: reading numbers from text takes a hundred times as long as comparing them.
    package static let textBytes = 1 << 28
    package static let jsonDepth = 128
    /// Values and keys of one JSON output; each takes 16 bytes.
    package static let jsonValues = 1 << 24
    /// Of one row; each takes 24 bytes.
    package static let csvCells = 1 << 20
    /// Of the text of an array's description. NumPy writes at most 64 KiB in version 1.
    package static let arrayHeaderBytes = 1 << 16
    /// Of one array. NumPy allows 64.
    package static let dimensions = 64
    /// All of a file's tensors together.
    package static let tensors = 1 << 20
    /// Of one row of a picture, unpacked. Pictures are compared row by row, so this bounds memory.
    package static let pictureRowBytes = 1 << 24
    /// Width × height × channels, which bounds the time a small file can take.
    package static let pictureSamples = 1 << 28
    /// Of the text of a number. Longer ones are compared as text.
    package static let numberBytes = 512
    /// Of a text shown to a person.
    package static let shownBytes = 60
}
