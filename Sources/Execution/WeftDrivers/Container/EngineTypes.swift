// swift-format-ignore-file: AlwaysUseLowerCamelCase
// The names are the API's.

#if os(Linux)
    /// What the Docker Engine API (v1.41) sends and takes, as far as it is used here.
    package enum EngineTypes {
        struct Version: Decodable, Sendable {
            struct Component: Decodable, Sendable {
                var Name: String
            }

            var Version: String
            var ApiVersion: String?
            var Components: [Component]?

            /// Podman speaks this API, too, but does some things faster in its own.
            var isPodman: Bool { Components?.contains { $0.Name.hasPrefix("Podman") } ?? false }
        }

        struct Info: Decodable, Sendable {
            struct Runtime: Decodable, Sendable {
                var path: String?
            }

            var CgroupDriver: String?
            var Runtimes: [String: Runtime]?
            var SecurityOptions: [String]?
            var MemoryLimit: Bool?
            var PidsLimit: Bool?
            var CpuCfsQuota: Bool?
            var NCPU: Int64?

            var isRootless: Bool { SecurityOptions?.contains { $0.contains("rootless") } ?? false }
            var remapsUsers: Bool { SecurityOptions?.contains { $0.contains("userns") } ?? false }
            var labelsFiles: Bool { SecurityOptions?.contains { $0.contains("selinux") } ?? false }
        }

        struct ImageDetails: Decodable, Sendable {
            var Id: String
            var RepoDigests: [String]?
            var RepoTags: [String]?
            var Architecture: String?
        }

        struct ImageSummary: Decodable, Sendable {
            var Id: String
            var RepoTags: [String]?
        }

        /// A line of a pull's, a load's or an import's progress.
        struct Progress: Decodable, Sendable {
            var status: String?
            var stream: String?
            var error: String?
        }

        struct Ulimit: Encodable, Sendable, Hashable {
            var Name: String
            var Soft: Int64
            var Hard: Int64
        }

        struct Mount: Encodable, Sendable, Hashable {
            struct BindOptions: Encodable, Sendable, Hashable {
                var Propagation: String
            }

            var `Type`: String
            var Source: String?
            var Target: String
            var ReadOnly: Bool
            var BindOptions: BindOptions?
        }

        struct LogConfig: Encodable, Sendable, Hashable {
            var `Type`: String
        }

        struct HostConfig: Encodable, Sendable, Hashable {
            var NetworkMode = "none"
            var ReadonlyRootfs = true
            var CapDrop = ["ALL"]
            var SecurityOpt: [String]
            var Memory: Int64
            var MemorySwap: Int64
            var NanoCpus: Int64
            var PidsLimit: Int64
            var Ulimits: [Ulimit]
            var Tmpfs: [String: String]
            var Mounts: [Mount]
            var LogConfig = EngineTypes.LogConfig(Type: "none")
            var IpcMode = "private"
            var ShmSize: Int64
            var Runtime: String?
            var Privileged = false
            var OomKillDisable = false
        }

        struct ContainerCreation: Encodable, Sendable, Hashable {
            /// An object without members.
            struct Nothing: Encodable, Sendable, Hashable {}

            var Image: String
            var Entrypoint: [String]?
            var Cmd: [String]
            var Env: [String]
            var User: String
            var WorkingDir: String
            var Hostname = "weft"
            var Labels: [String: String]
            var AttachStdin: Bool
            var OpenStdin: Bool
            var StdinOnce: Bool
            var AttachStdout = true
            var AttachStderr = true
            var Tty = false
            var NetworkDisabled = true
            var Volumes: [String: Nothing]?
            var StopTimeout = 0
            var HostConfig: EngineTypes.HostConfig
        }

        struct Created: Decodable, Sendable {
            var Id: String
        }

        struct WaitAnswer: Decodable, Sendable {
            struct Problem: Decodable, Sendable {
                var Message: String?
            }

            var StatusCode: Int32
            var Error: Problem?
        }

        struct ContainerDetails: Decodable, Sendable {
            struct State: Decodable, Sendable {
                var Running: Bool
                var OOMKilled: Bool?
                var Pid: Int32
                var ExitCode: Int32
                var Error: String?
            }

            struct HostConfig: Decodable, Sendable {
                var Runtime: String?
            }

            var State: State
            var HostConfig: HostConfig?
        }

        /// Of a container, in Podman's own words.
        struct PodmanDetails: Decodable, Sendable {
            var OCIRuntime: String?
        }

        struct ContainerSummary: Decodable, Sendable {
            var Id: String
        }
    }
#endif
