#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

extension [UInt8] {
    /// As the generated messages keep bytes.
    package var data: Data { Data(self) }
}
