/// The shell script that runs a task's executors one after the other, and leaves an archive (``FileArchiveReader``) that says
/// how each went.
///
/// It needs a POSIX shell and `cat`, `date`, `find`, `mkdir`, `sort`, `tail` and `wc`.
enum RunnerScript {
    /// Of each stream of each executor, this many last bytes are kept for the log.
    static let tailBytes = 64 << 10

    static func text(_ task: TaskDocument, plan: TaskPlan) -> String {
        var lines = preamble
        let directories = Set(
            task.volumes
                + task.outputs.map { output in
                    ShellPattern.hasWildcards(output.path)
                        ? ShellPattern.fixedDirectory(of: output.path)
                        : output.type == .directory ? output.path : parent(of: output.path)
                }
                + task.executors.flatMap { [$0.standardOutput, $0.standardError].compactMap { $0.map(parent) } })
        for directory in directories.sorted() where !directory.isEmpty {
            lines.append("mkdir -p \(ShellPattern.quoted(directory))")
        }
        for (index, executor) in task.executors.enumerated() { lines += run(executor, index) }
        for (index, output) in task.outputs.enumerated() {
            guard case .archive(let path, _) = plan.outputs[index] else { continue }
            lines += keep(output, in: path)
        }
        lines += ["finish 0"]
        return lines.joined(separator: "\n") + "\n"
    }

    private static let preamble = """
        #!/bin/sh
        # Runs the executors of one task; made by Weft.
        work=$PWD
        own=$work/\(TaskPlan.ownDirectory)
        mkdir -p "$own/log" || exit 125
        : >"$own/report.part"
        entry() {
            printf '%s %s\\n' "$(($(wc -c <"$2")))" "$1"
            cat "$2"
        }
        kept() {
            [ -f "$2" ] || return 0
            tail -c \(tailBytes) "$2" >"$own/log/tail" && entry "$1" "$own/log/tail" >>"$own/report.part"
        }
        ended() {
            printf '%s %s %s\\n' "$2" "$3" "$4" >"$own/log/ended"
            entry "executor/$1" "$own/log/ended" >>"$own/report.part"
            kept "stdout/$1" "$5"
            kept "stderr/$1" "$6"
        }
        keep() {
            if [ -d "$1" ]; then
                find "$1" -type f | LC_ALL=C sort | while IFS= read -r file; do entry "$file" "$file"; done
            elif [ -f "$1" ]; then
                entry "$1" "$1"
            fi
        }
        finish() {
            mv "$own/report.part" "$own/report"
            exit "$1"
        }
        now() {
            date -u +%Y-%m-%dT%H:%M:%SZ
        }
        """.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)

    private static func run(_ executor: TaskDocument.Executor, _ index: Int) -> [String] {
        let output = executor.standardOutput.map(ShellPattern.quoted) ?? "\"$own/log/\(index).stdout\""
        let error = executor.standardError.map(ShellPattern.quoted) ?? "\"$own/log/\(index).stderr\""
        let input = executor.standardInput.map(ShellPattern.quoted) ?? "/dev/null"
        var lines = ["", "started=$(now)", "("]
        if let directory = executor.workDirectory.map(ShellPattern.quoted) {
            lines.append("    mkdir -p \(directory) 2>/dev/null")
            lines.append("    cd \(directory) || exit 126")
        }
        for (name, value) in executor.environment.sorted(by: { $0.key < $1.key }) {
            lines.append("    export \(name)=\(ShellPattern.quoted(value))")
        }
        lines.append("    exec \(executor.command.map(ShellPattern.quoted).joined(separator: " "))")
        lines.append(") <\(input) >\(output) 2>\(error)")
        lines.append("code=$?")
        lines.append("ended \(index) \"$started\" \"$(now)\" \"$code\" \(output) \(error)")
        if executor.ignoresError != true { lines.append("[ \"$code\" -eq 0 ] || finish \"$code\"") }
        return lines
    }

    private static func keep(_ output: TaskDocument.Output, in path: String) -> [String] {
        let word =
            ShellPattern.hasWildcards(output.path)
            ? ShellPattern.word(output.path) ?? ShellPattern.quoted(output.path)
            : ShellPattern.quoted(TaskPlan.plain(output.path))
        return [
            "", "(", "    LC_ALL=C", "    export LC_ALL", "    for path in \(word); do keep \"$path\"; done",
            ") >\"$work/\(path)\"",
        ]
    }

    private static func parent(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    }
}
