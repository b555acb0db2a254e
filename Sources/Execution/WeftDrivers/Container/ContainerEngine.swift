#if os(Linux)
    import Glibc

    /// A container engine that may be on this machine: where it listens.
    package struct ContainerEngine: Sendable, Hashable {
        package let socketPath: String

        package init(socketPath: String) { self.socketPath = socketPath }

        /// The sockets at which engines are looked for, without doubles: those of the configuration, `DOCKER_HOST`, then
        /// where Docker and Podman listen by themselves. Only those that are sockets now.
        ///
        /// - Parameter environment: the worker's.
        package static func find(
            configured: [String] = [], environment: [String: String] = ContainerEngine.processEnvironment()
        ) -> [ContainerEngine] {
            candidates(configured: configured, environment: environment)
                .filter(isSocket).map(ContainerEngine.init)
        }

        static func candidates(configured: [String], environment: [String: String]) -> [String] {
            var paths = configured.map { path(ofAddress: $0) ?? $0 }
            if let host = environment["DOCKER_HOST"], let path = path(ofAddress: host) { paths.append(path) }
            paths += ["/var/run/docker.sock", "/run/podman/podman.sock"]
            if let folder = environment["XDG_RUNTIME_DIR"], folder.hasPrefix("/") {
                paths += ["\(folder)/docker.sock", "\(folder)/podman/podman.sock"]
            }
            var seen: Set<String> = []
            return paths.filter { seen.insert($0).inserted }
        }

        /// `unix:///path`; nil for engines elsewhere: a worker offers what its own machine has.
        private static func path(ofAddress address: String) -> String? {
            guard address.hasPrefix("unix://") else { return nil }
            return String(address.dropFirst("unix://".count))
        }

        /// `docker` or `podman`, as the engine itself says; by where it listens, when it does not answer.
        package func name() async -> String {
            guard let version = try? await EngineAPI(socketPath: socketPath).version() else {
                return socketPath.contains("podman") ? "podman" : "docker"
            }
            return version.isPodman ? "podman" : "docker"
        }

        private static func isSocket(_ path: String) -> Bool {
            var status = stat()
            return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
        }

        package static func processEnvironment() -> [String: String] {
            var result: [String: String] = [:]
            for name in ["DOCKER_HOST", "XDG_RUNTIME_DIR"] {
                if let value = getenv(name) { result[name] = String(cString: value) }
            }
            return result
        }
    }
#endif
