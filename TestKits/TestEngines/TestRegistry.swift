import Glibc
import Synchronization

/// A registry of container images on this machine that asks for a name and a password.
package struct TestRegistry: Sendable {
    package static let isPresent = shellSucceeds(
        "command -v docker-registry >/dev/null && command -v python3 >/dev/null")
    package static let user = "ann"
    package static let password = "correct-horse"

    /// Chosen before anything starts: Podman wants to know in advance which registries have no TLS.
    package static let address = "127.0.0.1:\(freePort())"

    private static let started = Mutex<TestRegistry?>(nil)

    private let process: pid_t
    /// Docker's `config.json` with what this registry wants to know.
    package let credentialsPath: String

    /// The one that runs, started in `folder` at its first use. It lasts until ``stop()``.
    package static func start(in folder: String) throws -> TestRegistry {
        try started.withLock { started in
            if let started { return started }
            let registry = try TestRegistry("\(folder)/registry")
            started = registry
            return registry
        }
    }

    package static func stop() {
        guard let registry = started.withLock({ $0.take() }) else { return }
        kill(registry.process, SIGTERM)
        for _ in 0..<100 where kill(registry.process, 0) == 0 { usleep(50_000) }
    }

    private init(_ folder: String) throws {
        credentialsPath = "\(folder)/config.json"
        try shell(
            """
            set -e; mkdir -p \(folder)/data; cd \(folder)
            python3 -W ignore -c 'import crypt, sys
            salt = crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16)
            print(sys.argv[1] + ":" + crypt.crypt(sys.argv[2], salt))' \(Self.user) \(Self.password) > htpasswd
            printf '{"auths":{"\(Self.address)":{"auth":"%s"}}}' \
            $(printf %s \(Self.user):\(Self.password) | base64) > config.json
            chmod 600 config.json
            """)
        try write(
            """
            version: 0.1
            log: {level: error, accesslog: {disabled: true}}
            storage: {filesystem: {rootdirectory: \(folder)/data}}
            http: {addr: "\(Self.address)", secret: only-for-tests}
            auth: {htpasswd: {realm: weft, path: \(folder)/htpasswd}}
            """, to: "\(folder)/config.yml")
        try shell(
            "cd \(folder); setsid docker-registry serve config.yml >log 2>&1 & echo $! >\(folder)/pid")
        process = pid_t(shellOutput("cat \(folder)/pid").split(separator: "\n").first ?? "") ?? -1
        let port = Self.address.split(separator: ":").last ?? ""
        for _ in 0..<100 where process > 0 {
            if shellSucceeds("bash -c 'exec 3<>/dev/tcp/127.0.0.1/\(port)' 2>/dev/null") { return }
            usleep(50_000)
        }
        throw ShellError(script: "the registry does not start", output: shellOutput("tail -c 2000 \(folder)/log"))
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
