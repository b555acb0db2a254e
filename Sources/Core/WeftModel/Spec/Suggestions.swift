/// What somebody may have meant by a key that is not known.
enum Suggestions {
    /// What other systems call it.
    private static let synonyms: [String: String] = [
        "args": "command", "arguments": "command", "cmd": "command", "run": "command", "script": "command",
        "env": "environment", "environ": "environment", "variables": "environment", "vars": "environment",
        "cpu": "cpus", "cores": "cpus", "mem": "memory", "ram": "memory", "storage": "disk",
        "gpu": "devices", "gpus": "devices", "vram": "memory", "compute_capability": "capability",
        "operating_system": "os", "platform": "os", "architecture": "arch",
        "count": "array", "tasks": "array", "files": "inputs", "tags": "labels", "annotations": "labels",
        "time_limit": "timeout", "walltime": "timeout", "timeout_seconds": "timeout", "ttl": "timeout",
        "retry": "retries", "max_retries": "retries", "attempts": "retries", "redundancy": "verification",
        "replicas": "verification", "verify": "verification", "constraints": "requirements",
        "requires": "requirements", "limits": "resources", "content": "text", "contents": "text", "data": "text",
        "digest": "blob", "sha256": "blob", "mode": "executable", "standard_input": "stdin", "input": "inputs",
        "output": "outputs", "nice": "priority", "title": "name", "id": "name",
    ]

    static func forUnknown(_ key: String, known: [String]) -> String {
        if let best = nearest(to: key, in: known) { return "unknown key; did you mean \"\(best)\"?" }
        return "unknown key; known here: \(known.joined(separator: ", "))"
    }

    static func nearest(to key: String, in known: [String]) -> String? {
        guard key.utf8.count <= 40 else { return nil }
        let plain = key.lowercased().split(separator: "-").joined(separator: "_")
        if known.contains(plain) { return plain }
        if let meant = synonyms[plain], known.contains(meant) { return meant }
        let snake = Self.snakeCase(key)
        if known.contains(snake) { return snake }
        let near = known.map { (distance: distance(plain, $0), key: $0) }.min { $0.distance < $1.distance }
        guard let near, near.distance <= max(1, min(2, near.key.count / 3)) else { return nil }
        return near.key
    }

    private static func snakeCase(_ key: String) -> String {
        key.map { $0.isUppercase ? "_" + $0.lowercased() : String($0) }.joined()
    }

    /// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
    private static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left.utf8)
        let right = Array(right.utf8)
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for (row, a) in left.enumerated() {
            var current = [row + 1]
            for (column, b) in right.enumerated() {
                var best = min(last[column] + (a == b ? 0 : 1), last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, a == right[column - 1], left[row - 1] == b {
                    best = min(best, beforeLast[column - 1] + 1)
                }
                current.append(best)
            }
            beforeLast = last
            last = current
        }
        return last[right.count]
    }
}
