import WeftModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Why a key file cannot be used.
package struct KeyFileError: Error, Hashable, Sendable, CustomStringConvertible {
    package var path: String
    /// One sentence that says what to do.
    package var message: String

    package var description: String { "key file \(path): \(message)" }
}

/// A file with one Ed25519 key: PKCS #8 in PEM, as `openssl genpkey -algorithm ed25519` writes it, mode 0600.
package enum KeyFile {
    /// PKCS #8 (RFC 5958, RFC 8410) for an Ed25519 key: everything before the 32 bytes of the seed.
    private static let header: [UInt8] = [
        0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
    ]
    private static let begin = "-----BEGIN PRIVATE KEY-----"
    private static let end = "-----END PRIVATE KEY-----"
    private static let maxBytes = 4096

    /// Reads the key, or makes one where there is no file. Several processes may do so at once: all get the same key.
    ///
    /// - Throws: ``KeyFileError`` if the file belongs to somebody else, others may read it, or it holds no such key.
    package static func loadOrCreate(at path: String) throws(KeyFileError) -> SigningIdentity {
        if let identity = try load(at: path) { return identity }
        try create(SigningIdentity(), at: path)
        // Another process may have been first: what counts is what is there now.
        guard let identity = try load(at: path) else { throw KeyFileError(path: path, message: "it went away") }
        return identity
    }

    /// nil if there is no file.
    package static func load(at path: String) throws(KeyFileError) -> SigningIdentity? {
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            if errno == ELOOP { throw KeyFileError(path: path, message: "it is a symbolic link; use a plain file") }
            throw failure(path, "cannot be opened")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure(path, "cannot be examined") }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw KeyFileError(path: path, message: "it is not a plain file")
        }
        guard status.st_uid == geteuid() else {
            throw KeyFileError(path: path, message: "it belongs to another user (\(status.st_uid))")
        }
        guard status.st_mode & 0o077 == 0 else {
            let mode = String(status.st_mode & 0o777, radix: 8)
            throw KeyFileError(
                path: path, message: "its mode is \(mode), so others could use the key; run chmod 600 on it")
        }
        var bytes = [UInt8](repeating: 0, count: maxBytes + 1)
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress! + count, $0.count - count) }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw failure(path, "cannot be read") }
            if got == 0 { break }
            count += got
        }
        guard count <= maxBytes, let identity = parse(bytes[..<count]) else {
            throw KeyFileError(path: path, message: "it holds no Ed25519 private key in PEM (PKCS #8)")
        }
        return identity
    }

    private static func parse(_ bytes: ArraySlice<UInt8>) -> SigningIdentity? {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        let lines = text.split(whereSeparator: \.isNewline)
        guard lines.count >= 3, lines.first! == begin, lines.last! == end else { return nil }
        guard let der = Base64.decode(lines[1..<(lines.count - 1)].joined()), der.starts(with: header) else {
            return nil
        }
        return SigningIdentity(seed: Array(der.dropFirst(header.count)))
    }

    /// Writes a file of its own, makes it durable, and links it into place: nobody ever sees half a key, and a file
    /// that is there already is never touched.
    private static func create(_ identity: SigningIdentity, at path: String) throws(KeyFileError) {
        let random = String(UInt64.random(in: 0...UInt64.max), radix: 36)
        let temporary = "\(path).new-\(random)"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure(temporary, "cannot be created") }
        defer { unlink(temporary) }
        do throws(KeyFileError) {
            // The process's file mode mask may have taken away too much.
            guard fchmod(descriptor, 0o600) == 0 else { throw failure(temporary, "cannot be made private") }
            let text = "\(begin)\n\(Base64.encode(header + identity.seed))\n\(end)\n"
            try write(Array(text.utf8), to: descriptor, temporary)
            guard fsync(descriptor) == 0 else { throw failure(temporary, "cannot be made durable") }
        } catch {
            close(descriptor)
            throw error
        }
        guard close(descriptor) == 0 else { throw failure(temporary, "cannot be closed") }
        guard link(temporary, path) == 0 || errno == EEXIST else { throw failure(path, "cannot be created") }
        try syncDirectory(of: path)
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32, _ path: String) throws(KeyFileError) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { bytes in
                #if canImport(Glibc)
                    Glibc.write(descriptor, bytes.baseAddress! + done, bytes.count - done)
                #elseif canImport(Musl)
                    Musl.write(descriptor, bytes.baseAddress! + done, bytes.count - done)
                #else
                    Darwin.write(descriptor, bytes.baseAddress! + done, bytes.count - done)
                #endif
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure(path, "cannot be written") }
            done += count
        }
    }

    private static func syncDirectory(of path: String) throws(KeyFileError) {
        let parent = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(parent, "cannot be opened") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure(parent, "cannot be made durable") }
    }

    private static func failure(_ path: String, _ what: String) -> KeyFileError {
        KeyFileError(path: path, message: "\(what): \(String(cString: strerror(errno)))")
    }
}
