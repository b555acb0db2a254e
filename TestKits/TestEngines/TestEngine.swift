import Glibc
import Synchronization

/// The container engines that tests and benchmarks try where they are installed. Each is started by hand, on a data root
/// of its own, without a network.
package enum TestEngine: String, CaseIterable, Sendable {
    case docker, podman

    /// Those that can be started here. The others are named, so that nobody takes silence for success.
    package static let present: [TestEngine] = allCases.filter { engine in
        guard geteuid() == 0, shellSucceeds(engine.check) else {
            print("engines: \(engine.rawValue) skipped: it takes root, \(engine.program), runc and busybox")
            return false
        }
        return true
    }

    private var program: String { self == .docker ? "dockerd" : "podman" }
    private var check: String {
        ["\(program)", "runc", "busybox"].map { "command -v \($0) >/dev/null 2>&1" }.joined(separator: " && ")
    }

    private static let running = Mutex<[TestEngine: EngineDaemon]>([:])

    /// The one that runs, started in `folder` at its first use. It lasts until ``stopAll()``.
    package func start(in folder: String) throws -> EngineDaemon {
        try Self.running.withLock { running in
            if let daemon = running[self] { return daemon }
            let daemon = try EngineDaemon(self, in: folder)
            running[self] = daemon
            return daemon
        }
    }

    package var daemon: EngineDaemon? { Self.running.withLock { $0[self] } }

    /// Ends them all. Their folders can be removed then.
    package static func stopAll() {
        let daemons = running.withLock { running in
            defer { running = [:] }
            return Array(running.values)
        }
        for daemon in daemons { daemon.stop() }
    }
}

/// A container engine that a test started.
package struct EngineDaemon: Sendable {
    package let socketPath: String
    package let folder: String
    /// The engine's own command, as a shell takes it. Nil where it has none.
    package let command: String?
    private let process: pid_t

    fileprivate init(_ engine: TestEngine, in parent: String) throws {
        folder = "\(parent)/\(engine.rawValue)"
        socketPath = "\(folder)/engine.sock"
        try shell("mkdir -p \(folder)")
        switch engine {
        case .docker:
            try shell(
                """
                setsid dockerd -H unix://\(socketPath) --data-root \(folder)/root --exec-root \(folder)/exec \
                --pidfile \(folder)/dockerd.pid --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false \
                --bridge=none --userland-proxy=false --exec-opt native.cgroupdriver=cgroupfs \
                \(try Self.runtimes(folder)) >\(folder)/log 2>&1 & echo $! >\(folder)/pid
                """)
            command = shellSucceeds("command -v docker >/dev/null 2>&1") ? "docker -H unix://\(socketPath)" : nil
        case .podman:
            try write(
                """
                [containers]
                default_ulimits=["nofile=1024:1024","nproc=4096:4096"]
                [engine]
                runtime="runc"
                cgroup_manager="cgroupfs"
                events_logger="file"
                """, to: "\(folder)/containers.conf")
            // Docker takes any registry on this machine without TLS.
            try write(
                "[[registry]]\nlocation=\"\(TestRegistry.address)\"\ninsecure=true\n", to: "\(folder)/registries.conf")
            let settings =
                "CONTAINERS_CONF=\(folder)/containers.conf CONTAINERS_REGISTRIES_CONF=\(folder)/registries.conf"
            let podman = "\(settings) podman --root \(folder)/root --runroot \(folder)/run"
            // Its monitor of containers notes memory that ran out in a file where it was started.
            try shell(
                """
                cd \(folder); \(settings) setsid podman --root \(folder)/root --runroot \(folder)/run \
                system service --time=0 unix://\(socketPath) >\(folder)/log 2>&1 & echo $! >\(folder)/pid
                """)
            command = podman
        }
        process = pid_t(shellOutput("cat \(folder)/pid").split(separator: "\n").first ?? "") ?? -1
        for _ in 0..<200 where process > 0 {
            if access(socketPath, F_OK) == 0 { return }
            usleep(50_000)
        }
        throw ShellError(script: "\(engine.rawValue) does not start", output: shellOutput("tail -c 2000 \(folder)/log"))
    }

    /// gVisor, where it is installed. Docker 20.10 takes arguments for a runtime only from a file.
    private static func runtimes(_ folder: String) throws -> String {
        guard shellSucceeds("command -v runsc >/dev/null 2>&1") else { return "" }
        try write("#!/bin/sh\nexec runsc --platform=ptrace --network=none \"$@\"\n", to: "\(folder)/runsc")
        chmod("\(folder)/runsc", 0o755)
        return "--add-runtime runsc=\(folder)/runsc"
    }

    fileprivate func stop() {
        kill(process, SIGTERM)
        for _ in 0..<100 where kill(process, 0) == 0 { usleep(50_000) }
        if kill(process, 0) == 0 { kill(process, SIGKILL) }
        _ = shellSucceeds("umount -l \(folder)/root/*/* \(folder)/root/overlay \(folder)/exec/netns/* 2>/dev/null")
    }
}
