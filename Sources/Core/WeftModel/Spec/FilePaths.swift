/// The rules for the names of a job's files.
enum FilePaths {
    /// What is wrong with a path, or nil.
    static func problem(with path: String) -> String? {
        guard !path.isEmpty else { return "expected a path below the working directory" }
        guard path.utf8.count <= JobLimits.pathBytes else { return "expected at most \(JobLimits.pathBytes) bytes" }
        guard !path.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
            return "expected a path without control characters"
        }
        guard !path.utf8.starts(with: "/".utf8) else {
            return "expected a path below the working directory, not an absolute one"
        }
        for part in path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            if part.elementsEqual("..".utf8) { return "expected a path without \"..\"" }
            if part.isEmpty || part.elementsEqual(".".utf8) { return "expected a path without empty parts or \".\"" }
            if part.count > JobLimits.pathComponentBytes {
                return "expected parts of at most \(JobLimits.pathComponentBytes) bytes"
            }
        }
        return nil
    }

    /// The directories that a file's path goes through, outermost first.
    static func directories(of path: String) -> [String] {
        var result: [String] = []
        for index in path.utf8.indices where path.utf8[index] == UInt8(ascii: "/") {
            result.append(String(path[..<index]))
        }
        return result
    }
}

extension SpecReader {
    /// Reports paths that come twice in one list, and files that would have to be directories, too.
    mutating func checkFiles(inputs: [(path: String, field: String)], outputs: [(path: String, field: String)]) {
        for list in [inputs, outputs] {
            var seen: Set<String> = []
            for file in list where !seen.insert(file.path).inserted {
                report(file.field, "the path \"\(file.path)\" comes twice")
            }
        }
        let files = Set((inputs + outputs).map(\.path))
        for file in inputs + outputs {
            if let parent = FilePaths.directories(of: file.path).first(where: files.contains) {
                report(file.field, "\"\(parent)\" is a file of this job, so it cannot be a directory")
            }
        }
    }
}
