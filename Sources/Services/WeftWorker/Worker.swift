package import Logging
package import WeftDevices
package import WeftDrivers
package import WeftFormats
package import WeftModel
import WeftSandbox
package import WeftWire

/// Makes a machine available to a coordinator: keeps a link to it, runs what it assigns, reports what came of it.
///
/// While the link is away attempts go on and results are kept; the next greeting tells the coordinator of both. What is
/// finished and not acknowledged is kept in memory: should the worker die, the coordinator has it done again.
package actor Worker {
    /// Reaches the coordinator; called again after each loss. Throws when it cannot be reached now. When the calling
    /// task is cancelled it returns or throws soon.
    package typealias Connect = @Sendable () async throws -> any Link

    /// An order that this worker has taken on.
    struct Attempt {
        let order: AssignmentOrder
        /// nil while it waits for room.
        var startedAt: Instant?
        var task: Task<Void, Never>?
        /// The coordinator does not want its answer any more.
        var isRevoked = false
        /// Nobody is to hear of it any more.
        var isDropped = false
        /// Holds it still while the owner wants the machine.
        let pause = RunPause()
        /// Why this worker will not finish it, once it has been given up.
        var givenBack: String?
    }

    package nonisolated let id: NodeID
    let configuration: WorkerConfiguration
    let identity: SigningIdentity
    let environment: WorkerEnvironment
    let logger: Logger
    let connect: Connect
    let cache: BlobCache
    let outbox: Outbox
    var signer: ResultSigner { ResultSigner(identity: identity) }
    let inlet: BlobInlet
    let allDrivers: [any Driver]
    let hardware: HostHardware
    let workspaces: WorkspaceRoot
    let tamper: ResultTamper?
    /// Tells the owner's wishes; nil where there is nobody to ask.
    let watch: OwnerWatch?
    var owner = OwnerState()
    private var heeding: Task<Void, Never>?
    /// Tells the machine's devices; nil where nobody looks for them.
    let deviceWatch: DeviceWatch?
    var devices = DeviceState()
    private var watching: Task<Void, Never>?
    /// Measures the machine; nil where nobody does.
    let benchmarks: BenchmarkKeeper?
    private var measuring: Task<Void, Never>?

    /// Without drivers and owner's rules.
    var machine: NodeProfile
    /// What came of trying each of `allDrivers`; nil while it is being tried.
    var tried: [TriedDriver?]
    private var trying: Task<Void, Never>?
    /// What the coordinator is told; whole once the drivers have been tried.
    var profile: NodeProfile
    /// As it was in the greeting of this link.
    var greetedProfile: NodeProfile?
    var runner: AttemptRunner?
    var ledger: SlotLedger
    var attempts: [AttemptID: Attempt] = [:]
    /// How often the worker has stopped being idle: by an attempt that began, or by its owner.
    var disturbances = 0
    /// Attempts that wait for room, longest first.
    var waiting: [AttemptID] = []
    /// Attempts that have ended and whose workspaces are being removed.
    var ending: [AttemptID: Task<Void, Never>] = [:]
    var retained = RetainedResults()
    /// What the coordinator has said on this link of the jobs that it gives out attempts of.
    var jobOrders: [JobID: Result<JobOrder, LinkError>] = [:]

    /// Whose work this is: what is running and retained belongs to this coordinator.
    var employer: NodeID?
    var isLinked = false
    var isDraining = false
    var isStopping = false
    /// Ends what the loop waits for between links, so that a worker that stops need not wait for it.
    var interrupt: (@Sendable () -> Void)?
    var watchers: [CheckedContinuation<Void, Never>] = []
    /// Waits whose time is over, by their numbers.
    private var expired: Set<UInt64> = []
    private var lastWait: UInt64 = 0
    var silentBeats = 0
    var coordinatorBeats = false

    /// `hardware` is what the machine has; `configuration` may offer less. `diskBytes` is what is free where the
    /// workspaces are. `owner` tells the owner's rules, `devices` what GPUs there are; `benchmarks` measures the machine and
    /// keeps what came of it. `peers` brings blobs otherwise than over the link. `tamper` is for tests of verification alone.
    package init(
        configuration: WorkerConfiguration, identity: SigningIdentity, drivers: [any Driver],
        workspaces: WorkspaceRoot, cache: BlobCache, hardware: HostHardware, diskBytes: Int64,
        environment: WorkerEnvironment, logger: Logger, owner: OwnerWatch? = nil, devices: DeviceWatch? = nil,
        benchmarks: BenchmarkKeeper? = nil, peers: (any BlobPeers)? = nil, tamper: ResultTamper? = nil,
        connect: @escaping Connect
    ) {
        watch = owner
        deviceWatch = devices
        self.benchmarks = benchmarks
        id = identity.nodeID
        self.configuration = configuration
        self.identity = identity
        allDrivers = drivers
        tried = Array(repeating: nil, count: drivers.count)
        self.workspaces = workspaces
        self.cache = cache
        self.hardware = hardware
        self.environment = environment
        self.logger = logger
        self.tamper = tamper
        self.connect = connect
        outbox = Outbox()
        inlet = BlobInlet(
            cache: cache, outbox: outbox, configuration: configuration, environment: environment, peers: peers)
        let capacity = configuration.capacity(of: hardware, freeDiskBytes: diskBytes)
        ledger = SlotLedger(capacity: capacity, attemptLimit: configuration.attemptLimit)
        // The wall and the limits of native programs: an older coordinator knows no others.
        machine = NodeProfile(
            name: configuration.name.isEmpty ? hardware.hostName : configuration.name,
            operatingSystem: hardware.operatingSystem, architecture: hardware.architecture, capacity: capacity,
            drivers: [], labels: configuration.labels, owner: configuration.owner,
            isolation: min(configuration.isolation, .process), enforced: [], notes: hardware.notes,
            version: configuration.version, processor: hardware.processor)
        profile = machine
    }

    /// Works until ``drain(grace:)`` has finished. Throws ``WorkerError`` when the coordinator refuses for good, and
    /// `CancellationError` when the task is cancelled; then, too, nothing runs any more when it returns.
    package func run() async throws {
        await startTrying()
        // Nobody gives work before it is known whether it is wanted.
        await askOwner()
        renewProfile()
        heeding = watch.map { _ in Task { await heedOwner() } }
        watching = deviceWatch.map { _ in Task { await watchDevices() } }
        measuring = benchmarks.map { keeper in Task { await keepBenchmark(keeper) } }
        var backoff = Backoff()
        do {
            while !isStopping {
                try Task.checkCancellation()
                switch await linkOnce() {
                case .refused(let error, canRetry: false):
                    throw error
                case .refused(let error, canRetry: true):
                    logger.warning("refused for now", metadata: ["reason": "\(error)"])
                case .ended(let why, wasWelcome: true):
                    backoff.reset()
                    if !isStopping { logger.warning("link lost", metadata: ["reason": "\(why)"]) }
                case .ended(let why, wasWelcome: false):
                    logger.info("coordinator cannot be reached", metadata: ["reason": "\(why)"])
                }
                if !isStopping { await rest(backoff.nextDelay(fraction: environment.fraction())) }
            }
        } catch {
            await abandon()
            throw error
        }
        await abandon()
    }

    /// Ends the worker in order: starts no new work, lets what runs finish within `grace`, hands back the rest, waits a
    /// little for the coordinator to acknowledge, says goodbye. ``run()`` returns afterwards.
    package func drain(grace: Duration) async {
        guard !isDraining else { return await wait(atMost: grace) { self.isStopping } }
        isDraining = true
        logger.info("draining", metadata: ["running": "\(attempts.count)"])
        for id in waiting { giveBack(id) }
        waiting = []
        // What stands still does not finish.
        await wait(atMost: grace) { self.attempts.isEmpty || self.owner.reason != nil }
        for id in attempts.keys { giveBack(id) }
        await wait(atMost: .seconds(10)) { self.attempts.isEmpty }
        await wait(atMost: configuration.farewellPatience) { self.retained.isEmpty }
        sayGoodbye()
        isStopping = true
        outbox.finish()
        interrupt?()
        wake()
    }

    /// What a coordinator is told of this node now.
    package var offeredProfile: NodeProfile { profile }

    /// Whether the owner lets this coordinator in where it comes by itself.
    package func admits(_ coordinator: NodeID) -> Bool {
        owner.rules.coordinators.isEmpty || owner.rules.coordinators.contains(coordinator.text)
    }

    /// Attempts that have been taken on and not ended.
    package var attemptCount: Int { attempts.count }
    /// Results that the coordinator has not acknowledged.
    package var retainedCount: Int { retained.count }

    private func sayGoodbye() {
        var goodbye = Weft_Wire_V1_Goodbye()
        goodbye.reason = "the worker is shutting down"
        goodbye.drained = attempts.isEmpty
        outbox.post(Message(.goodbye(goodbye)))
    }

    // MARK: Start and end

    /// Begins to try all drivers, and returns when the first of them has been tried: a virtual machine takes seconds, and
    /// who wants a native program run need not wait for it. The others are offered later.
    private func startTrying() async {
        let trying = Task { await tryDrivers() }
        self.trying = trying
        await withTaskCancellationHandler {
            await wait(atMost: .seconds(3600)) { self.tried.first.map { $0 != nil } ?? true }
            if configuration.driverPatience > .zero {
                await wait(atMost: configuration.driverPatience) { self.tried.allSatisfy { $0 != nil } }
            }
        } onCancel: {
            trying.cancel()
        }
    }

    /// Ends everything; nothing runs when it returns.
    private func abandon() async {
        isStopping = true
        heeding?.cancel()
        watching?.cancel()
        measuring?.cancel()
        trying?.cancel()
        await heeding?.value
        await watching?.value
        await measuring?.value
        await trying?.value
        waiting = []
        for id in attempts.keys {
            attempts[id]!.isDropped = true
            attempts[id]!.task?.cancel()
        }
        await everyTask()
        attempts = [:]
        // What the later ones borrow belongs to the first.
        for driver in allDrivers.reversed() { await driver.shutDown() }
        _ = await watch?.say(nil)
        wake()
    }

    private func rest(_ duration: Duration) async {
        let pause = Task { [environment] in try await environment.sleep(duration) }
        interrupt = { pause.cancel() }
        // How it ended does not matter: the loop looks at what is to be done.
        _ = await withTaskCancellationHandler {
            await pause.result
        } onCancel: {
            pause.cancel()
        }
        interrupt = nil
    }

    // MARK: Waiting for the actor's own state

    func wake() {
        let resumed = watchers
        watchers = []
        for watcher in resumed { watcher.resume() }
    }

    /// Suspends until the condition holds or the time is over.
    func wait(atMost limit: Duration, until isMet: () -> Bool) async {
        lastWait += 1
        let number = lastWait
        let timer = Task {
            do { try await environment.sleep(limit) } catch { return }
            expired.insert(number)
            wake()
        }
        while !isMet(), !expired.contains(number) { await withCheckedContinuation { watchers.append($0) } }
        timer.cancel()
        expired.remove(number)
    }
}
