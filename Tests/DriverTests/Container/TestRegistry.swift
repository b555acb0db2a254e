#if os(Linux)
    import Glibc
    import Synchronization
    import Testing

    /// A registry on this machine that asks for a name and a password.
    struct TestRegistry: Sendable {
        static let isPresent = system("command -v docker-registry >/dev/null && command -v python3 >/dev/null") == 0
        static let user = "ann"
        static let password = "correct-horse"

        /// Chosen before anything starts: Podman wants to know in advance which registries have no TLS.
        static let address = "127.0.0.1:\(freePort())"

        private static let started = Mutex<Result<TestRegistry, any Error>?>(nil)

        let process: pid_t
        /// Docker's `config.json` with what this registry wants to know.
        let credentialsPath: String

        static func start() throws -> TestRegistry {
            try started.withLock { started in
                let result = started ?? Result { try TestRegistry(in: try ContainerTestFolder.shared.get().path) }
                started = result
                return try result.get()
            }
        }

        static func stop() {
            guard case .success(let registry)? = started.withLock({ $0 }) else { return }
            kill(registry.process, SIGTERM)
        }

        private init(in folder: String) throws {
            credentialsPath = "\(folder)/registry/config.json"
            try containerShell(
                """
                set -e; mkdir -p \(folder)/registry/data; cd \(folder)/registry
                python3 -W ignore -c 'import crypt, sys
                print(sys.argv[1] + ":" + crypt.crypt(sys.argv[2], crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16)))' \
                \(Self.user) \(Self.password) > htpasswd
                printf '{"auths":{"\(Self.address)":{"auth":"%s"}}}' \
                $(printf %s \(Self.user):\(Self.password) | base64) > config.json
                chmod 600 config.json
                """)
            try writeContainerText(
                "\(folder)/registry/config.yml",
                """
                version: 0.1
                log: {level: error, accesslog: {disabled: true}}
                storage: {filesystem: {rootdirectory: \(folder)/registry/data}}
                http: {addr: "\(Self.address)", secret: only-for-tests}
                auth: {htpasswd: {realm: weft, path: \(folder)/registry/htpasswd}}
                """)
            try containerShell(
                "cd \(folder)/registry; setsid docker-registry serve config.yml >log 2>&1 & echo $! >\(folder)/registry/pid"
            )
            process = pid_t(readContainerText("\(folder)/registry/pid")?.split(separator: "\n").first ?? "") ?? -1
            try #require(process > 0)
            try containerShell(
                """
                for i in $(seq 100); do (exec 3<>/dev/tcp/\(Self.address.split(separator: ":").joined(separator: "/"))) \
                2>/dev/null && exit 0; sleep 0.05; done; cat \(folder)/registry/log >&2; exit 1
                """.asBash)
        }

        private static func freePort() -> UInt16 {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(descriptor) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                    _ = bind(descriptor, pointer, length)
                    _ = getsockname(descriptor, pointer, &length)
                }
            }
            return UInt16(bigEndian: address.sin_port)
        }
    }

    extension String {
        fileprivate var asBash: String { "bash -c '\(self)'" }
    }
#endif
