#if os(Linux)
    import Glibc
    import Synchronization
    import Testing
    import WeftDrivers

    /// A Unix socket at which a test answers as it likes, whatever it is asked.
    final class ScriptedEngine: Sendable {
        enum Step: Sendable {
            case say(String)
            case bytes([UInt8])
            /// Waits without a word until the other side hangs up.
            case silence
        }

        let path: String
        private let listener: Int32
        private let heard = Mutex<[UInt8]>([])
        var request: String { heard.withLock { String(decoding: $0, as: UTF8.self) } }

        init(_ steps: [Step]) throws {
            let name = "/tmp/weft-scripted-\(UInt64.random(in: .min ... .max)).sock"
            path = name
            listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name.utf8) }
            let size = socklen_t(MemoryLayout<sockaddr_un>.size)
            let descriptor = listener
            let bound = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
            }
            try #require(bound == 0 && listen(listener, 8) == 0)
            let thread = Thread { [self] in answer(steps) }
            try #require(thread.start())
        }

        deinit {
            close(listener)
            unlink(path)
        }

        private func answer(_ steps: [Step]) {
            let client = accept(listener, nil, nil)
            guard client >= 0 else { return }
            defer { close(client) }
            readRequest(client)
            for step in steps {
                switch step {
                case .say(let text): send(Array(text.utf8), client)
                case .bytes(let bytes): send(bytes, client)
                case .silence:
                    var byte: UInt8 = 0
                    while read(client, &byte, 1) > 0 {}
                }
            }
        }

        private func readRequest(_ client: Int32) {
            var piece = [UInt8](repeating: 0, count: 4096)
            while !request.contains("\r\n\r\n") {
                let count = read(client, &piece, piece.count)
                guard count > 0 else { return }
                heard.withLock { $0 += piece[..<count] }
            }
        }

        private func send(_ bytes: [UInt8], _ client: Int32) {
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { Glibc.send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                guard count > 0 else { return }
                rest = rest.dropFirst(count)
            }
        }

        /// A thread that blocks.
        private struct Thread {
            final class Box {
                let body: @Sendable () -> Void
                init(_ body: @escaping @Sendable () -> Void) { self.body = body }
            }

            let body: @Sendable () -> Void

            init(_ body: @escaping @Sendable () -> Void) { self.body = body }

            func start() -> Bool {
                var thread = pthread_t()
                let box = Unmanaged.passRetained(Box(body))
                let code = pthread_create(
                    &thread, nil,
                    { argument in
                        Unmanaged<Box>.fromOpaque(argument!).takeRetainedValue().body()
                        return nil
                    }, box.toOpaque())
                if code == 0 { pthread_detach(thread) }
                return code == 0
            }
        }
    }
#endif
