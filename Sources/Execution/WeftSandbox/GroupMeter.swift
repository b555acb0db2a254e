#if os(Linux)
    import Glibc

    /// Reads what the runs in one set of control groups used, each run's apart.
    ///
    /// The files stay open, so that a reading costs a system call each. Not safe for use by several runs at a time: a
    /// cell has one.
    final class GroupMeter: @unchecked Sendable {
        // Unchecked: everything mutable is touched only by whoever runs something in the cell, one at a time, handed on
        // under the pool's lock.

        struct Reading: Sendable {
            var outOfMemoryKills: Int64 = 0
            /// Nil when this machine cannot tell, or not for this run alone.
            var peakMemoryBytes: Int64?
            var processPeak: Int64?
            var cpu: (user: Duration, system: Duration)?
        }

        /// A file that is read again and again.
        private struct Gauge {
            let descriptor: Int32
            var last: Int64 = 0

            init?(_ path: String?, writable: Bool = false) {
                guard let path else { return nil }
                var fd: Int32 = -1
                if writable { fd = open(path, O_RDWR | O_CLOEXEC) }
                if fd < 0 { fd = open(path, O_RDONLY | O_CLOEXEC) }
                guard fd >= 0 else { return nil }
                descriptor = fd
            }

            /// The number after `key`, or the only one.
            func read(key: StaticString? = nil) -> Int64? {
                withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
                    let count = pread(descriptor, buffer.baseAddress, buffer.count, 0)
                    guard count > 0 else { return nil }
                    let text = UnsafeRawBufferPointer(rebasing: buffer[..<count])
                    guard let key else { return Self.number(text[...]) }
                    let wanted = UnsafeRawBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount)
                    for line in text.split(separator: UInt8(ascii: "\n")) {
                        guard line.starts(with: wanted), line.dropFirst(wanted.count).first == UInt8(ascii: " ") else {
                            continue
                        }
                        return Self.number(line.dropFirst(wanted.count + 1))
                    }
                    return nil
                }
            }

            private static func number(_ text: Slice<UnsafeRawBufferPointer>) -> Int64? {
                var value: Int64?
                for byte in text {
                    guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { break }
                    value = (value ?? 0) &* 10 &+ Int64(byte - UInt8(ascii: "0"))
                }
                return value
            }

            /// How much it rose since the last time it was asked.
            mutating func rise(key: StaticString? = nil) -> Int64? {
                guard let now = read(key: key) else { return nil }
                defer { last = now }
                return now - last
            }
        }

        private let isVersion1Memory: Bool
        private let isVersion1Time: Bool
        private var kills: Gauge?
        private var memory: Gauge?
        private var processes: Gauge?
        private var user: Gauge?
        private var system: Gauge?
        private var memoryCanBeReset = false
        private var isFirst = true

        init(_ group: SandboxGroup) {
            let v1Memory = group.v1["memory"]
            let v2Memory = group.v2Controllers.contains("memory") ? group.v2Directory : nil
            isVersion1Memory = v1Memory != nil
            kills = Gauge(v1Memory.map { "\($0)/memory.oom_control" } ?? v2Memory.map { "\($0)/memory.events" })
            memory = Gauge(
                v1Memory.map { "\($0)/memory.max_usage_in_bytes" } ?? v2Memory.map { "\($0)/memory.peak" },
                writable: true)
            let pids = group.v1["pids"] ?? (group.v2Controllers.contains("pids") ? group.v2Directory : nil)
            processes = Gauge(pids.map { "\($0)/pids.peak" })
            let time = group.v1["cpuacct"]
            isVersion1Time = time != nil
            user = Gauge(time.map { "\($0)/cpuacct.usage_user" } ?? group.v2Directory.map { "\($0)/cpu.stat" })
            system = time.flatMap { Gauge("\($0)/cpuacct.usage_sys") }
        }

        deinit {
            for gauge in [kills, memory, processes, user, system] {
                if let gauge { close(gauge.descriptor) }
            }
        }

        /// Before a run that is not the cell's first.
        func reset() {
            guard !isFirst, let memory else { return }
            // Version 1 takes a number, version 2 (Linux 6.12) anything, for this open file alone.
            memoryCanBeReset = pwrite(memory.descriptor, "0\n", 2, 0) == 2
        }

        /// After a run.
        func read() -> Reading {
            defer { isFirst = false }
            var reading = Reading()
            reading.outOfMemoryKills = kills?.rise(key: "oom_kill") ?? 0
            reading.peakMemoryBytes = peak(&memory, isReset: memoryCanBeReset)
            reading.processPeak = peak(&processes, isReset: false)
            if isVersion1Time {
                if let user = user?.rise(), let system = system?.rise() {
                    reading.cpu = (.nanoseconds(user), .nanoseconds(system))
                }
            } else if let before = user?.last, let user = user?.read(key: "user_usec") {
                let systemNow = self.user?.read(key: "system_usec") ?? 0
                reading.cpu = (.microseconds(user - before), .microseconds(systemNow - systemBefore))
                self.user?.last = user
                systemBefore = systemNow
            }
            return reading
        }

        /// Of version 2, where one file has both.
        private var systemBefore: Int64 = 0

        /// The peak since the reset. Without one, what was no higher than before says nothing of this run.
        private func peak(_ gauge: inout Gauge?, isReset: Bool) -> Int64? {
            guard let now = gauge?.read() else { return nil }
            defer { gauge?.last = now }
            return isFirst || isReset || now > gauge?.last ?? 0 ? now : nil
        }
    }
#endif
