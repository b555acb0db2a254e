#if os(Linux)
    import Glibc

    /// The control groups of one sandbox: limits in, usage out.
    struct SandboxGroup: Sendable {
        var v1: [String: String] = [:]
        var v1Directories: [String] = []
        var v2Directory: String?
        var v2Controllers: Set<String> = []

        func has(_ controller: String) -> Bool { v1[controller] != nil || v2Controllers.contains(controller) }

        private static let cpuPeriodMicroseconds: Int64 = 100_000

        func set(_ limits: SandboxLimits) throws(PosixError) {
            if let bytes = limits.memoryBytes { try setMemory(bytes) }
            if let count = limits.processCount {
                if let directory = v1["pids"] ?? unified("pids") {
                    try HostFile.write("\(count)", to: "\(directory)/pids.max")
                }
            }
            if let millis = limits.cpuMillis {
                let quota = max(1000, millis * Self.cpuPeriodMicroseconds / 1000)
                if let directory = v1["cpu"] {
                    try HostFile.write("\(Self.cpuPeriodMicroseconds)", to: "\(directory)/cpu.cfs_period_us")
                    try HostFile.write("\(quota)", to: "\(directory)/cpu.cfs_quota_us")
                } else if let directory = unified("cpu") {
                    try HostFile.write("\(quota) \(Self.cpuPeriodMicroseconds)", to: "\(directory)/cpu.max")
                }
            }
        }

        /// Memory and swap together: what is swapped out still burdens the machine.
        private func setMemory(_ bytes: Int64) throws(PosixError) {
            if let directory = v1["memory"] {
                try HostFile.write("\(bytes)", to: "\(directory)/memory.limit_in_bytes")
                let withSwap = "\(directory)/memory.memsw.limit_in_bytes"
                if HostFile.exists(withSwap) { try HostFile.write("\(bytes)", to: withSwap) }
            } else if let directory = unified("memory") {
                try HostFile.write("\(bytes)", to: "\(directory)/memory.max")
                let swap = "\(directory)/memory.swap.max"
                if HostFile.exists(swap) { try HostFile.write("0", to: swap) }
                let together = "\(directory)/memory.oom.group"
                if HostFile.exists(together) { try HostFile.write("1", to: together) }
            }
        }

        private func unified(_ controller: String) -> String? {
            v2Controllers.contains(controller) ? v2Directory : nil
        }

        /// Every process in the sandbox, by the host's numbers; nil when there is no group to ask.
        var processes: [Int32]? {
            guard let directory = v1Directories.first ?? v2Directory else { return nil }
            return HostFile.read("\(directory)/cgroup.procs").map { $0.words.compactMap { Int32($0) } }
        }

        // MARK: pause

        /// Whether everything in it can be made to stand still.
        var canFreeze: Bool { v2Directory.map { HostFile.exists("\($0)/cgroup.freeze") } ?? false }

        /// Everything in it stands still, or goes on. What is frozen can still be killed.
        func freeze(_ isFrozen: Bool) throws(PosixError) {
            guard let v2Directory else { return }
            try HostFile.write(isFrozen ? "1" : "0", to: "\(v2Directory)/cgroup.freeze")
        }

        // MARK: end

        /// Lets what was killed end at full speed: dying takes processor time too, and a thousand processes with a
        /// hundredth of a processor between them take minutes.
        func liftProcessorLimit() {
            if let directory = v1["cpu"] {
                try? HostFile.write("-1", to: "\(directory)/cpu.cfs_quota_us")
            } else if let directory = unified("cpu") {
                try? HostFile.write("max", to: "\(directory)/cpu.max")
            }
        }

        /// Removes the groups. The last process may need a moment to leave: bounded to a fifth of a second.
        func remove() {
            for directory in v1Directories + (v2Directory.map { [$0] } ?? []) {
                var attempts = 0
                while rmdir(directory) != 0 && errno == EBUSY && attempts < 100 {
                    attempts += 1
                    usleep(2000)
                }
            }
        }
    }
#endif
