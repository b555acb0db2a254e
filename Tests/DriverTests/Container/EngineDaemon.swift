#if os(Linux)
    import Glibc
    import Synchronization
    import Testing
    import WeftDrivers
    import WeftModel

    /// The engines that are tried where they are installed.
    enum TestedEngine: String, CaseIterable, Sendable {
        case docker, podman

        /// Those that can be started here. The others are named, so that nobody takes silence for success.
        static let present: [TestedEngine] = allCases.filter { engine in
            guard geteuid() == 0, ContainerTestFolder.hasBusybox, system(engine.check) == 0 else {
                print("container tests: \(engine.rawValue) skipped: it takes root, \(engine.program), busybox and cc")
                return false
            }
            return true
        }

        private var program: String { self == .docker ? "dockerd" : "podman" }
        private var check: String { "command -v \(program) >/dev/null 2>&1 && command -v runc >/dev/null 2>&1" }

        /// Starts it by hand, on a data root of its own, at its first use.
        func start() throws -> ContainerEngine {
            try EngineDaemon.running.withLock { running in
                if let daemon = running[self] { return ContainerEngine(socketPath: daemon.socketPath) }
                let daemon = try EngineDaemon(self, in: try ContainerTestFolder.shared.get().path)
                running[self] = daemon
                return ContainerEngine(socketPath: daemon.socketPath)
            }
        }
    }

    /// A container engine that a test started.
    struct EngineDaemon: Sendable {
        static let running = Mutex<[TestedEngine: EngineDaemon]>([:])

        let socketPath: String
        let folder: String
        let process: pid_t

        init(_ engine: TestedEngine, in parent: String) throws {
            folder = "\(parent)/\(engine.rawValue)"
            socketPath = "\(folder)/engine.sock"
            try containerShell("mkdir -p \(folder)")
            switch engine {
            case .docker:
                try containerShell(
                    """
                    setsid dockerd -H unix://\(socketPath) --data-root \(folder)/root --exec-root \(folder)/exec \
                    --pidfile \(folder)/dockerd.pid --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false \
                    --bridge=none --userland-proxy=false --exec-opt native.cgroupdriver=cgroupfs \
                    \(Self.runtimes) >\(folder)/log 2>&1 & echo $! >\(folder)/pid
                    """)
            case .podman:
                try writeContainerText(
                    "\(folder)/containers.conf",
                    """
                    [containers]
                    default_ulimits=["nofile=1024:1024","nproc=4096:4096"]
                    [engine]
                    runtime="runc"
                    cgroup_manager="cgroupfs"
                    events_logger="file"
                    """)
                // Docker takes any registry on this machine without TLS.
                try writeContainerText(
                    "\(folder)/registries.conf",
                    "[[registry]]\nlocation=\"\(TestRegistry.address)\"\ninsecure=true\n")
                try containerShell(
                    """
                    CONTAINERS_CONF=\(folder)/containers.conf \
                    CONTAINERS_REGISTRIES_CONF=\(folder)/registries.conf setsid podman --root \(folder)/root --runroot \(folder)/run \
                    system service --time=0 unix://\(socketPath) >\(folder)/log 2>&1 & echo $! >\(folder)/pid
                    """)
            }
            process = pid_t(readContainerText("\(folder)/pid")?.split(separator: "\n").first ?? "") ?? -1
            try #require(process > 0)
            for _ in 0..<200 {
                if access(socketPath, F_OK) == 0 { return }
                usleep(50_000)
            }
            throw ShellError(script: readContainerText("\(folder)/log") ?? "", status: -1)
        }

        /// gVisor, where it is installed.
        private static var runtimes: String {
            system("command -v runsc >/dev/null 2>&1") == 0 ? "--add-runtime runsc=\(runscWrapper)" : ""
        }

        /// Docker 20.10 takes arguments for a runtime only from a file.
        private static var runscWrapper: String {
            let path = (try? ContainerTestFolder.shared.get().path).map { "\($0)/runsc" } ?? "runsc"
            try? writeContainerText(path, "#!/bin/sh\nexec runsc --platform=ptrace --network=none \"$@\"\n")
            chmod(path, 0o755)
            return path
        }

        /// The engine's own command, for comparison.
        static func command(_ engine: TestedEngine) -> String? {
            guard let daemon = running.withLock({ $0[engine] }) else { return nil }
            switch engine {
            case .docker:
                return system("command -v docker >/dev/null 2>&1") == 0 ? "docker -H unix://\(daemon.socketPath)" : nil
            case .podman:
                return "CONTAINERS_CONF=\(daemon.folder)/containers.conf "
                    + "CONTAINERS_REGISTRIES_CONF=\(daemon.folder)/registries.conf podman --root \(daemon.folder)/root "
                    + "--runroot \(daemon.folder)/run"
            }
        }
    }

    func stopEngineDaemons() {
        for daemon in EngineDaemon.running.withLock({ $0.values }) {
            kill(daemon.process, SIGTERM)
            for _ in 0..<100 where kill(daemon.process, 0) == 0 { usleep(50_000) }
        }
    }
#endif
