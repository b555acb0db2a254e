/// What the operator allows TES tasks.
package struct TESSettings: Hashable, Sendable {
    /// Directories below which `file://` URLs may be read and written, as absolute paths.
    package var fileRoots: [String]
    /// Images whose tasks run as native programs; `*` stands for any text.
    package var nativeImages: [String]
    /// The name of the token as whose bearer requests without credentials act; nil refuses them.
    package var anonymous: String?
    /// Where it is kept how tasks ended, and so whether their outputs were delivered; memory alone if nil.
    package var directory: String?
    /// This program's version.
    package var version: String

    package init(
        fileRoots: [String] = [], nativeImages: [String] = [], anonymous: String? = nil, directory: String? = nil,
        version: String = ""
    ) {
        self.fileRoots = fileRoots
        self.nativeImages = nativeImages
        self.anonymous = anonymous
        self.directory = directory
        self.version = version
    }

    /// Whether tasks with this image run as native programs.
    package func isNative(_ image: String) -> Bool {
        nativeImages.contains { Self.matches(Array(image.utf8)[...], Array($0.utf8)[...]) }
    }

    private static func matches(_ text: ArraySlice<UInt8>, _ pattern: ArraySlice<UInt8>) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        if first == UInt8(ascii: "*") {
            let rest = pattern.dropFirst()
            return (text.startIndex...text.endIndex).contains { matches(text[$0...], rest) }
        }
        return text.first == first && matches(text.dropFirst(), pattern.dropFirst())
    }
}
