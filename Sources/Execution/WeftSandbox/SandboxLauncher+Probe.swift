#if os(Linux)
    import Glibc

    extension SandboxCapabilities {
        /// Starts a launcher, tries it, and stops it again. Never throws: what is missing is the answer.
        package static func probe(executablePath: String? = nil, stateDirectory: String) async -> SandboxCapabilities {
            do {
                let launcher = try await SandboxLauncher.start(
                    executablePath: executablePath, stateDirectory: stateDirectory)
                let capabilities = await launcher.probe()
                await launcher.shutdown()
                return capabilities
            } catch {
                let finding = Finding(
                    name: "launcher", isAvailable: false, detail: "\(error)", hint: "install weft-sandbox beside weft")
                return SandboxCapabilities(
                    mode: .unavailable, unavailable: finding, kernelRelease: SandboxLauncher.kernelRelease(),
                    controlGroups: .none)
            }
        }
    }

    extension SandboxLauncher {
        /// Runs `/bin/true` to see whether sandboxes work here. If only `/proc` is in the way, does without it from now on.
        package func probe() async -> SandboxCapabilities {
            var end = await runTrue()
            var proc = SandboxCapabilities.Finding(name: "proc", isAvailable: true, detail: "a fresh, read-only /proc")
            if case .failed("proc", _, let message) = end {
                giveUpProc()
                proc = .init(
                    name: "proc", isAvailable: false, detail: message,
                    hint: "in a container, allow an unmasked /proc (Docker: --security-opt systempaths=unconfined)")
                end = await runTrue()
            }
            var capabilities = SandboxCapabilities(
                mode: identity.usesUserNamespace ? .rootless : .root, kernelRelease: Self.kernelRelease(),
                controlGroups: groups.layout.version)
            guard end == .exited(code: 0) else {
                capabilities.mode = .unavailable
                capabilities.unavailable = Self.explain(end)
                return capabilities
            }
            capabilities.features = [
                .init(
                    name: "namespaces", isAvailable: true,
                    detail: identity.usesUserNamespace ? "user namespace of an ordinary user" : "made by root"),
                .init(name: "seccomp", isAvailable: true, detail: "system call filter installed"),
                proc,
            ]
            capabilities.limits = SandboxLimit.allCases.map(finding)
            capabilities.startupMicroseconds = try? await measureStartup(runs: 5).p50Microseconds
            return capabilities
        }

        /// The time from asking for `/bin/true` to its report, over a number of runs one after the other.
        package func measureStartup(runs: Int) async throws -> SandboxStartup {
            precondition(runs > 0, "a median of no runs")
            let clock = ContinuousClock()
            var times: [Duration] = []
            for _ in 0..<runs {
                let start = clock.now
                let end = await runTrue()
                times.append(clock.now - start)
                guard end == .exited(code: 0) else {
                    throw SandboxError.launcherUnavailable(message: "/bin/true ended as \(end)")
                }
            }
            times.sort()
            return SandboxStartup(
                runs: runs, p50Microseconds: times[runs / 2].wholeMicroseconds,
                p99Microseconds: times[min(runs - 1, runs * 99 / 100)].wholeMicroseconds)
        }

        /// With the limits that every real run has, so that a measurement includes their cost.
        private func runTrue() async -> SandboxEnd {
            let null = open("/dev/null", O_RDWR | O_CLOEXEC)
            defer { close(null) }
            let spec = SandboxSpec(
                arguments: ["/bin/true"], standardInput: null, standardOutput: null, standardError: null,
                limits: SandboxLimits(
                    memoryBytes: 64 << 20, cpuMillis: 1000, processCount: 16, temporaryBytes: 1 << 20,
                    wallTime: .seconds(10)))
            do { return try await run(spec).end } catch {
                return .failed(step: "launcher", errno: 0, message: "\(error)")
            }
        }

        // MARK: words for people

        private func finding(_ limit: SandboxLimit) -> SandboxCapabilities.Finding {
            switch limit {
            case .memory: controlled(limit, by: "memory")
            case .cpu: controlled(limit, by: "cpu")
            case .processes:
                if !groups.has("pids") && identity.usesUserNamespace {
                    .init(
                        name: limit.rawValue, isAvailable: true,
                        detail: "RLIMIT_NPROC within the user namespace (Linux 5.14 or later)")
                } else {
                    controlled(limit, by: "pids")
                }
            case .fileSize: .init(name: limit.rawValue, isAvailable: true, detail: "RLIMIT_FSIZE")
            case .disk:
                .init(
                    name: limit.rawValue, isAvailable: true,
                    detail: "the working directory is measured every 100 ms; it can be exceeded for that long")
            case .temporary: .init(name: limit.rawValue, isAvailable: true, detail: "tmpfs size")
            case .openFiles: .init(name: limit.rawValue, isAvailable: true, detail: "RLIMIT_NOFILE")
            case .wallTime: .init(name: limit.rawValue, isAvailable: true, detail: "the launcher's clock")
            case .network: .init(name: limit.rawValue, isAvailable: true, detail: "an empty network namespace")
            }
        }

        private func controlled(_ limit: SandboxLimit, by controller: String) -> SandboxCapabilities.Finding {
            if let parent = groups.v1[controller] {
                return .init(name: limit.rawValue, isAvailable: true, detail: "control group v1 below \(parent)")
            }
            if groups.v2Controllers.contains(controller), let parent = groups.v2 {
                return .init(name: limit.rawValue, isAvailable: true, detail: "control group v2 below \(parent)")
            }
            let obstacle = groups.obstacles[controller]
            return .init(
                name: limit.rawValue, isAvailable: false,
                detail: obstacle?.reason ?? "the \(controller) controller is missing", hint: obstacle?.hint)
        }

        private static func explain(_ end: SandboxEnd) -> SandboxCapabilities.Finding {
            guard case .failed(let step, _, let message) = end else {
                return .init(name: "sandbox", isAvailable: false, detail: "/bin/true ended as \(end)")
            }
            var hint: String?
            switch step {
            case "clone":
                hint =
                    "allow user namespaces (sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone=1), "
                    + "or run the worker as root"
            case "mount namespace", "user namespace", "root":
                hint =
                    "this system restricts user namespaces; on Ubuntu: sysctl "
                    + "kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor profile for weft-sandbox"
            case "bind", "descriptors": hint = "Linux 5.12 or later is needed"
            case "system call filter": hint = "a kernel with CONFIG_SECCOMP_FILTER is needed"
            default: hint = nil
            }
            return .init(name: step, isAvailable: false, detail: message, hint: hint)
        }

        static func kernelRelease() -> String {
            String((HostFile.read("/proc/sys/kernel/osrelease") ?? "").trimmed)
        }
    }

    extension Duration {
        var wholeMicroseconds: Int64 { components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000 }
    }
#endif
