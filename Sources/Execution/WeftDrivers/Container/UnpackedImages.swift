#if os(Linux)
    import Glibc
    import WeftModel

    /// Images from archives as directories: each is unpacked once, for many containers, which cannot write to it.
    ///
    /// As many as the options say are kept, and not more bytes than one image may have; the least used go first.
    actor UnpackedImages {
        struct Image: Sendable {
            /// The directory of its root file system.
            let path: String
            let settings: ImageDocuments.Settings
            let sizeBytes: Int64
        }

        private let directory: String
        private let options: ContainerOptions
        private var kept: [Digest: Image] = [:]
        /// Of those that are kept, the one used last at the end.
        private var order: [Digest] = []
        /// How many containers use each right now.
        private var users: [Digest: Int] = [:]
        private var unpacking: [Digest: Task<Image, any Error>] = [:]
        private var count = 0

        /// - Parameter directory: the driver's alone; it need not exist.
        init(directory: String, options: ContainerOptions) {
            self.directory = directory
            self.options = options
        }

        /// Call ``release(_:)`` with the digest once its container is there no more.
        ///
        /// - Throws: ``ArchiveError``, ``EngineError/tooLarge(limitBytes:)``, `SystemError`, `CancellationError`.
        func acquire(_ digest: Digest, from archive: String) async throws -> Image {
            users[digest, default: 0] += 1
            do {
                if kept[digest] == nil {
                    // Who wants it meanwhile waits for the same; who is cancelled leaves it to the others.
                    let task = unpacking[digest] ?? unpack(archive)
                    unpacking[digest] = task
                    defer { if unpacking[digest] == task { unpacking[digest] = nil } }
                    kept[digest] = try await task.value
                }
                guard let image = kept[digest] else { preconditionFailure("what is in use is kept") }
                order.removeAll { $0 == digest }
                order.append(digest)
                try Task.checkCancellation()
                await trim()
                return image
            } catch {
                await release(digest)
                throw error
            }
        }

        func release(_ digest: Digest) async {
            guard let count = users[digest] else { return }
            users[digest] = count > 1 ? count - 1 : nil
            await trim()
        }

        /// To be called while nothing runs; takes what a killed worker left, too.
        func removeAll() async throws {
            kept = [:]
            order = []
            let directory = directory
            try await BlockingThread.run { try FileTree.remove(directory) }
        }

        private func unpack(_ archive: String) -> Task<Image, any Error> {
            count += 1
            let path = "\(directory)/\(count)"
            let (directory, bytesMax) = (directory, options.imageBytesMax)
            return Task {
                try await BlockingThread.run {
                    guard mkdir(directory, 0o711) == 0 || errno == EEXIST, mkdir(path, 0o755) == 0 else {
                        throw SystemError("cannot create \(path)")
                    }
                    do {
                        let image = try ImageArchive(reading: archive)
                        let sizeBytes = try image.unpack(into: path, limitBytes: bytesMax)
                        return Image(path: path, settings: image.settings, sizeBytes: sizeBytes)
                    } catch {
                        try FileTree.remove(path)
                        throw error
                    }
                }
            }
        }

        private func trim() async {
            while order.count > options.keptImages
                || kept.values.reduce(0, { $0 + $1.sizeBytes }) > options.imageBytesMax,
                let digest = order.first(where: { users[$0] == nil })
            {
                order.removeAll { $0 == digest }
                guard let image = kept.removeValue(forKey: digest) else { continue }
                // What cannot be removed now is at the end, or at the next start.
                try? await BlockingThread.run { try FileTree.remove(image.path) }
            }
        }
    }
#endif
