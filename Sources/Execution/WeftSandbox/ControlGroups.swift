#if os(Linux)
    import Glibc
    import Synchronization

    /// The control groups this worker can make, one per sandbox and hierarchy, below its own.
    ///
    /// Names carry the process namespace, process and start time of the worker, so that what a killed worker left
    /// behind is told from what a living one uses.
    struct ControlGroups: Sendable {
        /// A controller this worker cannot use, and why.
        struct Obstacle: Sendable {
            let reason: String
            let hint: String
        }

        let layout: ControlGroupLayout
        /// Parent directories, by version 1 controller.
        private(set) var v1: [String: String] = [:]
        /// The parent in the unified hierarchy, and the controllers its children have.
        private(set) var v2: String?
        private(set) var v2Controllers: Set<String> = []
        /// The parent in the unified hierarchy where that is there besides version 1: a group in it can be frozen, and what
        /// is frozen there can be killed, which version 1 cannot.
        private(set) var freezer: String?
        private(set) var obstacles: [String: Obstacle] = [:]
        private let prefix: String

        static let wanted = ["memory", "pids", "cpu"]
        static let workerLeaf = "weft-worker"

        init() {
            layout = ControlGroupLayout(
                selfCgroup: HostFile.read("/proc/self/cgroup") ?? "",
                mountInfo: HostFile.read("/proc/self/mountinfo") ?? "")
            prefix = "weft-\(Self.processNamespace())-"
            for controller in Self.wanted + ["cpuacct"] {
                if let parent = layout.v1[controller], access(parent, W_OK) == 0 { v1[controller] = parent }
            }
            prepareUnified()
            if v2 == nil, let parent = layout.v2, access(parent, W_OK) == 0,
                access("\(parent)/cgroup.procs", W_OK) == 0
            {
                freezer = parent
            }
            explainObstacles()
            sweep()
        }

        func has(_ controller: String) -> Bool { v1[controller] != nil || v2Controllers.contains(controller) }

        // MARK: the unified hierarchy

        /// Makes a parent whose children have the controllers that version 1 does not offer.
        private mutating func prepareUnified() {
            let missing = Self.wanted.filter { layout.v1[$0] == nil }
            guard !missing.isEmpty, var parent = layout.v2 else { return }
            if parent.hasSuffix("/" + Self.workerLeaf) { parent = String(parent.dropLast(Self.workerLeaf.count + 1)) }
            if adopt(parent, missing) { return }
            // Root may also work beside its own group, at the top: there, system managers have enabled what they use.
            guard geteuid() == 0, let top = layout.v2Mount, top != parent else { return }
            _ = adopt(top, missing)
        }

        private mutating func adopt(_ parent: String, _ missing: [String]) -> Bool {
            guard access("\(parent)/cgroup.subtree_control", W_OK) == 0, access(parent, W_OK) == 0 else { return false }
            let available = Set((HostFile.read("\(parent)/cgroup.controllers") ?? "").words)
            let wanted = missing.filter(available.contains)
            let enabled = { Set((HostFile.read("\(parent)/cgroup.subtree_control") ?? "").words) }
            if !enabled().isSuperset(of: wanted) { Self.enable(wanted, in: parent) }
            let usable = enabled().intersection(wanted)
            guard !usable.isEmpty else { return false }
            v2 = parent
            v2Controllers = usable
            return true
        }

        /// Gives controllers to the children of a group that has no processes, after moving this one into a leaf. Only the
        /// top of the hierarchy may keep some: elsewhere the kernel would give some of the controllers all the same, and
        /// make a "threaded" group of the parent, below which no process can be started any more (cgroups(7)).
        private static func enable(_ controllers: [String], in parent: String) {
            let leaf = "\(parent)/\(workerLeaf)"
            let isTop = !HostFile.exists("\(parent)/cgroup.type")
            let processes = { (HostFile.read("\(parent)/cgroup.procs") ?? "").words }
            if !isTop, !processes().isEmpty {
                let own = "\(getpid())"
                guard processes().contains(own) else { return }
                guard mkdir(leaf, 0o755) == 0 || errno == EEXIST else { return }
                guard (try? HostFile.write(own, to: "\(leaf)/cgroup.procs")) != nil else { return }
                guard processes().isEmpty else {
                    // Others share the group. Failing to move back harms nothing: the leaf has no limits.
                    try? HostFile.write(own, to: "\(parent)/cgroup.procs")
                    rmdir(leaf)
                    return
                }
            }
            // One that cannot be had is told of as an obstacle.
            for controller in controllers {
                try? HostFile.write("+\(controller)", to: "\(parent)/cgroup.subtree_control")
            }
        }

        private mutating func explainObstacles() {
            for controller in Self.wanted where !has(controller) {
                if let parent = layout.v1[controller] {
                    obstacles[controller] = Obstacle(
                        reason: "\(parent) is not writable",
                        hint: "run the worker as root, or hand that group to its user")
                } else if let group = layout.v2 {
                    obstacles[controller] = Obstacle(
                        reason: "the \(controller) controller is not delegated to \(group)",
                        hint: "run the worker as a service with Delegate=yes, or by "
                            + "`systemd-run --user --scope -p Delegate=yes weft …`")
                } else {
                    obstacles[controller] = Obstacle(
                        reason: "no hierarchy with the \(controller) controller is mounted",
                        hint: "mount cgroup2 at /sys/fs/cgroup; in a container, share the host's control groups")
                }
            }
        }

        // MARK: names

        private static func processNamespace() -> String {
            let link = [UInt8](unsafeUninitializedCapacity: 64) { buffer, count in
                count = buffer.withMemoryRebound(to: CChar.self) {
                    max(0, readlink("/proc/self/ns/pid", $0.baseAddress!, $0.count))
                }
            }
            return String(decoding: link.filter { (48...57).contains($0) }, as: UTF8.self)
        }

        /// Field 22 of /proc/pid/stat, in clock ticks since boot; nil when there is no such process.
        static func startTime(ofProcess id: String) -> String? {
            guard let text = HostFile.read("/proc/\(id)/stat"), let end = text.lastIndex(of: ")") else { return nil }
            let fields = text[end...].split(separator: " ")
            return fields.count > 20 ? String(fields[20]) : nil
        }

        private static let sequence = Atomic<UInt64>(0)
        private static let ownName = "\(getpid())-\(startTime(ofProcess: "self") ?? "0")"

        /// Removes the groups of workers that are no longer there. Theirs are empty, or about to be: sandboxes die with
        /// their worker, but of one that was killed a moment ago the last processes may still be dying.
        private func sweep() {
            var left: [String] = []
            for parent in Set(v1.values).union([v2, freezer].compactMap(\.self)) {
                for name in HostFile.names(in: parent) where name.hasPrefix(prefix) {
                    let parts = name.dropFirst(prefix.count).split(separator: "-")
                    guard parts.count == 3, Self.startTime(ofProcess: String(parts[0])) != String(parts[1]) else {
                        continue
                    }
                    left.append("\(parent)/\(name)")
                }
            }
            left = Self.remove(left)
            guard !left.isEmpty else { return }
            offloadAndForget { [left] in
                var left = left
                for _ in 0..<Self.sweepAttempts where !left.isEmpty {
                    usleep(Self.sweepPauseMicroseconds)
                    left = Self.remove(left)
                }
            }
        }

        /// Ten seconds in all.
        private static let sweepAttempts = 100
        private static let sweepPauseMicroseconds: UInt32 = 100_000

        /// Those that have processes still.
        private static func remove(_ groups: [String]) -> [String] {
            groups.filter { rmdir($0) != 0 && errno == EBUSY }
        }

        // MARK: one sandbox's group

        /// Makes the groups of one sandbox and sets its limits. On an error nothing is left behind.
        func makeGroup(_ limits: SandboxLimits) throws(PosixError) -> SandboxGroup {
            let number = Self.sequence.wrappingAdd(1, ordering: .relaxed).newValue
            let name = "\(prefix)\(Self.ownName)-\(number)"
            var group = SandboxGroup()
            do throws(PosixError) {
                for (controller, parent) in v1 {
                    let directory = "\(parent)/\(name)"
                    if !group.v1Directories.contains(directory) {
                        if mkdir(directory, 0o755) != 0 { throw PosixError("cannot make \(directory)") }
                        group.v1Directories.append(directory)
                    }
                    group.v1[controller] = directory
                }
                if let parent = v2 ?? freezer {
                    let directory = "\(parent)/\(name)"
                    if mkdir(directory, 0o755) != 0 { throw PosixError("cannot make \(directory)") }
                    group.v2Directory = directory
                    group.v2Controllers = v2Controllers
                }
                try group.set(limits)
            } catch {
                group.remove()
                throw error
            }
            return group
        }
    }

    extension String {
        var words: [String] { split(whereSeparator: \.isWhitespace).map(String.init) }
    }
#endif
