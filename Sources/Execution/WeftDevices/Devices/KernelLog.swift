import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What the kernel says of GPUs while this process runs, where it may be heard (/dev/kmsg, mostly root's alone).
package final class KernelLog: Sendable {
    /// -1 where it may not be heard.
    private let descriptor: Int32
    private let lock = Mutex(())

    /// Errors after which a GPU is of no more use before somebody resets it. The others are the programs' own, or are
    /// mended by the driver ("XID Errors", NVIDIA's GPU Deployment and Management Documentation).
    private static let fatalXids: Set<Int> = [48, 62, 64, 74, 79, 95, 119, 120, 140, 143]
    /// Messages that are looked at in one go.
    private static let messagesMax = 10_000

    /// - Parameter path: another file in tests.
    package init(path: String = "/dev/kmsg") {
        descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        // What was before this process is over.
        if descriptor >= 0 { lseek(descriptor, 0, Int32(SEEK_END)) }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// PCI addresses of devices that have failed since the last call, and how.
    package func newFaults() -> [String: String] {
        guard descriptor >= 0 else { return [:] }
        return lock.withLock { _ in
            var faults: [String: String] = [:]
            var record = [UInt8](repeating: 0, count: 8192)
            for _ in 0..<Self.messagesMax {
                let count = read(descriptor, &record, record.count)
                // A message that was overwritten before it was read is no end.
                if count < 0, errno == EPIPE { continue }
                guard count > 0 else { break }
                for line in String(decoding: record[..<count], as: UTF8.self).split(separator: "\n") {
                    if let fault = Self.fault(in: line) { faults[fault.address] = fault.reason }
                }
            }
            return faults
        }
    }

    /// `NVRM: Xid (PCI:0000:65:00): 79, pid=…, GPU has fallen off the bus.`
    static func fault(in line: Substring) -> (address: String, reason: String)? {
        let mark = "NVRM: Xid (PCI:"
        guard let start = place(of: mark, in: line) else { return nil }
        let rest = line[start...].dropFirst(mark.count)
        guard let end = rest.firstIndex(of: ")"), let address = PCIAddress.normalized(String(rest[..<end])) else {
            return nil
        }
        let after = rest[end...].dropFirst(1).drop { $0 == ":" || $0 == " " }
        guard let number = Int(after.prefix { $0.isNumber }), fatalXids.contains(number) else { return nil }
        return (address, "its driver reports Xid \(Text.cut(String(after)))")
    }

    private static func place(of mark: String, in line: Substring) -> Substring.Index? {
        var start = line.startIndex
        while start < line.endIndex {
            if line[start...].hasPrefix(mark) { return start }
            start = line.index(after: start)
        }
        return nil
    }
}
