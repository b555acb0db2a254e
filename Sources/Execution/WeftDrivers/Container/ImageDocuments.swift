// swift-format-ignore-file: AlwaysUseLowerCamelCase
// The names are those of `docker save` and of the OCI image specification.

#if os(Linux)
    /// The JSON documents in an image's archive, as far as they are used here.
    enum ImageDocuments {
        /// What an image says about how it is run.
        struct Settings: Decodable, Sendable {
            var Env: [String]?
            var Entrypoint: [String]?
            var Cmd: [String]?
        }

        struct Configuration: Decodable {
            var architecture: String?
            var os: String?
            var config: Settings?
        }

        struct SavedImage: Codable {
            var Config: String
            var RepoTags: [String]?
            var Layers: [String]
        }

        struct Descriptor: Decodable {
            struct Platform: Decodable {
                var architecture: String
                var os: String
            }

            var mediaType: String?
            var digest: String
            var platform: Platform?
        }

        /// An image index or an image manifest (OCI image specification, "image-layout").
        struct Manifest: Decodable {
            var manifests: [Descriptor]?
            var config: Descriptor?
            var layers: [Descriptor]?
        }
    }
#endif
