#if os(Linux)
    import Glibc

    /// What every sandbox of this machine sees of it. Found out once; the same for all.
    struct HostLayout: Sendable {
        /// Everything up to `/tmp`: the system's programs, an `/etc` of our own, the harmless devices.
        private let common: SpecEncoder
        let identity: SandboxIdentity

        init(identity: SandboxIdentity, hasProc: Bool) {
            self.identity = identity
            var spec = SpecEncoder()
            Self.addSystem(&spec)
            Self.addDevices(&spec)
            spec.setting(.proc, hasProc ? 1 : 0)
            spec.setting(.userNamespace, identity.usesUserNamespace ? 1 : 0)
            common = spec
        }

        private static func addSystem(_ spec: inout SpecEncoder) {
            spec.bind("/usr", at: "/usr")
            for name in ["bin", "sbin", "lib", "lib32", "lib64", "libx32"] {
                let path = "/\(name)"
                if let target = linkTarget(path) {
                    spec.symbolicLink(at: path, to: target)
                } else if HostFile.exists(path) {
                    spec.bind(path, at: path)
                }
            }
            // Shared by all, secret to none. Private keys lie beside some of these: name files, not whole folders.
            let shared = [
                "/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime", "/etc/ssl/certs", "/etc/ssl/openssl.cnf",
                "/etc/pki/tls/certs", "/etc/pki/ca-trust/extracted", "/etc/fonts", "/etc/OpenCL", "/etc/vulkan",
            ]
            for path in shared where HostFile.exists(path) { spec.bind(path, at: path, .optional) }
            spec.file("/etc/hosts", "127.0.0.1 localhost weft\n::1 localhost\n")
            spec.file("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\nservices: files\n")
            spec.file("/etc/hostname", "weft\n")
        }

        private static func addDevices(_ spec: inout SpecEncoder) {
            for name in ["null", "zero", "full", "random", "urandom"] {
                spec.bind("/dev/\(name)", at: "/dev/\(name)", .device)
            }
            spec.symbolicLink(at: "/dev/fd", to: "/proc/self/fd")
            spec.symbolicLink(at: "/dev/stdin", to: "/proc/self/fd/0")
            spec.symbolicLink(at: "/dev/stdout", to: "/proc/self/fd/1")
            spec.symbolicLink(at: "/dev/stderr", to: "/proc/self/fd/2")
        }

        private static func linkTarget(_ path: String) -> String? {
            let bytes = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
                let size = buffer.withMemoryRebound(to: CChar.self) { readlink(path, $0.baseAddress!, $0.count) }
                count = max(0, size)
            }
            return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
        }

        /// What a cell for such runs is, as the launcher reads it. `workRoot` is what it shall have at `/work`.
        func encodeCell(_ sandbox: SandboxSpec, workRoot: String?, group: SandboxGroup) -> [UInt8] {
            var spec = common
            let user = identity.user(for: sandbox.user)
            let limits = sandbox.limits
            spec.file("/etc/passwd", "root:x:0:0:root:/:/bin/sh\nweft:x:\(user):\(user):Weft:/work:/bin/sh\n")
            spec.file("/etc/group", "root:x:0:\nweft:x:\(user):\n")
            spec.setting(.uid, UInt64(user))
            spec.setting(.gid, UInt64(user))
            // A bind in its place is there for good: an empty file system would cover it.
            for path in ["/tmp", "/dev/shm"] where !sandbox.binds.contains(where: { $0.sandboxPath == path }) {
                // An inode costs about a kilobyte of kernel memory, whatever its file's size.
                let inodes = max(64, min(limits.temporaryBytes / 1024, 1 << 20))
                spec.temporary(path, sizeBytes: limits.temporaryBytes, inodes: inodes)
            }
            for path in sandbox.readOnlyPaths { spec.bind(path, at: path) }
            for bind in sandbox.binds {
                let flags: LauncherProtocol.BindFlags
                switch bind.access {
                case .readOnly: flags = []
                case .readWrite: flags = .writable
                case .device: flags = .device
                }
                spec.bind(bind.hostPath, at: bind.sandboxPath, flags)
            }
            if let workRoot { spec.bind(workRoot, at: "/work", .writable) }
            addLimits(limits, network: sandbox.network, group: group, to: &spec)
            return spec.bytes
        }

        private func addLimits(
            _ limits: SandboxLimits, network: SandboxNetwork, group: SandboxGroup, to spec: inout SpecEncoder
        ) {
            spec.setting(.network, network == .loopback ? 1 : 0)
            if let bytes = limits.fileSizeBytes { spec.setting(.fileSizeBytes, UInt64(bytes)) }
            if let count = limits.openFiles { spec.setting(.openFiles, UInt64(count)) }
            // In a user namespace the kernel counts a user's processes apart from those outside it (since 5.14).
            if let count = limits.processCount, identity.usesUserNamespace { spec.setting(.processes, UInt64(count)) }
            for directory in group.v1Directories { spec.controlGroupV1(tasksFile: "\(directory)/tasks") }
            if let directory = group.v2Directory { spec.controlGroupV2(directory: directory) }
        }

        /// One run in such a cell; `work` is where its working directory lies below `workRoot`.
        static func encodeRun(_ sandbox: SandboxSpec, startDirectory: String?, work: String?) -> [UInt8] {
            var spec = SpecEncoder()
            for argument in sandbox.arguments { spec.argument(argument) }
            for (name, value) in sandbox.environment.sorted(by: { $0.key < $1.key }) { spec.environment(name, value) }
            if let startDirectory { spec.startDirectory(startDirectory) }
            if let work { spec.work(work) }
            if let time = sandbox.limits.wallTime {
                spec.setting(.wallMilliseconds, UInt64(max(1, time.wholeMilliseconds)))
            }
            return spec.bytes
        }

        /// A cell without walls.
        static func encodeOpenCell() -> [UInt8] {
            var spec = SpecEncoder()
            spec.setting(.open, 1)
            return spec.bytes
        }
    }

    /// As whom tasks run.
    struct SandboxIdentity: Sendable {
        /// Whether the worker can make the other namespaces without a user namespace, and switch users for real.
        let usesUserNamespace: Bool
        let effectiveUser: UInt32

        static func current() -> SandboxIdentity {
            let user = geteuid()
            return SandboxIdentity(usesUserNamespace: !(user == 0 && hasAdministration()), effectiveUser: user)
        }

        /// CAP_SYS_ADMIN, and the three that switching users takes.
        private static func hasAdministration() -> Bool {
            let status = HostFile.read("/proc/self/status") ?? ""
            for line in status.split(separator: "\n") where line.hasPrefix("CapEff:") {
                let needed: UInt64 = 1 << 21 | 1 << 6 | 1 << 7 | 1 << 8
                let value = UInt64(line.dropFirst(7).drop { $0 == "\t" || $0 == " " }, radix: 16) ?? 0
                return value & needed == needed
            }
            return false
        }

        /// The user inside: the real one in a root worker's sandbox; otherwise a name for the worker's own.
        func user(for requested: UInt32) -> UInt32 {
            usesUserNamespace && effectiveUser != 0 ? effectiveUser : requested
        }
    }

    extension Duration {
        var wholeMilliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
    }
#endif
