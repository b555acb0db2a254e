package import WeftFormats
package import WeftModel

/// The log of receipts; `WeftFormats/Log` reads the files.
extension WeftClient {
    package func logExtent() async throws -> LogExtent { try await get(LogExtent.self, "/api/v1/log") }
    package func logHead() async throws -> [UInt8] { try await bytes("/api/v1/log/head") }

    /// That the receipt of a task that has ended is in the log.
    package func logProof(of task: TaskID) async throws -> [UInt8] { try await bytes(Self.path(task) + "/log-proof") }

    /// That the log of now begins with the `size` entries of an earlier head.
    package func logConsistency(from size: UInt64) async throws -> [UInt8] {
        try await bytes("/api/v1/log/consistency", query: [("from", String(size))])
    }

    /// Up to 256 hashes of 32 bytes.
    package func logTile(level: Int, index: UInt64) async throws -> [UInt8] {
        try await bytes("/api/v1/log/tiles/\(level)/\(index)")
    }
}
