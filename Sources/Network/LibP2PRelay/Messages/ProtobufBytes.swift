#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension [UInt8] {
    /// As the generated messages keep bytes.
    var data: Data { Data(self) }
}
