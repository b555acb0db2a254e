#if os(Linux)
    import Glibc
    import Synchronization
    import TestEngines
    import Testing
    import WeftDrivers
    import WeftModel

    /// One after the other: they share engines, and look at what is left behind.
    @Suite(.serialized) struct ContainerSuite {}

    typealias TestedEngine = TestEngine

    extension TestEngine {
        /// Started in the tests' folder at its first use.
        func start() throws -> ContainerEngine {
            ContainerEngine(socketPath: try start(in: try ContainerTestFolder.shared.get().path).socketPath)
        }
    }

    /// A folder that lasts as long as the test process, with an image in it that was made without any registry.
    final class ContainerTestFolder: Sendable {
        static let shared = Result { try ContainerTestFolder() }

        let path: String
        private let sequence = Mutex(0)

        private init() throws {
            var template = Array("/tmp/weft-container-tests-XXXXXX".utf8CString)
            try #require(mkdtemp(&template) != nil)
            path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            try containerShell("mkdir -p \(path)/state")
            folderAtExit.withLock { $0 = path }
            atexit { removeContainerTestFolder() }
        }

        func makeDirectory() throws -> String {
            let number = sequence.withLock {
                $0 += 1
                return $0
            }
            let directory = "\(path)/d\(number)"
            try containerShell("mkdir -m 755 \(directory)")
            return directory
        }

        /// `docker save` of an image with a static shell and a program of attacks.
        static let image: Result<String, any Error> = Result {
            let folder = try shared.get().path
            try containerShell(
                """
                set -e; cd \(folder); mkdir -p image rootfs/bin rootfs/tmp rootfs/etc
                cp "$(command -v busybox)" rootfs/bin/busybox
                for name in $(rootfs/bin/busybox --list); do [ $name = busybox ] || ln -sf busybox rootfs/bin/$name; done
                cp \(try AttackBinary.path.get()) rootfs/bin/attack
                cp rootfs/bin/busybox rootfs/bin/setuid-busybox; chmod 4755 rootfs/bin/setuid-busybox
                echo secret-of-root > rootfs/etc/shadow; chmod 600 rootfs/etc/shadow
                tar -C rootfs --owner 0 --group 0 --numeric-owner -cf image/layer.tar .
                layer=$(sha256sum image/layer.tar | cut -d' ' -f1)
                case $(uname -m) in x86_64) arch=amd64;; aarch64) arch=arm64;; *) arch=$(uname -m);; esac
                printf '{"architecture":"%s","os":"linux","config":{"Env":["PATH=/bin","FROM_IMAGE=yes"],"Cmd":["echo","default"]},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]},"history":[{"created_by":"weft"}]}' $arch $layer > image/config.json
                printf '[{"Config":"config.json","RepoTags":["weft-evil:latest"],"Layers":["layer.tar"]}]' > image/manifest.json
                tar -C image -cf saved.tar manifest.json config.json layer.tar
                mkdir -p layout/blobs/sha256
                gzip -n < image/layer.tar > layer.gz; zipped=$(sha256sum layer.gz | cut -d' ' -f1)
                config=$(sha256sum image/config.json | cut -d' ' -f1)
                cp layer.gz layout/blobs/sha256/$zipped; cp image/config.json layout/blobs/sha256/$config
                printf '{"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:%s","size":1},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"sha256:%s","size":1}]}' $config $zipped > manifest
                manifest=$(sha256sum manifest | cut -d' ' -f1); cp manifest layout/blobs/sha256/$manifest
                printf '{"imageLayoutVersion":"1.0.0"}' > layout/oci-layout
                printf '{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:%s","size":1}]}' $manifest > layout/index.json
                tar -C layout -cf layout.tar .
                """)
            return folder
        }

        static var savedImage: String { get throws { try image.get() + "/saved.tar" } }
        static var layoutImage: String { get throws { try image.get() + "/layout.tar" } }
        static let hasBusybox = system("command -v busybox >/dev/null && command -v cc >/dev/null") == 0
    }

    func containerShell(_ script: String) throws { try shell(script) }

    func containerShellOutput(_ script: String) -> String { shellOutput(script) }

    func writeContainerText(_ path: String, _ text: String) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        try #require(file >= 0)
        defer { close(file) }
        var text = text
        let count = text.withUTF8 { write(file, $0.baseAddress, $0.count) }
        try #require(count == text.utf8.count)
    }

    func readContainerText(_ path: String) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = read(file, &piece, piece.count)
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += piece[..<count]
        }
    }

    private let folderAtExit = Mutex<String?>(nil)

    private func removeContainerTestFolder() {
        TestEngine.stopAll()
        TestRegistry.stop()
        if let path = folderAtExit.withLock({ $0 }) {
            system("rm -rf --one-file-system \(path)")
        }
    }
#endif
