/// A directory of the working directory that the payload finds at an absolute path, too: what it does in one place is
/// seen in the other.
package struct Mount: Hashable, Sendable {
    /// Relative to the working directory; made where no input makes it.
    package var path: String
    /// Absolute, in its plainest form, and none of ``reserved``.
    package var target: String

    package init(path: String, at target: String) {
        self.path = path
        self.target = target
    }

    /// What sandboxes and containers need for themselves, with everything below.
    package static let reserved = [
        "/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/proc", "/sbin", "/sys", "/usr",
        "/work",
    ]

    /// What is wrong with an absolute path as a place for a directory, or nil.
    package static func problem(with target: String) -> String? {
        guard target.utf8.first == UInt8(ascii: "/"), target.utf8.count > 1 else {
            return "expected an absolute path such as /data"
        }
        if let problem = FilePaths.problem(with: String(target.dropFirst())) {
            return problem.replacingPrefix("expected a path below the working directory", "expected an absolute path")
        }
        // Hidden names at the top are the sandbox's own.
        guard target.utf8.dropFirst().first != UInt8(ascii: ".") else { return "expected a path without a hidden top" }
        for taken in reserved where target == taken || target.hasPrefix(taken + "/") {
            return "\(taken) belongs to the sandbox; expected another place, such as /data"
        }
        return nil
    }

    /// Whether one of the two paths lies in the other, or they are the same.
    package static func overlap(_ first: String, _ second: String) -> Bool {
        first == second || first.hasPrefix(second + "/") || second.hasPrefix(first + "/")
    }
}

extension Mount {
    var document: Document { ["path": .string(path), "at": .string(target)] }
}

extension String {
    fileprivate func replacingPrefix(_ old: String, _ new: String) -> String {
        hasPrefix(old) ? new + dropFirst(old.count) : self
    }
}

extension SpecReader {
    mutating func mounts(_ document: Document?, at path: String) -> [Mount] {
        var result: [Mount] = []
        for (element, field) in list(document, at: path, count: 0...JobLimits.mounts, of: "mounts") ?? [] {
            if element == .null { report(field, "expected a mapping like {path: data, at: /data}, not null") }
            guard let fields = members(element, at: field, fields: JobFields.mount) else { continue }
            let path = text(fields["path"], at: "\(field).path")
            let target = text(fields["at"], at: "\(field).at")
            if fields["path"] == nil { report("\(field).path", "expected a directory below the working directory") }
            if fields["at"] == nil { report("\(field).at", "expected an absolute path such as /data") }
            guard let path, let target else { continue }
            var isUsable = true
            if let problem = FilePaths.problem(with: path) {
                report("\(field).path", problem)
                isUsable = false
            }
            if let problem = Mount.problem(with: target) {
                report("\(field).at", problem)
                isUsable = false
            }
            if let other = result.first(where: { Mount.overlap($0.target, target) }) {
                report("\(field).at", "\(target) and \(other.target) overlap; expected places apart from each other")
                isUsable = false
            }
            if let other = result.first(where: { Mount.overlap($0.path, path) }) {
                report("\(field).path", "\(path) and \(other.path) overlap; expected directories apart from each other")
                isUsable = false
            }
            if isUsable { result.append(Mount(path: path, at: target)) }
        }
        return result
    }

    /// What can only be checked with the whole job in view. `files` are the paths of inputs and outputs.
    mutating func checkMounts(_ spec: inout JobSpec, files: [String]) {
        guard !spec.mounts.isEmpty else { return }
        switch spec.payload {
        case .process, .container: break
        case .assembly, .wasm, .kernel:
            report("mounts", "go with process and container payloads, not with \(spec.payload.driver)")
        }
        if spec.requirements.isolation == .none {
            report("mounts", "need a wall: expected requirements.isolation to be process or stronger, not none")
        }
        for (index, mount) in spec.mounts.enumerated() {
            // A file may lie in a directory that is mounted, but cannot be one, nor lie on the way to it.
            if let file = files.first(where: { $0 == mount.path || mount.path.hasPrefix($0 + "/") }) {
                report("mounts[\(index)].path", "\"\(file)\" is a file of this job, so it cannot be a directory")
            }
        }
    }
}
