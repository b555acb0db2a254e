import Glibc
import WeftFormats
import WeftModel

/// Brings what tasks left behind to this machine.
struct ResultFiles: Sendable {
    var api: any CoordinatorAPI

    /// Writes the blob to `path`, making directories as needed. Readers never see a part of it.
    func save(_ blob: BlobReference, to path: String) async throws {
        if let slash = path.lastIndex(of: "/"), slash > path.startIndex {
            try Files.makeDirectory(String(path[..<slash]), mode: 0o755)
        }
        try await api.getBlob(blob.digest, to: path)
    }

    /// Saves a task's declared outputs; `place` says where a path goes. Returns the paths written.
    func saveOutputs(of completion: Completion, place: (String) -> String) async throws -> [String] {
        var saved: [String] = []
        for output in completion.outputs {
            guard let blob = output.blob else { continue }
            // The job said these paths, the coordinator repeats them: neither may write outside of where we are.
            guard let path = RelativePath.checked(output.path) else {
                throw CLIError(.failure, "the coordinator names an output outside of the working directory")
            }
            let target = place(path)
            try await save(blob, to: target)
            saved.append(target)
        }
        return saved
    }

    /// Everything of one task below `directory`: outputs, `stdout`, `stderr`. Returns the paths written.
    func saveAll(of completion: Completion, below directory: String) async throws -> [String] {
        var saved = try await saveOutputs(of: completion) { "\(directory)/outputs/\($0)" }
        for (name, blob) in [("stdout", completion.standardOutput), ("stderr", completion.standardError)] {
            guard let blob else { continue }
            let target = "\(directory)/\(name)"
            try await save(blob, to: target)
            saved.append(target)
        }
        return saved
    }

    /// Every task of a job, page by page.
    func forEachTask(
        of id: JobID, states: [TaskState] = [], withAttempts: Bool = false, pageSize: Int = 1000,
        _ body: (TaskView) async throws -> Void
    ) async throws {
        var filter = TaskFilter(limit: pageSize)
        filter.states = states
        filter.withAttempts = withAttempts
        repeat {
            let page = try await api.tasks(id, filter)
            for task in page.items { try await body(task) }
            filter.cursor = page.next
        } while filter.cursor != nil
    }
}
