import Glibc
package import WeftModel
import WeftStorage

extension FileBlobStore {
    /// Makes a new file at `path` with the blob's bytes: sharing them until one side writes where the file system can
    /// (reflink), else a copy. Never a hard link, so that whoever gets the file cannot change the blob.
    ///
    /// The file is mode 0755 with `executable`, else 0644, whatever the umask says; it is not synced. Throws
    /// ``BlobError``; ``BlobError/failed(_:)`` when there is something at `path` already. When it throws, nothing of
    /// it is left there.
    package func materialize(_ digest: Digest, to path: String, executable: Bool) async throws {
        try await pool.run { [folder] in
            let source = try folder.open(digest)
            let target = try Descriptor(path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
            do {
                try Self.copy(source, to: target)
                guard fchmod(target.number, executable ? 0o755 : 0o644) == 0 else { throw BlobError(errno, "chmod") }
            } catch {
                unlink(path)
                throw error
            }
        }
    }

    private static func copy(_ source: borrowing Descriptor, to target: borrowing Descriptor) throws {
        let clone: UInt = 0x4004_9409  // FICLONE
        if ioctl(target.number, clone, source.number) == 0 { return }
        // Verification may have left the source anywhere, so positions are explicit.
        let size = try source.sizeBytes
        var position: off_t = 0
        while position < size {
            let count = sendfile(target.number, source.number, &position, 1 << 30)
            if count > 0 || (count < 0 && errno == EINTR) { continue }
            if count < 0 { throw BlobError(errno, "copy") }
            throw BlobError.failed("the blob became shorter while it was copied")
        }
    }
}
