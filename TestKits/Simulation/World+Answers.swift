import WeftEngine
import WeftModel

/// What answers there are, and which of them are alike.
extension World {
    /// The answers that honest nodes give to a task. Where answers are compared within a tolerance there are two, alike.
    func truths(_ task: TaskID, _ planned: JobPlan) -> [Digest] {
        planned.spec.comparesDigests
            ? [variant(0, task, planned)] : [variant(0, task, planned), variant(1, task, planned)]
    }

    /// The second variant is like the first and the third, which are not alike; none after that is like anything.
    private func variant(_ number: UInt64, _ task: TaskID, _ planned: JobPlan) -> Digest {
        let seed = scramble(planned.content, UInt64(task.index))
        return digest(of: number == 0 ? seed : scramble(seed, 1 << 40 + number))
    }

    func answer(_ id: AttemptID, _ planned: JobPlan, by worker: WorkerPlan) -> Digest {
        let truth = random.pick(truths(id.task, planned))
        guard !isHealed else { return truth }
        switch worker.behaviour {
        case .honest, .slow, .broken: return truth
        case .lazy: return digest(of: scramble(planned.content, UInt64(id.task.index) + 1))
        case .liar(let permille): return random.chance(permille: permille) ? lie(id.task, planned) : truth
        case .alwaysWrong: return lie(id.task, planned)
        case .colluder(let group): return digest(of: scramble(scramble(planned.content, UInt64(id.task.index)), group))
        }
    }

    /// An invention; where answers are compared, at times one as far from the truth as is just tolerated.
    private func lie(_ task: TaskID, _ planned: JobPlan) -> Digest {
        if !planned.spec.comparesDigests, random.chance(permille: 500) { return variant(2, task, planned) }
        return digest(of: random.next())
    }

    /// Whether two answers are alike. Of invented ones some are like nothing, not even like themselves.
    func areAlike(_ one: Digest, _ other: Digest, _ task: TaskID, _ planned: JobPlan) -> Bool {
        let known = (0...2).map { variant($0, task, planned) }
        guard let first = known.firstIndex(of: one), let second = known.firstIndex(of: other) else {
            return one == other && (known.contains(one) || one.bytes[0] % 4 != 0)
        }
        return abs(first - second) <= 1
    }

    /// Whether an answer is right, or within the tolerance of one that is.
    func isRight(_ answer: Digest, _ task: TaskID, _ planned: JobPlan) -> Bool {
        truths(task, planned).contains { areAlike($0, answer, task, planned) }
    }

    /// The outputs have been compared.
    func compare(_ pairs: [Agreements.Pair], of task: TaskID) {
        guard let shell, let digest = shell.engine.spec(of: task.job)?.digest, let job = jobsByDigest[digest] else {
            return
        }
        let planned = plan.jobs[job]
        let findings = pairs.map { ($0, areAlike($0.first, $0.second, task, planned)) }
        receive(.event(.compared(task, Dictionary(uniqueKeysWithValues: findings))))
    }
}
