package import WeftDevices
package import WeftDrivers
import WeftFormats
package import WeftModel

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Where a machine's benchmark is kept between starts, and how it is measured.
package struct BenchmarkKeeper: Sendable {
    package var report: @Sendable () async -> HardwareReport
    package var measure: @Sendable (HardwareBenchmarker.Part, HardwareReport) async -> HardwareBenchmarker.Finding
    package var file: BenchmarkFile
    /// How long the worker must have had nothing to do before it measures.
    package var idle: Duration

    package init(
        report: @escaping @Sendable () async -> HardwareReport,
        measure: @escaping @Sendable (HardwareBenchmarker.Part, HardwareReport) async -> HardwareBenchmarker.Finding,
        file: BenchmarkFile, idle: Duration
    ) {
        self.report = report
        self.measure = measure
        self.file = file
        self.idle = idle
    }
}

/// The file with a machine's benchmark, in the worker's directory.
package struct BenchmarkFile: Sendable {
    package let path: String
    private static let bytesMax = 1 << 20

    package init(in directory: String) { path = directory + "/benchmark.json" }

    /// What was kept; nil for none, and for one that cannot be read: it is measured anew then.
    package func load() -> HardwareBenchmark? {
        guard let file = try? ProducedFile(reading: path), file.sizeBytes <= Self.bytesMax,
            let bytes = try? file.read(offset: 0, length: Int(file.sizeBytes))
        else { return nil }
        return try? APICoder.decode(HardwareBenchmark.self, from: bytes)
    }

    /// Replaces what was kept. Throws `SystemError` or `EncodingError`.
    package func save(_ benchmark: HardwareBenchmark) throws {
        let bytes = try APICoder.encode(benchmark, isPretty: true)
        let next = path + ".next"
        unlink(next)
        let descriptor = open(next, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemError("cannot create \(next)") }
        let written = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        let isSynced = fsync(descriptor) == 0
        close(descriptor)
        guard written == bytes.count, isSynced, rename(next, path) == 0 else {
            throw SystemError("cannot write \(path)")
        }
    }
}

extension HardwareReport {
    /// With ``fingerprint``.
    package var fingerprinted: HardwareReport {
        var report = self
        report.fingerprint = Hashing.sha256(benchmarkSubject.utf8).hex
        return report
    }
}
