/// Where this process stands in the machine's control groups: what `/proc/self/cgroup` and `/proc/self/mountinfo` say.
package struct ControlGroupLayout: Sendable, Hashable {
    package enum Version: String, Sendable, Hashable, Codable { case none, v1, hybrid, v2 }

    /// The directory of this process's own group, by version 1 controller. Controllers mounted together share one.
    package var v1: [String: String] = [:]
    /// The directory of this process's own group in the unified hierarchy, and where that is mounted.
    package var v2: String?
    package var v2Mount: String?

    package var version: Version {
        switch (v1.isEmpty, v2 == nil) {
        case (true, true): .none
        case (false, true): .v1
        case (false, false): .hybrid
        case (true, false): .v2
        }
    }

    /// - Parameters:
    ///   - selfCgroup: lines of `id:controllers:path`; the unified hierarchy's are `0::path` (cgroups(7)).
    ///   - mountInfo: lines as in proc_pid_mountinfo(5).
    package init(selfCgroup: String, mountInfo: String) {
        var paths: [String: String] = [:]
        for line in selfCgroup.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            for controller in parts[1].split(separator: ",", omittingEmptySubsequences: false) {
                paths[String(controller)] = String(parts[2])
            }
        }
        for line in mountInfo.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard let dash = words.firstIndex(of: "-"), words.count > dash + 3, dash >= 6 else { continue }
            let root = Self.unescaped(words[3])
            let mount = Self.unescaped(words[4])
            if words[dash + 1] == "cgroup2", let path = paths[""], v2 == nil {
                v2 = Self.directory(mount: mount, root: root, path: path)
                v2Mount = v2 == nil ? nil : mount
            } else if words[dash + 1] == "cgroup" {
                for option in words[dash + 3].split(separator: ",").map(String.init) where v1[option] == nil {
                    guard let path = paths[option] else { continue }
                    v1[option] = Self.directory(mount: mount, root: root, path: path)
                }
            }
        }
    }

    /// Nil when the group lies outside what is mounted here, as it may in a container.
    private static func directory(mount: String, root: String, path: String) -> String? {
        if path.split(separator: "/").contains("..") { return nil }
        var rest = path[...]
        if root != "/" {
            guard path == root || path.hasPrefix(root + "/") else { return nil }
            rest = path.dropFirst(root.count)
        }
        while rest.last == "/" { rest.removeLast() }
        return mount + rest
    }

    /// mountinfo writes space, tab, newline and backslash as three octal digits.
    private static func unescaped(_ word: Substring) -> String {
        var bytes: [UInt8] = []
        var left = Array(word.utf8)[...]
        while let byte = left.popFirst() {
            if byte == UInt8(ascii: "\\"), left.count >= 3,
                let value = UInt8(String(decoding: left.prefix(3), as: UTF8.self), radix: 8)
            {
                bytes.append(value)
                left = left.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
