#if os(Linux)
    import WeftModel

    /// What is known of an engine before anything runs in it.
    struct EngineFacts: Sendable, Hashable {
        var version: String
        var isPodman: Bool
        /// Whether a directory of the worker can be bound into a container, with owners as they are. Otherwise files are
        /// copied in and out.
        var sharesFiles: Bool
        var enforcesMemory: Bool
        var enforcesProcesses: Bool
        var enforcesCPU: Bool
        /// The system call filter as the engine wants it: the text itself, or the path of a file.
        var filter: String
        /// The most that it takes for a container's share of processors.
        var cpuMillisMax: Int64
    }

    extension EngineTypes.ContainerCreation {
        /// A container as an order has it, with every wall that the API knows.
        ///
        /// - Parameter directory: what it sees as `/work`; nil gives it a volume there.
        init(
            image: String, command: [String], environment: [String: String], limits: ContainerLimits,
            options: ContainerOptions, facts: EngineFacts, runtime: String?, directory: String?, mounts: [Mount] = [],
            hasInput: Bool
        ) {
            var variables = ["HOME": "/work", "LANG": "C.UTF-8", "TMPDIR": "/tmp"]
            variables.merge(environment) { $1 }
            let ulimits = [
                ("nofile", limits.openFiles), ("nproc", limits.userProcesses), ("core", 0),
                ("fsize", limits.fileSizeBytes),
            ]
            func bind(_ source: String, at target: String) -> EngineTypes.Mount {
                EngineTypes.Mount(
                    Type: "bind", Source: source, Target: target, ReadOnly: false,
                    BindOptions: EngineTypes.Mount.BindOptions(Propagation: "rprivate"))
            }
            let binds = directory.map { directory in
                [bind(directory, at: "/work")] + mounts.map { bind("\(directory)/\($0.path)", at: $0.target) }
            }
            let temporary = "rw,nosuid,nodev,exec,mode=1777,size=\(limits.temporaryBytes)"
            let hasOwnTemporary = mounts.contains { $0.target == "/tmp" }
            self.init(
                Image: image, Cmd: command, Env: variables.map { "\($0)=\($1)" }.sorted(),
                User: "\(options.user):\(options.user)", WorkingDir: "/work",
                Labels: [ContainerOptions.label: options.owner], AttachStdin: hasInput, OpenStdin: hasInput,
                StdinOnce: hasInput, Volumes: directory == nil ? ["/work": Nothing()] : nil,
                HostConfig: EngineTypes.HostConfig(
                    SecurityOpt: ["no-new-privileges", "seccomp=\(facts.filter)"],
                    Memory: limits.memoryBytes, MemorySwap: limits.memoryBytes,
                    NanoCpus: min(limits.cpuMillis, facts.cpuMillisMax) * 1_000_000, PidsLimit: limits.processCount,
                    Ulimits: ulimits.map { EngineTypes.Ulimit(Name: $0.0, Soft: $0.1, Hard: $0.1) },
                    Tmpfs: hasOwnTemporary ? [:] : ["/tmp": temporary],
                    Mounts: binds ?? [], ShmSize: limits.temporaryBytes, Runtime: runtime))
        }
    }
#endif
