#if os(Linux)
    import Glibc

    /// An image in a tar file: an OCI image layout, or what `docker save` writes.
    ///
    /// Of what the archive says only the image itself is taken: its configuration and its layers. Names are not.
    package final class ImageArchive: Sendable {
        let settings: ImageDocuments.Settings
        /// Each layer's place in the file, the lowest first.
        let layers: [Range<Int64>]
        let configuration: [UInt8]
        private let descriptor: Int32

        private static let membersMax = 100_000
        private static let layersMax = 256
        private static let documentBytesMax: Int64 = 4 << 20

        /// Blocks.
        ///
        /// - Throws: ``ArchiveError`` for what the file holds, `SystemError` for the file.
        package init(reading path: String) throws {
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw SystemError("cannot open the image archive") }
            do {
                let members = try Self.index(descriptor)
                let (config, layers) =
                    try members["manifest.json"].map { try Self.saved($0, members, descriptor) }
                    ?? Self.layout(members, descriptor)
                guard layers.count <= Self.layersMax else {
                    throw ArchiveError("the image has more than \(Self.layersMax) layers")
                }
                configuration = try Self.document(config, descriptor)
                let parsed = try Self.decode(
                    ImageDocuments.Configuration.self, configuration, "the image's configuration")
                try Self.check(parsed)
                settings = parsed.config ?? ImageDocuments.Settings()
                self.layers = layers.map { $0.offset..<$0.offset + $0.sizeBytes }
                self.descriptor = descriptor
            } catch {
                close(descriptor)
                throw error
            }
        }

        deinit { close(descriptor) }

        /// Gives a layer's bytes to `take`, as they lie in the file.
        func read(_ layer: Range<Int64>, take: (UnsafeRawBufferPointer) throws -> Void) throws {
            try Self.read(descriptor, layer, take)
        }

        /// Writes it as `docker save` would, with one name: every engine takes that form.
        func write(named name: String, to writer: ContentWriter) throws {
            var tar = TarWriter()
            let names = layers.indices.map { "layer-\($0).tar" }
            let manifest = [ImageDocuments.SavedImage(Config: "config.json", RepoTags: [name], Layers: names)]
            tar.add("manifest.json", mode: 0o644, kind: .file, content: try EngineClient.encode(manifest))
            tar.add("config.json", mode: 0o644, kind: .file, content: configuration)
            for (layer, name) in zip(layers, names) {
                let size = layer.upperBound - layer.lowerBound
                tar.addHeader(name, mode: 0o644, kind: .file, owner: 0, sizeBytes: size)
                try tar.take().withUnsafeBytes { try writer.write($0) }
                try read(layer) { try writer.write($0) }
                tar.addPadding(after: size)
            }
            try tar.finished().withUnsafeBytes { try writer.write($0) }
        }

        // MARK: finding the image

        /// Every member by its name.
        private struct Index: TarSink {
            var members: [String: TarMember] = [:]

            mutating func begin(_ member: TarMember) {
                members[member.path.hasPrefix("./") ? String(member.path.dropFirst(2)) : member.path] = member
            }

            mutating func take(_ bytes: UnsafeRawBufferPointer) {}
            mutating func end(_ member: TarMember) {}
        }

        private static func index(_ descriptor: Int32) throws -> [String: TarMember] {
            var status = stat()
            guard fstat(descriptor, &status) == 0 else { throw SystemError("cannot look at the image archive") }
            var parser = TarParser(membersMax: membersMax)
            var index = Index()
            try read(descriptor, 0..<Int64(status.st_size)) { try parser.append($0, to: &index) }
            try parser.finish()
            return index.members
        }

        private static func saved(
            _ manifest: TarMember, _ members: [String: TarMember], _ descriptor: Int32
        ) throws -> (TarMember, [TarMember]) {
            let images = try decode(
                [ImageDocuments.SavedImage].self, try document(manifest, descriptor), "manifest.json")
            guard images.count == 1 else {
                throw ArchiveError("the archive holds \(images.count) images; one is wanted")
            }
            return (try find(images[0].Config, members), try images[0].Layers.map { try find($0, members) })
        }

        private static func layout(
            _ members: [String: TarMember], _ descriptor: Int32
        ) throws -> (TarMember, [TarMember]) {
            guard var current = members["index.json"] else {
                throw ArchiveError("the archive is neither an OCI image layout nor made by `docker save`")
            }
            // An index may lead to an index for each platform, and that to an image.
            for _ in 0..<4 {
                let manifest = try decode(ImageDocuments.Manifest.self, try document(current, descriptor), current.path)
                if let config = manifest.config, let layers = manifest.layers {
                    return (try blob(config, members), try layers.map { try blob($0, members) })
                }
                current = try blob(try choose(manifest.manifests ?? []), members)
            }
            throw ArchiveError("the archive's index leads to no image")
        }

        private static func choose(_ descriptors: [ImageDocuments.Descriptor]) throws -> ImageDocuments.Descriptor {
            let usable = descriptors.filter { descriptor in
                descriptor.platform.map { $0.os == "linux" && $0.architecture == ownArchitecture } ?? true
            }
            if let fitting = usable.first(where: { $0.platform != nil }) { return fitting }
            guard usable.count == 1 else {
                throw ArchiveError(
                    usable.isEmpty
                        ? "the archive has no image for linux/\(ownArchitecture)"
                        : "the archive holds \(usable.count) images; one is wanted")
            }
            return usable[0]
        }

        private static func blob(_ descriptor: ImageDocuments.Descriptor, _ members: [String: TarMember]) throws
            -> TarMember
        {
            let parts = descriptor.digest.split(separator: ":")
            guard parts.count == 2 else { throw ArchiveError("the archive has the digest \(descriptor.digest)") }
            return try find("blobs/\(parts[0])/\(parts[1])", members)
        }

        private static func find(_ name: String, _ members: [String: TarMember]) throws -> TarMember {
            guard let member = members[name] else {
                throw ArchiveError("the archive lacks \(String(name.prefix(200)).debugDescription)")
            }
            switch member.kind {
            case .file: return member
            case .symbolicLink(let target):
                // What `docker save` used to write for a layer that occurs twice: ../<name>/layer.tar.
                let folder = name.split(separator: "/").dropLast()
                var parts = Array(folder)
                for part in target.split(separator: "/") {
                    if part == ".." { _ = parts.popLast() } else { parts.append(part) }
                }
                if let found = members[parts.joined(separator: "/")], case .file = found.kind { return found }
            case .hardLink(let target):
                if let found = members[target], case .file = found.kind { return found }
            case .directory, .other: break
            }
            throw ArchiveError("\(String(name.prefix(200)).debugDescription) in the archive is no file")
        }

        private static func check(_ configuration: ImageDocuments.Configuration) throws {
            let system = configuration.os ?? "linux"
            let architecture = configuration.architecture ?? ownArchitecture
            guard system == "linux", architecture == ownArchitecture else {
                throw ArchiveError(
                    "the image is for \(system)/\(architecture); this machine is linux/\(ownArchitecture)")
            }
        }

        /// As images spell it.
        static var ownArchitecture: String {
            #if arch(x86_64)
                "amd64"
            #elseif arch(arm64)
                "arm64"
            #elseif arch(riscv64)
                "riscv64"
            #else
                "unknown"
            #endif
        }

        // MARK: reading

        private static func document(_ member: TarMember, _ descriptor: Int32) throws -> [UInt8] {
            guard member.sizeBytes <= documentBytesMax else {
                throw ArchiveError("\(member.path) in the archive is larger than \(documentBytesMax) bytes")
            }
            var bytes: [UInt8] = []
            try read(descriptor, member.offset..<member.offset + member.sizeBytes) { bytes.append(contentsOf: $0) }
            return bytes
        }

        private static func decode<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8], _ what: String) throws
            -> Value
        {
            do { return try EngineClient.decode(type, bytes) } catch {
                throw ArchiveError("\(what) in the archive is not what it should be")
            }
        }

        private static func read(
            _ descriptor: Int32, _ range: Range<Int64>, _ take: (UnsafeRawBufferPointer) throws -> Void
        ) throws {
            var piece = [UInt8](repeating: 0, count: 256 << 10)
            var position = range.lowerBound
            while position < range.upperBound {
                let wanted = Int(min(Int64(piece.count), range.upperBound - position))
                let count = piece.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, wanted, off_t(position)) }
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else { throw SystemError("cannot read the image archive") }
                guard count > 0 else { throw ArchiveError("the archive is cut short") }
                position += Int64(count)
                try piece.withUnsafeBytes { try take(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            }
        }
    }
#endif
