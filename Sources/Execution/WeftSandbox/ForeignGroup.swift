#if os(Linux)
    import Glibc
    import Synchronization

    /// The control groups of something that another program made and limits (a container engine): what was used in
    /// them, and what the kernel killed there.
    ///
    /// The files stay open, but give nothing any more once the groups are removed: read while they are there.
    package final class ForeignGroup: Sendable {
        package struct Usage: Sendable, Hashable {
            /// Processes that were killed for want of memory.
            package var outOfMemoryKills: Int64 = 0
            package var cpu: Duration?
            package var peakMemoryBytes: Int64?

            package init() {}
        }

        private struct State {
            let meter: GroupMeter
            var usage = Usage()
        }

        private let state: Mutex<State>
        private let group: SandboxGroup

        /// The groups that a process is in. Nil when they cannot be seen, or their names do not contain `name`: then it
        /// is another process than it was thought to be.
        package convenience init?(ofProcess process: Int32, whoseNameContains name: String) {
            guard process > 0, let membership = HostFile.read("/proc/\(process)/cgroup"), membership.contains(name)
            else {
                return nil
            }
            self.init(Self.layout(membership))
        }

        /// The groups of one name in every hierarchy, once all that matter are there.
        ///
        /// - Parameter path: from the root of the hierarchies.
        package convenience init?(named path: String) { self.init(Self.layout(named: path)) }

        private static func layout(named path: String) -> ControlGroupLayout {
            let own = HostFile.read("/proc/self/cgroup") ?? ""
            let membership = own.split(separator: "\n").map { line in
                let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
                return parts.count == 3 ? "\(parts[0]):\(parts[1]):\(path)" : ""
            }
            return layout(membership.joined(separator: "\n"))
        }

        private static func layout(_ membership: String) -> ControlGroupLayout {
            ControlGroupLayout(selfCgroup: membership, mountInfo: HostFile.read("/proc/self/mountinfo") ?? "")
        }

        private init?(_ layout: ControlGroupLayout) {
            var group = SandboxGroup()
            for controller in ["memory", "pids", "cpu", "cpuacct"] {
                guard let directory = layout.v1[controller] else { continue }
                guard HostFile.exists("\(directory)/cgroup.procs") else { return nil }
                group.v1[controller] = directory
                if !group.v1Directories.contains(directory) { group.v1Directories.append(directory) }
            }
            if let directory = layout.v2, HostFile.exists("\(directory)/cgroup.procs") {
                group.v2Directory = directory
                group.v2Controllers = Set((HostFile.read("\(directory)/cgroup.controllers") ?? "").words)
            }
            guard group.has("memory") || group.v1["cpuacct"] != nil || group.v2Directory != nil else { return nil }
            self.group = group
            state = Mutex(State(meter: GroupMeter(group)))
        }

        /// What has been used up to now; what was last seen, once the groups are gone.
        package func read() -> Usage {
            state.withLock { state in
                let reading = state.meter.read()
                state.usage.outOfMemoryKills += max(0, reading.outOfMemoryKills)
                if let cpu = reading.cpu {
                    state.usage.cpu = (state.usage.cpu ?? .zero) + cpu.user + cpu.system
                }
                if let peak = reading.peakMemoryBytes {
                    state.usage.peakMemoryBytes = max(peak, state.usage.peakMemoryBytes ?? 0)
                }
                return state.usage
            }
        }

        /// Every process in it, by this machine's numbers.
        package var processes: [Int32] { group.processes ?? [] }

        /// Lets what was killed end at full speed.
        package func liftProcessorLimit() { group.liftProcessorLimit() }

        /// Removes what is left of the groups of one name, in every hierarchy. What was killed in them may need a moment to
        /// leave: bounded to a second. Those that have processes even then stay.
        package static func remove(named path: String) {
            precondition(path.utf8.count > 1, "the root of the hierarchies is nobody's")
            let layout = layout(named: path)
            var left = Set(layout.v1.values).union([layout.v2].compactMap(\.self))
            for attempt in 0..<100 {
                left = left.filter { rmdir($0) != 0 && errno == EBUSY }
                if left.isEmpty || attempt == 99 { return }
                usleep(10_000)
            }
        }
    }
#endif
