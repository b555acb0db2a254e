#if os(Linux)
    import Glibc
    import TestEngines
    import Testing
    import WeftDrivers

    /// What attacks are after, and whether they got it: looked at from outside.
    final class HostWitness {
        /// Everyone may read and write what is in it.
        let folder: String
        private let token: String
        private let victim: pid_t
        private let stream: Int32
        private let datagrams: Int32
        private let abstract: Int32
        private let path: Int32
        private let port: UInt16
        private let sharedMemory: Int32
        private let settings: [String: String]
        private let clockOffset: Double

        private static let key: Int32 = 0x0776_6174

        init() throws {
            var template = Array("/tmp/weft-witness-XXXXXX".utf8CString)
            try #require(mkdtemp(&template) != nil)
            folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            token = "secret-\(UInt64.random(in: .min ... .max))"
            chmod(folder, 0o777)
            try writeContainerText("\(folder)/secret", token)
            chmod("\(folder)/secret", 0o666)
            try writeContainerText("/dev/shm\(folder.dropFirst(4))", token)
            chmod("/dev/shm\(folder.dropFirst(4))", 0o666)
            victim = try Self.startVictim(token)
            (stream, port) = try Self.serve(SOCK_STREAM)
            (datagrams, _) = try Self.serve(SOCK_DGRAM, port: port)
            abstract = try Self.serve(named: "\0" + folder.dropFirst(5))
            path = try Self.serve(named: "\(folder)/socket")
            chmod("\(folder)/socket", 0o777)
            sharedMemory = shmget(Self.key, 4096, Int32(IPC_CREAT) | 0o666)
            settings = Self.readSettings()
            clockOffset = Self.readClockOffset()
        }

        /// As the attack program takes it.
        func arguments(data: String) -> [String] {
            [
                "secret:\(folder)/secret", "folder:\(folder)", "data:\(data)", "abstract:\(folder.dropFirst(5))",
                "victim:\(victim)", "port:\(port)", "key:\(Self.key)",
            ]
        }

        func close() {
            kill(-victim, SIGKILL)
            for descriptor in [stream, datagrams, abstract, path] { Glibc.close(descriptor) }
            if sharedMemory >= 0 { shmctl(sharedMemory, IPC_RMID, nil) }
            unlink("/dev/shm\(folder.dropFirst(4))")
            _ = system("rm -rf '\(folder)'")
        }

        // MARK: looking

        /// What was not as it should be, in sentences.
        func complaints(output: String, in workspace: Workspace) -> [String] {
            var found: [String] = []
            func expect(_ isSo: Bool, _ otherwise: String) { if !isSo { found.append(otherwise) } }
            expect(!output.contains(token) && !output.contains("key-of-the-worker"), "a secret was said")
            expect(readContainerText("\(folder)/secret") == token, "the secret was changed")
            expect(names(in: folder) == ["secret", "socket"], "its folder has \(names(in: folder))")
            expect(kill(victim, 0) == 0 && !Self.isStopped(victim), "the process outside was harmed")
            expect(Self.processes(marked: folder).isEmpty, "processes are left: \(Self.processes(marked: folder))")
            for (name, descriptor) in [("TCP", stream), ("UDP", datagrams), ("abstract", abstract), ("path", path)] {
                var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                expect(poll(&polled, 1, 0) == 0, "the \(name) listener heard something")
            }
            let now = Self.readSettings()
            for (name, value) in settings where now[name] != value {
                found.append("\(name) was \(value) and is \(now[name] ?? "gone")")
            }
            expect(abs(Self.readClockOffset() - clockOffset) < 5, "the clock was set")
            for name in [
                "out-link", "out-folder-link", "out-pipe", "out-folder", "out-relative", "out-environment",
                "out-socket", "out-race", "out-folder-link/secret", "link", "hard",
            ] {
                guard case .file(let file) = try? workspace.findOutput(name) else { continue }
                let bytes = (try? file.read(offset: 0, length: 4096)) ?? []
                expect(name == "out-race" && bytes.isEmpty, "\(name) was taken for an output")
            }
            let cores = names(in: workspace.payloadDirectory).filter { $0.hasPrefix("core") }
            expect(cores.isEmpty, "memory images are left: \(cores)")
            return found
        }

        /// Settings of the machine that attacks are after.
        private static func readSettings() -> [String: String] {
            var settings: [String: String] = [:]
            for name in [
                "sys/kernel/core_pattern", "sys/kernel/modprobe", "sys/kernel/hostname", "sys/kernel/domainname",
                "sys/vm/overcommit_memory", "sys/user/max_user_namespaces", "swaps", "sys/kernel/ctrl-alt-del",
            ] {
                settings["/proc/\(name)"] = readContainerText("/proc/\(name)")
            }
            for name in ["release_agent", "memory/release_agent", "pids/release_agent"] {
                settings[name] = readContainerText("/sys/fs/cgroup/\(name)")
            }
            return settings
        }

        private static func readClockOffset() -> Double {
            func seconds(_ clock: clockid_t) -> Double {
                var time = timespec()
                clock_gettime(clock, &time)
                return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
            }
            return seconds(CLOCK_REALTIME) - seconds(CLOCK_BOOTTIME)
        }

        private static func processes(marked marker: String) -> [String] {
            names(in: "/proc").filter { name in
                guard let id = Int32(name), id != getpid() else { return false }
                return readContainerText("/proc/\(id)/cmdline")?.contains(marker) ?? false
            }
        }

        private static func isStopped(_ process: pid_t) -> Bool {
            let status = readContainerText("/proc/\(process)/stat") ?? ") T"
            return ["T", "Z"].contains(status.split(separator: ")").last?.split(separator: " ").first ?? "T")
        }

        // MARK: what is there to be had

        /// As the user that payloads run as, where that is another: nothing but the walls protects it.
        private static func startVictim(_ token: String) throws -> pid_t {
            let user = ProcessDriver.payloadUser
            let become = geteuid() == 0 ? "setpriv --reuid \(user) --regid \(user) --clear-groups" : "env"
            let text = containerShellOutput(
                "VICTIM=victim-\(token) setsid \(become) sh -c 'sleep 600; :' victim-\(token) >/dev/null 2>&1 & echo $!"
            )
            let process = try #require(pid_t(text.split(separator: "\n").first ?? ""))
            for _ in 0..<400 {
                if readContainerText("/proc/\(process)/cmdline")?.hasPrefix("sh\0") == true { return process }
                usleep(5000)
            }
            throw ShellError(script: "the process outside", output: "it did not start")
        }

        private static func serve(_ kind: __socket_type, port: UInt16 = 0) throws -> (Int32, UInt16) {
            let descriptor = socket(AF_INET, Int32(kind.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let isBound = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
                }
            }
            try #require(isBound)
            if kind == SOCK_STREAM { try #require(listen(descriptor, 8) == 0) }
            return (descriptor, UInt16(bigEndian: address.sin_port))
        }

        private static func serve(named name: String) throws -> Int32 {
            let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name.utf8) }
            let size = socklen_t(MemoryLayout<sa_family_t>.size + name.utf8.count)
            let isBound = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) == 0 }
            }
            try #require(isBound && listen(descriptor, 8) == 0)
            return descriptor
        }
    }
#endif
