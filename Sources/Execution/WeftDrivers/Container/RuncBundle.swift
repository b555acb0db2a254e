#if os(Linux)
    import Glibc
    import WeftModel

    /// What runc is told of a container (OCI runtime specification, `config.json`), as far as it is used here.
    struct RuncBundle: Encodable, Sendable {
        struct User: Encodable, Sendable {
            var uid: UInt32
            var gid: UInt32
        }

        struct Capabilities: Encodable, Sendable {
            var bounding: [String] = []
            var effective: [String] = []
            var permitted: [String] = []
        }

        struct Rlimit: Encodable, Sendable {
            var type: String
            var hard: Int64
            var soft: Int64
        }

        struct Process: Encodable, Sendable {
            var terminal = false
            var user: User
            var args: [String]
            var env: [String]
            var cwd = "/work"
            var capabilities = Capabilities()
            var rlimits: [Rlimit]
            var noNewPrivileges = true
        }

        struct Root: Encodable, Sendable {
            var path: String
            var readonly = true
        }

        struct Mount: Encodable, Sendable {
            var destination: String
            var type: String
            var source: String
            var options: [String]
        }

        struct Namespace: Encodable, Sendable {
            var type: String
        }

        struct DeviceRule: Encodable, Sendable {
            var allow = false
            var access = "rwm"
        }

        struct Memory: Encodable, Sendable {
            var limit: Int64
            var swap: Int64
        }

        struct Processor: Encodable, Sendable {
            var quota: Int64
            var period: Int64 = 100_000
        }

        struct Pids: Encodable, Sendable {
            var limit: Int64
        }

        struct ResourceLimits: Encodable, Sendable {
            var devices = [DeviceRule()]
            var memory: Memory
            var cpu: Processor
            var pids: Pids
        }

        struct Linux: Encodable, Sendable {
            var namespaces = ["pid", "network", "ipc", "uts", "mount", "cgroup"].map(Namespace.init)
            var resources: ResourceLimits
            var cgroupsPath: String
            var seccomp: SystemCallFilter?
            var maskedPaths = [
                "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
                "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware",
                "/sys/devices/virtual/powercap",
            ]
            var readonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
        }

        var ociVersion = "1.0.2"
        var hostname = "weft"
        var process: Process
        var root: Root
        var mounts: [Mount]
        var linux: Linux

        init(
            arguments: [String], environment: [String], limits: ContainerLimits, user: UInt32, rootDirectory: String,
            workDirectory: String, groupPath: String, hasFilter: Bool
        ) {
            root = Root(path: rootDirectory)
            let rlimits = [
                ("RLIMIT_NOFILE", limits.openFiles), ("RLIMIT_NPROC", limits.userProcesses), ("RLIMIT_CORE", 0),
                ("RLIMIT_FSIZE", limits.fileSizeBytes),
            ]
            process = Process(
                user: User(uid: user, gid: user), args: arguments, env: environment,
                rlimits: rlimits.map { Rlimit(type: $0.0, hard: $0.1, soft: $0.1) })
            let temporary = ["nosuid", "nodev", "mode=1777", "size=\(limits.temporaryBytes)"]
            mounts = [
                Mount(destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"]),
                Mount(
                    destination: "/dev", type: "tmpfs", source: "tmpfs",
                    options: ["nosuid", "strictatime", "mode=755", "size=65536k"]),
                Mount(destination: "/dev/shm", type: "tmpfs", source: "shm", options: temporary + ["noexec"]),
                Mount(destination: "/tmp", type: "tmpfs", source: "tmpfs", options: temporary),
                Mount(
                    destination: "/work", type: "bind", source: workDirectory,
                    options: ["bind", "rprivate", "rw", "nosuid", "nodev"]),
            ]
            linux = Linux(
                resources: ResourceLimits(
                    memory: Memory(limit: limits.memoryBytes, swap: limits.memoryBytes),
                    cpu: Processor(quota: max(1000, limits.cpuMillis * 100)), pids: Pids(limit: limits.processCount)),
                cgroupsPath: groupPath, seccomp: hasFilter ? .standard : nil)
        }
    }
#endif
