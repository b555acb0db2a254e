#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A system call that failed.
package struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    package let operation: String
    package let code: Int32

    /// Takes `errno` as it is now, unless told otherwise.
    package init(_ operation: String, code: Int32 = errno) {
        self.operation = operation
        self.code = code
    }

    package var description: String { "\(operation): \(String(cString: strerror(code)))" }
    /// Whether there was no room on the file system.
    package var isFull: Bool { code == ENOSPC || code == EDQUOT }
}

/// The absolute path with its symbolic links followed: what can be bound. Nil when there is no such file.
func realPath(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
}

/// Where the program that this process runs lies, symbolic links followed; nil where that cannot be found out.
func directoryOfExecutable() -> String? {
    realPath("/proc/self/exe").map { String($0[..<($0.lastIndex(of: "/") ?? $0.startIndex)]) }
}

package func writeAll(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) throws(SystemError) {
    var rest = bytes
    while let base = rest.baseAddress, rest.count > 0 {
        let count = write(descriptor, base, rest.count)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw SystemError("cannot write") }
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
}

/// Two ends, both closed on exec; reading does not wait.
struct Pipe: Sendable {
    let reading: Int32
    let writing: Int32

    init() throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        #if os(Linux)
            guard let pipe2 = Self.pipe2 else { throw SystemError("cannot find pipe2", code: ENOSYS) }
            guard pipe2(&ends, O_CLOEXEC) == 0 else { throw SystemError("cannot make a pipe") }
        #else
            guard pipe(&ends) == 0 else { throw SystemError("cannot make a pipe") }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        #endif
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
        reading = ends[0]
        writing = ends[1]
    }

    #if os(Linux)
        private typealias MakePipe = @convention(c) @Sendable (UnsafeMutablePointer<Int32>, Int32) -> Int32

        /// The C library's module does not show it, but only this leaves no moment in which another thread's child
        /// could inherit the ends.
        private static let pipe2 = dlsym(nil, "pipe2").map { unsafeBitCast($0, to: MakePipe.self) }
    #endif

    static func makeTwo() throws(SystemError) -> (Pipe, Pipe) {
        let first = try Pipe()
        do throws(SystemError) { return (first, try Pipe()) } catch {
            close(first.reading)
            close(first.writing)
            throw error
        }
    }
}
