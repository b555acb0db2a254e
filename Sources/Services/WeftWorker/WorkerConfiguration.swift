package import WeftDevices
package import WeftModel

/// What an owner decides about a worker.
package struct WorkerConfiguration: Sendable {
    /// For people; the host's name when empty.
    package var name: String
    /// Nodes of one owner never check each other's answers.
    package var owner: String
    package var labels: [String: String]
    /// What the worker offers; what is nil is detected.
    package var cpuMillis: Int64?
    package var memoryBytes: Int64?
    package var diskBytes: Int64?
    /// How many attempts run at once, at most, whatever their size.
    package var attemptLimit: Int
    /// Attempts that wait for room to run; more are refused.
    package var queueLimit: Int
    /// The weakest wall that the owner accepts around payloads: drivers with a weaker one are not used. `.none` has to be
    /// asked for: native programs then run as the worker itself.
    package var isolation: Isolation
    /// Proves to a coordinator that does not know this node that it may join. Never logged.
    package var joinToken: String
    /// The only coordinator to work for; any if nil.
    package var coordinator: NodeID?
    /// Bytes of blobs kept for use again.
    package var cacheBytes: Int64
    /// Largest blob that is fetched.
    package var blobBytesLimit: Int64
    /// A fetch that gets no byte for so long on a working link is given up.
    package var fetchPatience: Duration
    /// How long a coordinator may take to let the worker in.
    package var handshakePatience: Duration
    /// How long results of a busy worker wait for others to be sent with.
    package var linger: Duration
    /// How long the last results may take to be acknowledged when the worker stops.
    package var farewellPatience: Duration
    /// How long the worker waits for its other drivers to be tried, once the first has been, before it joins.
    package var driverPatience: Duration
    /// How long the worker must have had nothing to do before it measures its machine, when that was not done yet; it
    /// never does if nil.
    package var benchmarkAfterIdle: Duration?
    /// The version of Weft, for people.
    package var version: String

    package init(
        name: String = "", owner: String = "", labels: [String: String] = [:], cpuMillis: Int64? = nil,
        memoryBytes: Int64? = nil, diskBytes: Int64? = nil, attemptLimit: Int = 1024, queueLimit: Int = 256,
        isolation: Isolation = .process, joinToken: String = "", coordinator: NodeID? = nil,
        cacheBytes: Int64 = 10 << 30, blobBytesLimit: Int64 = 64 << 30, fetchPatience: Duration = .seconds(60),
        handshakePatience: Duration = .seconds(10), linger: Duration = .milliseconds(16),
        farewellPatience: Duration = .seconds(2), driverPatience: Duration = .zero,
        benchmarkAfterIdle: Duration? = nil, version: String = ""
    ) {
        self.name = name
        self.owner = owner
        self.labels = labels
        self.cpuMillis = cpuMillis
        self.memoryBytes = memoryBytes
        self.diskBytes = diskBytes
        self.attemptLimit = attemptLimit
        self.queueLimit = queueLimit
        self.isolation = isolation
        self.joinToken = joinToken
        self.coordinator = coordinator
        self.cacheBytes = cacheBytes
        self.blobBytesLimit = blobBytesLimit
        self.fetchPatience = fetchPatience
        self.handshakePatience = handshakePatience
        self.linger = linger
        self.farewellPatience = farewellPatience
        self.driverPatience = driverPatience
        self.benchmarkAfterIdle = benchmarkAfterIdle
        self.version = version
    }
}

extension WorkerConfiguration {
    /// What the worker offers of a machine: what the owner says, otherwise all processors, nine tenths of the memory
    /// and eight tenths of the free disk that the cache leaves.
    package func capacity(of hardware: HostHardware, freeDiskBytes: Int64) -> Resources {
        Resources(
            cpuMillis: cpuMillis ?? hardware.cpuMillis ?? 1000,
            memoryBytes: memoryBytes ?? (hardware.memoryBytes ?? 1 << 30) / 10 * 9,
            diskBytes: diskBytes ?? max(1 << 30, (freeDiskBytes - min(cacheBytes, freeDiskBytes / 2)) / 10 * 8))
    }
}
