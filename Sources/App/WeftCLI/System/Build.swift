import WeftModel
import WeftWire

/// What this program was built for.
enum Build {
    static var wireVersions: ClosedRange<UInt32> { LinkBounds.versions }

    static var operatingSystem: String {
        #if os(Linux)
            "linux"
        #elseif os(macOS)
            "macos"
        #else
            "unknown"
        #endif
    }

    static var architecture: String {
        #if arch(x86_64)
            "x86_64"
        #elseif arch(arm64)
            "arm64"
        #else
            "unknown"
        #endif
    }
}
