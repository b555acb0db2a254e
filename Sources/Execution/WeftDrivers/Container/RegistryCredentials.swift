#if os(Linux)
    import Glibc

    #if canImport(FoundationEssentials)
        internal import FoundationEssentials
    #else
        internal import Foundation
    #endif

    /// What registries want to know before they hand out an image, from a file of the owner's. Its text reaches the
    /// engine in a header and nothing else.
    struct RegistryCredentials {
        /// Docker's `config.json`, as far as it is used here.
        private struct File: Decodable {
            struct Entry: Decodable {
                var auth: String?
                var identitytoken: String?
            }

            var auths: [String: Entry]?
        }

        /// `X-Registry-Auth` (Docker Engine API, "Authentication").
        private struct Header: Encodable {
            var username: String?
            var password: String?
            var serveraddress: String
            var identitytoken: String?
        }

        private static let fileBytesMax = 1 << 20

        /// The header for one image; nil where the file knows nothing of its registry.
        ///
        /// - Throws: `SystemError` or ``EngineError/system(_:)``, which say nothing of the file's content.
        static func header(for reference: String, file path: String) throws -> String? {
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw SystemError("cannot open the registries' credentials \(path)") }
            defer { close(descriptor) }
            var status = stat()
            guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
                throw EngineError.system("the registries' credentials \(path) are no file")
            }
            guard status.st_mode & 0o077 == 0, status.st_uid == geteuid() || status.st_uid == 0 else {
                throw EngineError.system(
                    "others may read the registries' credentials: chmod 600 \(path), and give it to the worker's user")
            }
            guard status.st_size <= fileBytesMax else {
                throw EngineError.system("the registries' credentials \(path) are larger than \(fileBytesMax) bytes")
            }
            let bytes = [UInt8](unsafeUninitializedCapacity: fileBytesMax) { buffer, count in
                count = max(0, read(descriptor, buffer.baseAddress, buffer.count))
            }
            guard let file = try? EngineClient.decode(File.self, bytes) else {
                throw EngineError.system(
                    "the registries' credentials \(path) are not in the form of docker's config.json")
            }
            return try header(for: reference, file)
        }

        private static func header(for reference: String, _ file: File) throws -> String? {
            let registry = registry(of: reference)
            let names = names(of: registry)
            guard let found = file.auths?.first(where: { names.contains(bare($0.key)) }) else { return nil }
            var header = Header(serveraddress: registry, identitytoken: found.value.identitytoken)
            if let auth = found.value.auth, let data = Data(base64Encoded: auth) {
                let text = String(decoding: data, as: UTF8.self)
                let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                guard parts.count == 2 else { return nil }
                header.username = String(parts[0])
                header.password = String(parts[1])
            }
            guard header.username != nil || header.identitytoken != nil else { return nil }
            // URL-safe, with padding: what both engines take.
            let encoded = Data(try EngineClient.encode(header)).base64EncodedString()
            return String(encoded.map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 })
        }

        /// The host that a reference names, or Docker Hub.
        static func registry(of reference: String) -> String {
            let first = reference.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard first.count == 2, first[0].contains(".") || first[0].contains(":") || first[0] == "localhost" else {
                return "docker.io"
            }
            return String(first[0])
        }

        private static func names(of registry: String) -> Set<String> {
            registry == "docker.io" || registry == "index.docker.io"
                ? ["docker.io", "index.docker.io", "registry-1.docker.io"] : [registry]
        }

        /// Files have addresses with scheme and path, too: `https://index.docker.io/v1/`.
        private static func bare(_ name: String) -> String {
            var rest = name[...]
            if let scheme = rest.firstRange(of: "://") { rest = rest[scheme.upperBound...] }
            return String(rest.prefix { $0 != "/" })
        }
    }
#endif
