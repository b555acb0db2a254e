import SeededNumbers

/// A pool of nodes at work: each runs one attempt at a time, at its own speed, in virtual time.
struct PoolWorld<S: Scheme> {
    private let tasks: Int
    private let canaryPermille: Int
    private let conducts: [Conduct]
    private var scheme: S
    private var random: SeededRandom
    private var queue = AttemptQueue()
    private var clock: Int64 = 0
    /// How long a node takes for a task, in ticks, on average.
    private var paces: [Int64] = []
    private var inboxes: [[Int]]
    private var idle: [Bool]
    /// Of the idle ones, those that may get work.
    private var idleCount: Int
    private var isRetired: [Bool]
    private var done: [Int]
    private var previous: [Int]
    private var nextTask = 0
    private var open = 0
    /// By task: who has or had a replica of it; nobody once it is closed.
    private var holders: [[Int]]
    /// Tasks on which an accomplice has lied.
    private var lies: Set<Int> = []
    /// By task: when its first answer came, -1 before.
    private var answeredAt: [Int64]
    private(set) var tally: PoolTally

    init(_ pool: Pool, nodes: Int, tasks: Int, seed: UInt64, scheme: S) {
        var random = SeededRandom(seed: seed)
        self.tasks = tasks
        canaryPermille = pool.canaryPermille
        conducts = pool.conducts(nodes: nodes, &random)
        paces = (0..<nodes).map { _ in Int64(500 + random.below(1001)) }
        self.scheme = scheme
        self.random = random
        inboxes = [[Int]](repeating: [], count: nodes)
        idle = [Bool](repeating: true, count: nodes)
        idleCount = nodes
        isRetired = [Bool](repeating: false, count: nodes)
        holders = [[Int]](repeating: [], count: tasks)
        answeredAt = [Int64](repeating: -1, count: tasks)
        done = [Int](repeating: 0, count: nodes)
        previous = [Int](repeating: 0, count: nodes)
        tally = PoolTally(tasks: tasks, startUpTasks: min(20 * nodes, tasks / 2))
    }

    mutating func run() {
        wakeIdle()
        var mayDrain = true
        while mayDrain {
            while let attempt = queue.removeFirst() {
                clock = attempt.at
                finish(attempt)
            }
            let before = open
            var desk = Desk()
            scheme.drain(&desk)
            carryOut(&desk)
            mayDrain = open < before || !queue.isEmpty
        }
        precondition(open == 0, "\(open) of \(nextTask) tasks were left undecided")
        tally.refused += tasks - nextTask
    }

    private mutating func finish(_ attempt: AttemptQueue.Attempt) {
        let node = attempt.node
        var desk = Desk()
        idle[node] = true
        idleCount += 1
        done[node] += 1
        if let task = attempt.task {
            let answer = answer(of: node, to: task)
            if answeredAt[task] < 0 { answeredAt[task] = clock }
            if !holders[task].isEmpty { scheme.answered(task, by: node, answer, &desk) }
        } else {
            tally.canaries += 1
            scheme.canary(node, isRight: answer(of: node, to: nil) == .right, &desk)
        }
        carryOut(&desk)
        start(node)
        wakeIdle()
    }

    private mutating func carryOut(_ desk: inout Desk) {
        for (task, answer) in desk.accepted {
            tally.accept(task, isRight: answer == .right, after: clock - answeredAt[task])
            close(task)
        }
        for task in desk.refused {
            tally.refused += 1
            close(task)
        }
        for (task, count) in desk.asked where !holders[task].isEmpty {
            for _ in 0..<count { place(task) }
        }
    }

    private mutating func close(_ task: Int) {
        open -= 1
        holders[task] = []
        lies.remove(task)
    }

    /// Gives one more replica to a node drawn at random from those that have none.
    private mutating func place(_ task: Int) {
        var node = random.below(conducts.count)
        var tries = 0
        while scheme.isExcluded(node) || holders[task].contains(node) {
            tries += 1
            precondition(tries < 100_000, "no node is left for task \(task)")
            node = random.below(conducts.count)
        }
        holders[task].append(node)
        inboxes[node].append(task)
        if idle[node] { start(node) }
    }

    private mutating func wakeIdle() {
        guard idleCount > 0, nextTask < tasks else { return }
        for node in idle.indices where idle[node] && !isRetired[node] { start(node) }
    }

    /// Gives an idle node what is next for it.
    private mutating func start(_ node: Int) {
        guard idle[node] else { return }
        while let task = inboxes[node].first {
            inboxes[node].removeFirst()
            guard !holders[task].isEmpty else { continue }
            if scheme.isExcluded(node) {
                place(task)
            } else {
                return begin(task, on: node)
            }
        }
        if scheme.isExcluded(node) { return retire(node) }
        guard nextTask < tasks else { return }
        if canaryPermille > 0, scheme.gate(open: open) != .refuse, random.chance(permille: canaryPermille) {
            return begin(nil, on: node)
        }
        switch scheme.gate(open: open) {
        case .wait, .refuse: break
        case .begin:
            let task = nextTask
            nextTask += 1
            open += 1
            holders[task] = [node]
            begin(task, on: node)
            var desk = Desk()
            scheme.began(task, on: node, &desk)
            carryOut(&desk)
        }
    }

    private mutating func retire(_ node: Int) {
        guard !isRetired[node] else { return }
        isRetired[node] = true
        idleCount -= 1
    }

    private mutating func begin(_ task: Int?, on node: Int) {
        idle[node] = false
        idleCount -= 1
        if let task { tally.run(task) }
        let pace = paces[node]
        queue.insert(.init(at: clock + pace / 2 + Int64(random.below(Int(pace))), node: node, task: task))
    }

    private mutating func answer(of node: Int, to task: Int?) -> Answer {
        let last = previous[node]
        if let task { previous[node] = task }
        switch conducts[node] {
        case .honest: return .right
        case .alwaysWrong: return .invented(by: node)
        case .sometimesWrong(let permille): return random.chance(permille: permille) ? .invented(by: node) : .right
        case .sleeper(let after): return done[node] > after ? .invented(by: node) : .right
        case .colluder: return .sharedLie
        case .sleepingColluder(let permille): return nextTask * 1000 > tasks * permille ? .sharedLie : .right
        case .lazy: return done[node] % 3 == 0 ? .stale(last) : .right
        case .cunning(let permille):
            let isBacked = task.map { lies.contains($0) } ?? false
            guard isBacked || scheme.checkRate(of: node) < 0.5 && random.chance(permille: permille)
            else { return .right }
            if let task { lies.insert(task) }
            return .sharedLie
        }
    }
}
