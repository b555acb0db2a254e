import WeftFormats
import WeftModel

/// Live output of one task onto this process's own standard output and standard error.
struct LogStreaming: Sendable {
    var api: any CoordinatorAPI
    var console: Console
    var task: TaskID

    /// Until the task has ended. Connections that break are made again; nothing is printed twice.
    func untilEnd() async throws -> LogPrinter {
        var printer = LogPrinter()
        while true {
            do {
                let pieces = try await JobWatch.retrying(console) {
                    try await api.logs(task.job, task: task.index, follow: true)
                }
                for try await piece in pieces {
                    let bytes = try printer.take(piece)
                    guard !bytes.isEmpty else { continue }
                    switch piece.stream {
                    case .stdout: try console.write(bytes: bytes)
                    case .stderr: try console.writeError(bytes: bytes)
                    }
                }
                return printer
            } catch {
                guard ErrorWords.describe(error).status == .unreachable else { throw error }
            }
        }
    }

    /// Writes what the live log did not have: the rest of the verified output.
    func complete(_ printer: LogPrinter, from completion: Completion) async throws {
        let console = console
        if let blob = completion.standardOutput {
            let done = Int64(printer.written[.stdout] ?? 0)
            if done < blob.sizeBytes {
                try await BlobPrinting.print(blob.digest, from: done, api) { try console.write(bytes: $0) }
            }
        }
        if let blob = completion.standardError {
            let done = Int64(printer.written[.stderr] ?? 0)
            if done < blob.sizeBytes {
                try await BlobPrinting.print(blob.digest, from: done, api) { try console.writeError(bytes: $0) }
            }
        }
    }
}
