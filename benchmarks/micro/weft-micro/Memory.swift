import WeftEngine
import WeftModel

/// What the engine keeps of a task, as the allocator sees it.
enum Memory {
    static func register() {
        measureMemory("memory-queued-task-of-array", tasks: 1_000_000) { farm in
            _ = farm.handle([Farm.submission(tasks: 1_000_000)])
            farm.settle()
        } before: {
            Farm()
        }
        measureMemory("memory-queued-single-job", tasks: 50_000) { farm in
            for _ in 0..<50_000 { _ = farm.handle([Farm.submission()]) }
            farm.settle()
        } before: {
            Farm()
        }
        measureMemory("memory-open-task", tasks: 10_000) { farm in
            _ = farm.handle([Farm.submission(tasks: 10_000)])
            farm.settle()
            precondition(farm.engine.openTasks(of: JobID(1)).count == 10_000)
        } before: {
            Farm(nodes: 10, cores: 1000)
        }
    }
}
