import Synchronization

/// A link inside one process: the reference adapter. Everything is encoded, counted and decoded as on a wire.
package final class MemoryLink: Link {
    /// What joins two ends. Emptied when the link is over, so that the ends do not keep each other alive.
    fileprivate final class Pipe: Sendable {
        let cores: Mutex<[LinkCore]>

        init(_ cores: [LinkCore]) { self.cores = Mutex(cores) }

        func core(at position: Int) -> LinkCore? {
            cores.withLock { $0.indices.contains(position) ? $0[position] : nil }
        }

        /// Moves what the end at `position` has to say to the other. Called by one thread at a time for each end:
        /// the machine wakes its transport only when it is not at work.
        func pump(from position: Int) {
            guard let source = core(at: position), let target = core(at: 1 - position) else { return }
            while true {
                switch source.takeOutbound() {
                case .nothing: return
                case .goodbye:
                    target.end(.closed)
                    return finish(.closed)
                case .frame(let bytes):
                    do throws(LinkError) {
                        try deliver(bytes, to: target)
                    } catch {
                        target.end(error)
                        source.end(.refused("\(error)"))
                        return finish(error)
                    }
                }
            }
        }

        func deliver(_ bytes: [UInt8], to target: LinkCore) throws(LinkError) {
            target.receive([try Frame(decoding: bytes, limits: target.limits)])
            if let error = target.ending, error != .closed { throw error }
        }

        func finish(_ error: LinkError) {
            let cores = cores.withLock { cores in
                defer { cores = [] }
                return cores
            }
            for core in cores {
                core.end(error)
                core.detach()
            }
        }
    }

    /// The far end of a link as raw bytes, for tests that misbehave on purpose.
    package struct RawEnd: Sendable {
        fileprivate let pipe: Pipe

        /// Hands one frame's bytes to the link as if its peer had sent them.
        package func inject(_ bytes: [UInt8]) {
            guard let core = pipe.core(at: 0) else { return }
            do throws(LinkError) { try pipe.deliver(bytes, to: core) } catch { pipe.finish(error) }
        }

        /// The connection is gone without a goodbye.
        package func drop() { pipe.finish(.lost("the connection was dropped")) }
    }

    private let core: LinkCore
    private let pipe: Pipe
    package let remoteDescription: String
    package var channelBinding: [UInt8] { [] }

    private init(_ core: LinkCore, _ pipe: Pipe, _ remoteDescription: String) {
        self.core = core
        self.pipe = pipe
        self.remoteDescription = remoteDescription
    }

    deinit { pipe.finish(.lost("the other end is gone")) }

    /// Two ends of one link; either may be given to either side.
    package static func pair(limits: LinkLimits = .standard) -> (MemoryLink, MemoryLink) {
        let cores = [LinkCore(limits: limits), LinkCore(limits: limits)]
        let pipe = Pipe(cores)
        // Weak: the cores belong to the ends and the pipe, not to what wakes them.
        for (position, core) in cores.enumerated() {
            core.attach { [weak pipe] in pipe?.pump(from: position) }
        }
        return (MemoryLink(cores[0], pipe, "memory (peer)"), MemoryLink(cores[1], pipe, "memory"))
    }

    /// One end, and raw access to the other. The raw end grants no credit by itself and ignores what it is sent.
    package static func rawPair(limits: LinkLimits = .standard) -> (MemoryLink, RawEnd) {
        let core = LinkCore(limits: limits)
        let pipe = Pipe([core])
        core.attach { [weak core] in while let core, core.takeOutbound() != .nothing {} }
        return (MemoryLink(core, pipe, "memory (raw)"), RawEnd(pipe: pipe))
    }

    package func send(_ messages: [Message]) async throws { try await core.send(messages) }
    package var inbound: LinkInbound { LinkInbound { [self] in try await core.next() } }

    package func close() async {
        if pipe.core(at: 1) == nil { core.end(.closed) }
        await core.close()
    }

    /// Bytes held for the transport and for the reader, for tests of the bounds.
    package var heldBytes: Int { core.heldBytes }
}
