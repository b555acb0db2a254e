#if os(Linux)
    import Glibc
    import Synchronization
    import WeftModel
    import WeftSandbox

    /// Runs containers by an engine that speaks the Docker Engine API on a Unix socket: Docker or Podman.
    ///
    /// A driver for each engine; where there are several, the worker offers each.
    package final class ContainerDriver: Driver {
        /// What stands between a payload and the machine.
        package enum Wall: String, Sendable {
            /// Namespaces, control groups and a system call filter, as the engine makes them.
            case process
            /// A kernel of its own in user space, where the engine has the runtime `runsc`.
            case gvisor
        }

        package let name: String
        package let wall: Wall
        private let engine: ContainerEngine
        private let options: ContainerOptions
        private let prober: EngineProber
        private let reactor = Mutex<Reactor?>(nil)
        private let images = Mutex<ContainerImages?>(nil)

        /// - Parameter name: as node profiles spell it; several drivers of one worker need several.
        package init(
            engine: ContainerEngine, options: ContainerOptions, wall: Wall = .process, name: String = "container"
        ) {
            self.name = name
            self.engine = engine
            self.options = options
            self.wall = wall
            prober = EngineProber(engine: engine, options: options, runtime: wall == .gvisor ? "runsc" : nil)
        }

        /// The kinds of payload that it runs.
        package var payloads: [String] { ["container"] }
        package var mounts: Bool { true }

        /// Sweeps, too, before and after: see ``sweep()``. Nothing runs before it has returned.
        package func probe() async -> DriverAvailability {
            do {
                try await sweep()
                let (facts, startup) = try await prober.measure()
                // An engine may have gone on with what a dead worker asked for, an image's load above all.
                try await sweep()
                return .available(
                    version: facts.version, startup: startup, enforced: facts.enforced,
                    isolation: wall == .gvisor ? .gvisor : .process)
            } catch {
                return .unavailable(reason: "\(error)", hint: Self.hint(error))
            }
        }

        private static func hint(_ error: any Error) -> String {
            switch error as? EngineError {
            case .cannotConnect:
                "install Docker or Podman and start its service (scripts/setup-drivers.sh containers), and let the "
                    + "worker's user use its socket"
            case .refused: "see the engine's own log"
            default: "see whether the engine answers: `docker version`, `podman version`"
            }
        }

        /// Removes what a worker of the same owner left behind when it was killed: containers with their volumes, and
        /// images from archives. To be called before anything runs.
        ///
        /// - Throws: ``EngineError``.
        package func sweep() async throws {
            var api = EngineAPI(socketPath: engine.socketPath)
            api.isPodman = try await api.version(timeout: EngineProber.patience).isPodman
            for container in try await api.containers(label: ContainerOptions.label, value: options.owner) {
                try await api.remove(container.Id)
                // Of one that was ended while it was started, engines forget the control groups.
                let groups = ContainerUsage.groupPaths(id: container.Id, isPodman: api.isPodman)
                try await BlockingThread.run { for path in groups { ForeignGroup.remove(named: path) } }
            }
            try await images(api).removeAll()
            try options.sweepProbes()
        }

        package func shutDown() async {
            guard let images = images.withLock({ $0 }) else { return }
            // What cannot be removed now is at the next start.
            try? await images.removeAll()
            reactor.withLock { $0 = nil }
        }

        package func run(_ order: RunOrder, in workspace: Workspace, log: @escaping LogSink) async -> RunReport {
            do {
                guard case .container(let image, let command) = order.payload else {
                    throw AttemptFailure(.refused, "this driver runs containers only")
                }
                let facts = try await prober.facts()
                let api = api(facts)
                let images = images(api)
                let attempt = ContainerAttempt(
                    api: api, facts: facts, options: options, runtime: prober.runtime, order: order, command: command,
                    workspace: workspace, reactor: try sharedReactor())
                let name = try await images.acquire(image, digest: order.codeDigest)
                let report = await attempt.run(image: name, log: log)
                // Also when the task has been cancelled: nothing is to stay in use.
                await Task { await images.release(name) }.value
                return report
            } catch {
                return RunReport(end: RunEnd(engineFailure: error))
            }
        }

        func api(_ facts: EngineFacts) -> EngineAPI {
            var api = EngineAPI(socketPath: engine.socketPath)
            api.isPodman = facts.isPodman
            return api
        }

        private func images(_ api: EngineAPI) -> ContainerImages {
            images.withLock { images in
                if let images { return images }
                let made = ContainerImages(api: api, options: options)
                images = made
                return made
            }
        }

        private func sharedReactor() throws -> Reactor {
            try reactor.withLock { reactor in
                if let reactor { return reactor }
                let made = try Reactor()
                reactor = made
                return made
            }
        }
    }
#endif
