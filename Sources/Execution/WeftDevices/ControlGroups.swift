/// The Linux control groups that a process is in, versions 1 and 2, and the bounds that they and their parents set.
package struct ControlGroups: Sendable {
    /// One hierarchy: where it is mounted, and the process's group in it.
    package struct Hierarchy: Hashable, Sendable {
        package var isUnified: Bool
        package var controllers: [String]
        package var group: String
        package var mountPoint: String
    }

    package let hierarchies: [Hierarchy]
    /// A file's content, or nil when it is not there.
    private let readFile: @Sendable (String) -> String?

    /// Takes the texts of `/proc/self/cgroup` and `/proc/self/mountinfo`.
    package init(membership: String, mounts: String, readFile: @escaping @Sendable (String) -> String?) {
        self.readFile = readFile
        let mounted = mounts.split(separator: "\n").compactMap(Mount.init(line:))
        hierarchies = membership.split(separator: "\n").compactMap { line in
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { return nil }
            let controllers = parts[1].split(separator: ",").map(String.init)
            let isUnified = controllers.isEmpty
            let mount = mounted.first {
                isUnified
                    ? $0.kind == "cgroup2"
                    : $0.kind == "cgroup" && !Set($0.options).isDisjoint(with: controllers)
            }
            guard let mount else { return nil }
            // Inside a container the mount shows only the container's own subtree.
            var group = String(parts[2])
            if mount.root != "/", group.hasPrefix(mount.root) { group.removeFirst(mount.root.count) }
            return Hierarchy(
                isUnified: isUnified, controllers: controllers, group: group == "/" ? "" : group,
                mountPoint: mount.point)
        }
    }

    /// The tightest processor quota over this process's groups and their parents, in thousandths of a processor.
    package func cpuMillis() -> Int64? {
        let unified = values(ofUnified: "cpu.max").compactMap { text -> Int64? in
            let fields = text.split(separator: " ").compactMap { Int64($0) }
            return fields.count == 2 ? Self.millis(quota: fields[0], period: fields[1]) : nil
        }
        let separate = directories(controller: "cpu").compactMap { directory -> Int64? in
            guard let quota = integer(directory + "/cpu.cfs_quota_us"), quota > 0 else { return nil }
            return integer(directory + "/cpu.cfs_period_us").flatMap { Self.millis(quota: quota, period: $0) }
        }
        return (unified + separate).min()
    }

    /// The tightest memory bound over this process's groups and their parents, in bytes.
    package func memoryBytes() -> Int64? {
        let unified = values(ofUnified: "memory.max").compactMap { Int64($0) }
        let separate = directories(controller: "memory").compactMap { integer($0 + "/memory.limit_in_bytes") }
        // Version 1 writes "no bound" as a number close to the largest there is.
        return (unified + separate).filter { $0 > 0 && $0 < 1 << 60 }.min()
    }

    private static func millis(quota: Int64, period: Int64) -> Int64? {
        guard quota > 0, period > 0, quota < 1 << 50 else { return nil }
        return max(1, quota * 1000 / period)
    }

    private func values(ofUnified name: String) -> [String] {
        hierarchies.filter(\.isUnified).flatMap(ancestry)
            .compactMap { readFile($0 + "/" + name).map(Self.trimmed) }
    }

    private func directories(controller: String) -> [String] {
        hierarchies.filter { $0.controllers.contains(controller) }.flatMap(ancestry)
    }

    private func integer(_ path: String) -> Int64? { readFile(path).flatMap { Int64(Self.trimmed($0)) } }

    /// The group's directory and those of its parents.
    private func ancestry(_ hierarchy: Hierarchy) -> [String] {
        var directories = [hierarchy.mountPoint]
        for name in hierarchy.group.split(separator: "/") where name != ".." {
            directories.append(directories[directories.count - 1] + "/" + name)
        }
        return directories
    }

    private static func trimmed(_ text: String) -> String {
        String(text.prefix { $0 != "\n" })
    }

    /// One line of mountinfo: `36 35 98:0 /root /point options fields… - kind source superoptions` (proc(5)).
    private struct Mount {
        var root: String
        var point: String
        var kind: String
        var options: [String]

        init?(line: Substring) {
            let fields = line.split(separator: " ")
            guard let dash = fields.firstIndex(of: "-"), dash > 5, fields.count > dash + 3 else { return nil }
            root = String(fields[3])
            point = String(fields[4])
            kind = String(fields[dash + 1])
            options = fields[dash + 3].split(separator: ",").map(String.init)
        }
    }
}

#if os(Linux)
    extension ControlGroups {
        static func ofThisProcess() -> ControlGroups {
            ControlGroups(
                membership: smallFile("/proc/self/cgroup") ?? "", mounts: smallFile("/proc/self/mountinfo") ?? "",
                readFile: smallFile)
        }
    }
#endif
