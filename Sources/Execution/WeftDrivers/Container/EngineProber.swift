#if os(Linux)
    import Glibc
    import Synchronization
    import WeftModel

    /// Finds out what an engine can do by having it run a program that does nothing.
    actor EngineProber {
        /// How long an engine may take to say its version: workers that start together try it at once, beside their other
        /// drivers, and five seconds were too few for Podman then.
        static let patience = Duration.seconds(30)

        let runtime: String?
        private let engine: ContainerEngine
        private let options: ContainerOptions
        private var known: (facts: EngineFacts, startup: Duration)?
        private var probing: Task<(facts: EngineFacts, startup: Duration), any Error>?

        init(engine: ContainerEngine, options: ContainerOptions, runtime: String?) {
            self.engine = engine
            self.options = options
            self.runtime = runtime
        }

        func facts() async throws -> EngineFacts {
            if let known { return known.facts }
            return try await measure().facts
        }

        /// Tries it anew; who asks meanwhile gets the same answer.
        func measure() async throws -> (facts: EngineFacts, startup: Duration) {
            let task = probing ?? Task { try await probe() }
            probing = task
            defer { if probing == task { probing = nil } }
            let result = try await task.value
            known = result
            return result
        }

        private func probe() async throws -> (facts: EngineFacts, startup: Duration) {
            var api = EngineAPI(socketPath: engine.socketPath)
            let version = try await api.version(timeout: Self.patience)
            guard Self.isSupported(version.ApiVersion ?? "") else {
                throw EngineError.malformed(
                    "it speaks version \(version.ApiVersion ?? "0") of the API; 1.41 (Docker 20.10, Podman 4) is needed"
                )
            }
            api.isPodman = version.isPodman
            let info = try await api.info()
            if let runtime, info.Runtimes?[runtime] == nil {
                throw EngineError.refused(
                    status: 404, message: "it has no runtime \(runtime); install gVisor and name it in daemon.json")
            }
            var facts = EngineFacts(
                version: (version.isPodman ? "podman " : "docker ") + version.Version, isPodman: version.isPodman,
                sharesFiles: false, enforcesMemory: info.MemoryLimit ?? false,
                enforcesProcesses: info.PidsLimit ?? false,
                enforcesCPU: info.CpuCfsQuota ?? false, filter: try filter(forPodman: version.isPodman),
                cpuMillisMax: (info.NCPU ?? 1) * 1000)
            // Whom a container's user is outside is known only where users are not mapped, and only root can hand over
            // a directory. SELinux would want labels on it.
            let isPlain = !info.isRootless && !info.remapsUsers && !info.labelsFiles
            let image = try await makeImage(api)
            let result: Result<(EngineFacts, Duration), any Error>
            do {
                if geteuid() == 0, isPlain, let startup = await tryShared(api, image, facts) {
                    facts.sharesFiles = true
                    result = .success((facts, startup))
                } else {
                    result = .success((facts, try await runOnce(api, image, facts, directory: nil)))
                }
            } catch {
                result = .failure(error)
            }
            try await api.removeImage(image)
            return try result.get()
        }

        private func filter(forPodman isPodman: Bool) throws -> String {
            guard isPodman else { return try SystemCallFilter.json.get() }
            let path = options.stateDirectory + "/seccomp.json"
            try SystemCallFilter.write(to: path)
            return path
        }

        private static func isSupported(_ version: String) -> Bool {
            let parts = version.split(separator: ".").compactMap { Int($0) }
            return parts.count == 2 && (parts[0] > 1 || parts[0] == 1 && parts[1] >= 41)
        }

        private func makeImage(_ api: EngineAPI) async throws -> String {
            guard let program = ProbeProgram.forThisMachine else {
                throw EngineError.system("containers are not tried out on this architecture yet")
            }
            var tar = TarWriter()
            tar.add("bin/", mode: 0o755, kind: .directory)
            tar.add("bin/nothing", mode: 0o755, kind: .file, content: program)
            let number = UInt64.random(in: .min ... .max)
            return try await api.importImage(
                rootTar: tar.finished(), repository: ContainerImages.repository(owner: options.owner),
                tag: "probe-\(number)")
        }

        /// Nil where the engine does not see the worker's files: a directory with a name that nobody can guess is there
        /// for it, or is not.
        private func tryShared(_ api: EngineAPI, _ image: String, _ facts: EngineFacts) async -> Duration? {
            let directory = options.makeProbePath()
            guard mkdir(directory, 0o755) == 0 else { return nil }
            defer { rmdir(directory) }
            return try? await runOnce(api, image, facts, directory: directory)
        }

        /// How long the whole life of a container takes that does nothing.
        private func runOnce(
            _ api: EngineAPI, _ image: String, _ facts: EngineFacts, directory: String?
        ) async throws -> Duration {
            let started = ContinuousClock.now
            let id = try await api.create(
                EngineTypes.ContainerCreation(
                    image: image, command: ["/bin/nothing"], environment: [:],
                    limits: ContainerLimits(
                        Resources(), processCount: options.processCount, hasOwnKernel: runtime != nil),
                    options: options,
                    facts: facts, runtime: runtime, directory: directory, hasInput: false))
            let status: Result<Int32, any Error>
            do {
                if let runtime { try await checkRuntime(api, id, runtime) }
                try await api.start(id)
                status = .success(try await api.waitForEnd(id, timeout: .seconds(60)))
            } catch {
                status = .failure(error)
            }
            try await api.remove(id)
            let code = try status.get()
            guard code == 0 else {
                throw EngineError.malformed("a program that does nothing ended with status \(code)")
            }
            return ContinuousClock.now - started
        }
    }

    extension EngineProber {
        /// An engine that does not know the wish runs a container by its usual runtime, without a word: then the wall that is
        /// promised would not be there.
        private func checkRuntime(_ api: EngineAPI, _ id: String, _ runtime: String) async throws {
            let used = try await api.runtime(of: id)
            guard used?.split(separator: "/").last.map(String.init) == runtime else {
                throw EngineError.refused(
                    status: 501, message: "asked for the runtime \(runtime) it takes \(used ?? "its own") all the same")
            }
        }
    }

    extension EngineFacts {
        /// The limits that hold for containers of this engine.
        var enforced: [Limit] {
            var limits: [Limit] = [.time, .network]
            if enforcesCPU { limits.append(.cpu) }
            if enforcesMemory { limits.append(.memory) }
            if enforcesProcesses { limits.append(.processes) }
            // What is in an engine's volume cannot be measured from here.
            if sharesFiles { limits.append(.disk) }
            return limits.sorted()
        }
    }
#endif
