#if os(Linux)
    import Synchronization
    import WeftModel

    /// Sees to it that an engine has the images that payloads want.
    ///
    /// What is pulled stays: the engine's store is its owner's. What comes from archives is under names of this worker
    /// (an archive's own names are not taken: they could pass for somebody else's image), and the least used go.
    actor ContainerImages {
        private let api: EngineAPI
        private let options: ContainerOptions
        /// Names of images from archives, the one used last at the end.
        private var kept: [String] = []
        /// How many runs use each right now.
        private var users: [String: Int] = [:]
        private var loads: [String: Task<Void, any Error>] = [:]
        private var removals: [String: Task<Void, Never>] = [:]

        init(api: EngineAPI, options: ContainerOptions) {
            self.api = api
            self.options = options
        }

        /// The part of names that is this worker's own.
        static func repository(owner: String) -> String { "localhost/weft-\(owner)" }

        /// What containers of an image are made of. Call ``release(_:)`` with it once none is there any more.
        ///
        /// - Parameter digest: the archive's, where it is known.
        /// - Throws: `AttemptFailure`, ``EngineError``, `CancellationError`.
        func acquire(_ image: ContainerImage, digest: Digest?) async throws -> String {
            switch image {
            case .reference(let reference, let policy): return try await resolve(reference, policy)
            case .archive(let path): return try await load(path, digest)
            }
        }

        func release(_ name: String) async {
            guard let count = users[name] else { return }
            users[name] = count > 1 ? count - 1 : nil
            await trim()
        }

        /// Removes what this worker, or a dead one of the same name, had from archives.
        func removeAll() async throws {
            kept = []
            for image in try await api.images(named: Self.repository(owner: options.owner)) {
                for tag in image.RepoTags ?? [] where tag.hasPrefix(Self.repository(owner: options.owner) + ":") {
                    try await api.removeImage(tag)
                }
            }
        }

        // MARK: references

        private func resolve(_ reference: String, _ policy: ContainerPayload.Pull) async throws -> String {
            let known = policy == .always ? nil : try await api.image(reference)
            if let known { return try Self.checked(known, reference) }
            guard policy != .never else {
                throw AttemptFailure(
                    .inputUnavailable, "image \(reference) is not on this machine, and is not to be pulled")
            }
            var authorization: String?
            if let path = options.credentialsPath {
                do { authorization = try RegistryCredentials.header(for: reference, file: path) } catch {
                    throw AttemptFailure(.inputUnavailable, "\(error)")
                }
            }
            do {
                try await api.pull(
                    Self.tagged(reference), authorization: authorization, timeout: options.imageTimeout)
            } catch EngineError.refused(_, let message) {
                throw AttemptFailure(.inputUnavailable, "image \(reference) cannot be pulled: \(message)")
            }
            guard let pulled = try await api.image(reference) else {
                throw AttemptFailure(.inputUnavailable, "image \(reference) was pulled and is not there")
            }
            return try Self.checked(pulled, reference)
        }

        /// Without a tag the API means every tag there is.
        static func tagged(_ reference: String) -> String {
            let last = reference.split(separator: "/").last ?? ""
            return last.contains(":") || last.contains("@") ? reference : reference + ":latest"
        }

        /// The image by its own digest, so that nobody can put another in its place; and, when the reference pins one,
        /// the registry's digest has to be that.
        private static func checked(_ image: EngineTypes.ImageDetails, _ reference: String) throws -> String {
            guard let at = reference.lastIndex(of: "@") else { return image.Id }
            let digest = reference[reference.index(after: at)...]
            let digests = (image.RepoDigests ?? []).compactMap { $0.split(separator: "@").last }
            guard digests.contains(digest) else {
                throw AttemptFailure(.inputUnavailable, "the image under \(reference) has another digest")
            }
            return image.Id
        }

        // MARK: archives

        private func load(_ path: String, _ known: Digest?) async throws -> String {
            var digest = options.digest == nil ? nil : known
            if digest == nil { digest = try await options.digest?(path) }
            let tag = digest?.hex ?? "x\(UInt64.random(in: .min ... .max))"
            let name = "\(Self.repository(owner: options.owner)):\(tag)"
            users[name, default: 0] += 1
            await removals[name]?.value
            do {
                // Two payloads that want the same archive share its load; a cancelled one leaves it to the other.
                let loading = loads[name] ?? Task { try await self.loadOnce(path, as: name, tag: tag) }
                loads[name] = loading
                defer { if loads[name] == loading { loads[name] = nil } }
                try await loading.value
                try Task.checkCancellation()
            } catch {
                await release(name)
                throw error
            }
            kept.removeAll { $0 == name }
            kept.append(name)
            return name
        }

        private func loadOnce(_ path: String, as name: String, tag: String) async throws {
            if try await api.image(name) != nil { return }
            let archive = try await BlockingThread.run { try ImageArchive(reading: path) }
            do {
                try await api.load(timeout: options.imageTimeout) { writer in try archive.write(named: name, to: writer)
                }
            } catch EngineError.refused(_, let message) {
                throw AttemptFailure(.inputUnavailable, "the image archive cannot be loaded: \(message)")
            }
            guard try await api.image(name) != nil else {
                throw AttemptFailure(.inputUnavailable, "the image archive was loaded and its image is not there")
            }
        }

        private func trim() async {
            var unused = kept.filter { users[$0] == nil }
            let excess = options.digest == nil ? unused.count : kept.count - options.keptImages
            guard excess > 0 else { return }
            unused = Array(unused.prefix(excess))
            kept.removeAll(where: unused.contains)
            let api = api
            for name in unused {
                // One that stays for now is removed with all others at the end, or at the next start.
                let removal = Task { _ = try? await api.removeImage(name) }
                removals[name] = removal
                await removal.value
                removals[name] = nil
            }
        }
    }
#endif
