#if os(Linux)
    import Glibc
    import WeftModel

    /// An order's limits as containers have them.
    struct ContainerLimits: Sendable, Hashable {
        let memoryBytes: Int64
        let cpuMillis: Int64
        /// What the control group holds.
        let processCount: Int64
        let diskBytes: Int64
        let temporaryBytes: Int64
        let openFiles: Int64
        let userProcesses: Int64

        /// Less than this and engines refuse to make a container at all.
        private static let memoryBytesMin: Int64 = 6 << 20
        /// Threads of gVisor's kernel and its helpers; each process of a payload takes up to four more.
        private static let ownKernelProcesses: Int64 = 512

        /// - Parameter hasOwnKernel: under gVisor a payload's processes are not the machine's. Its kernel keeps the user's
        ///   limit, and says so to the payload; were it to run into the group's limit, it would break down.
        init(_ resources: Resources, processCount: Int64, hasOwnKernel: Bool) {
            memoryBytes = max(Self.memoryBytesMin, resources.memoryBytes)
            cpuMillis = max(10, resources.cpuMillis)
            self.processCount = hasOwnKernel ? processCount * 4 + Self.ownKernelProcesses : processCount
            diskBytes = max(1 << 20, resources.diskBytes)
            temporaryBytes = min(64 << 20, memoryBytes / 2)
            // What this process may not raise, an engine beside it may not either, or so it has to be assumed.
            openFiles = min(1024, Self.hardLimit(Int32(RLIMIT_NOFILE.rawValue)))
            // Counted for the user, on the whole machine: the control group is what holds a payload.
            userProcesses = min(hasOwnKernel ? processCount : 16384, Self.hardLimit(Int32(__RLIMIT_NPROC.rawValue)))
        }

        /// One file past the disk limit: enough for the limit to be seen, not enough to fill a disk quickly.
        var fileSizeBytes: Int64 { diskBytes.addingReportingOverflow(1 << 20).partialValue }

        private static func hardLimit(_ which: Int32) -> Int64 {
            var limit = rlimit()
            guard getrlimit(__rlimit_resource_t(UInt32(which)), &limit) == 0 else { return .max }
            return Int64(clamping: limit.rlim_max)
        }
    }

    extension ContainerLimits {
        var outOfMemory: AttemptFailure {
            AttemptFailure(.outOfMemory, "it needed more than its \(memoryBytes) bytes of memory")
        }

        var outOfDisk: AttemptFailure {
            AttemptFailure(.outOfDisk, "its working directory grew past \(diskBytes) bytes")
        }

        static func timedOut(_ timeout: Duration) -> AttemptFailure {
            AttemptFailure(.timedOut, "it ran longer than its \(Double(timeout.milliseconds) / 1000) s")
        }
    }
#endif
