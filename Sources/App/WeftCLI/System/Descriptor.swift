import Glibc

/// Reading and writing files by their descriptors: whole, with interrupted calls repeated.
package enum Descriptor {
    /// Writes all bytes. Throws ``OutputClosed`` when the reader has gone, else ``SystemError``.
    package static func write(_ bytes: some Sequence<UInt8>, to descriptor: Int32) throws {
        let array = Array(bytes)
        try array.withUnsafeBytes { buffer in
            var sent = 0
            while sent < buffer.count {
                let count = Glibc.write(descriptor, buffer.baseAddress! + sent, buffer.count - sent)
                if count >= 0 {
                    sent += count
                } else if errno == EPIPE {
                    throw OutputClosed()
                } else if errno == EAGAIN {
                    var poller = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    _ = poll(&poller, 1, -1)
                } else if errno != EINTR {
                    throw SystemError("cannot write")
                }
            }
        }
    }

    /// At most `limit` bytes; empty at the end. Throws ``SystemError``.
    package static func read(from descriptor: Int32, limit: Int) throws -> [UInt8] {
        while true {
            var failed = false
            let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
                let read = Glibc.read(descriptor, buffer.baseAddress, limit)
                failed = read < 0
                count = max(0, read)
            }
            if !failed { return bytes }
            guard errno == EINTR else { throw SystemError("cannot read") }
        }
    }
}

/// A system call that failed, in words. Takes `errno` from where it is made.
package struct SystemError: Error, Sendable, CustomStringConvertible {
    package let code: Int32
    package let description: String

    package init(_ what: String, code: Int32 = errno) {
        self.code = code
        description = "\(what): \(String(cString: strerror(code)))"
    }
}
