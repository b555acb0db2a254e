import Glibc

/// What there is on the machine that a driver could leave behind, at one moment, by names.
package struct MachineState: Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        case process, container, image, volume
        case controlGroup = "control group"
        case mount, file
        case loopDevice = "loop device"
        case networkNamespace = "network namespace"
        case descriptor
    }

    package struct Thing: Hashable, Sendable {
        package var kind: Kind
        /// Tells it from all others of its kind.
        package var name: String
        /// For people.
        package var detail: String

        package static func == (one: Thing, other: Thing) -> Bool { one.kind == other.kind && one.name == other.name }
        package func hash(into hasher: inout Hasher) {
            hasher.combine(kind)
            hasher.combine(name)
        }
    }

    package private(set) var things: Set<Thing> = []

    /// Looks. Engines are asked first: asking makes processes of its own.
    package init(_ scope: MachineScope) {
        for engine in scope.engines { ask(engine) }
        look(forFilesIn: scope)
        lookForMounts(isAlone: scope.isAlone)
        lookForLoopDevices()
        lookForControlGroups(isAlone: scope.isAlone)
        look(forProcessesIn: scope)
        lookForDescriptors(of: scope.worker)
    }

    mutating func note(_ kind: Kind, _ name: String, _ detail: String = "") {
        things.insert(Thing(kind: kind, name: name, detail: detail))
    }

    /// What is here and was not there before, and is not kept on purpose; sorted, one line each.
    package func added(since before: MachineState, _ scope: MachineScope) -> [String] {
        var added = things.subtracting(before.things)
        for kept in scope.kept {
            let matching = things.filter { $0.kind == kept.kind && kept.matches($0) }
            // Within the bound nothing of them is left behind; beyond it, all of them are shown.
            if matching.count <= kept.most { added.subtract(matching) }
        }
        return added.map { "\($0.kind.rawValue) \($0.name)\($0.detail.isEmpty ? "" : ": \($0.detail)")" }.sorted()
    }

    /// What is left since `before` when the machine has had `patience` to come to rest.
    package static func leftovers(
        since before: MachineState, in scope: MachineScope, patience: Duration
    ) async throws -> [String] {
        let clock = ContinuousClock()
        let end = clock.now + patience
        while true {
            let left = MachineState(scope).added(since: before, scope)
            if left.isEmpty || clock.now >= end { return left }
            try await Task.sleep(for: .milliseconds(250))
        }
    }

    // MARK: engines

    private mutating func ask(_ engine: MachineScope.Engine) {
        for line in Self.output("\(engine.command) ps -a --no-trunc --format '{{.ID}} {{.Names}} {{.Status}}'") {
            let words = line.split(separator: " ", maxSplits: 1)
            guard let id = words.first else { continue }
            note(.container, "\(engine.name) \(id.prefix(64))", String(words.last ?? ""))
        }
        for line in Self.output("\(engine.command) images -a --no-trunc --format '{{.Repository}}:{{.Tag}} {{.ID}}'") {
            note(.image, "\(engine.name) \(line)")
        }
        for line in Self.output("\(engine.command) volume ls -q") { note(.volume, "\(engine.name) \(line)") }
    }

    private static func output(_ command: String) -> [String] {
        guard let stream = popen("\(command) 2>/dev/null", "r") else { return [] }
        defer { pclose(stream) }
        var text: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while text.count < Files.readMax {
            let count = fread(&piece, 1, piece.count, stream)
            guard count > 0 else { break }
            text += piece[..<count]
        }
        return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    // MARK: files, mounts, devices

    private mutating func look(forFilesIn scope: MachineScope) {
        for folder in MachineScope.temporaryFolders {
            for name in Files.names(folder) {
                let isOurs = scope.isAlone || MachineScope.fileWords.contains(where: name.contains)
                if isOurs { note(.file, "\(folder)/\(name)") }
            }
        }
        for folder in scope.folders { for path in Files.tree(folder, depth: 3) { note(.file, path) } }
    }

    private mutating func lookForMounts(isAlone: Bool) {
        var counts: [String: Int] = [:]
        for line in (Files.read("/proc/self/mountinfo") ?? "").split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count > 4 else { continue }
            let kind = fields.firstIndex(of: "-").map { fields[fields.index(after: $0)] } ?? "?"
            counts["\(fields[4]) (\(kind))", default: 0] += 1
        }
        // The same place may be mounted over several times.
        for (mount, count) in counts { for number in 1...count { note(.mount, "\(mount) #\(number)") } }
    }

    private mutating func lookForLoopDevices() {
        for name in Files.names("/sys/block") where name.hasPrefix("loop") {
            guard let file = Files.read("/sys/block/\(name)/loop/backing_file") else { continue }
            note(.loopDevice, name, file.filter { $0 != "\n" })
        }
    }

    private mutating func lookForControlGroups(isAlone: Bool) {
        let mounts = (Files.read("/proc/self/mountinfo") ?? "").split(separator: "\n").filter {
            $0.contains(" - cgroup ") || $0.contains(" - cgroup2 ")
        }
        let ours = Self.ownGroups()
        let own = "weft-" + (Files.link("/proc/self/ns/pid") ?? "").filter(\.isNumber) + "-"
        for place in Set(mounts.compactMap { $0.split(separator: " ").dropFirst(4).first.map(String.init) }) {
            for (path, isStrangers) in Self.groups(place, depth: 8) where isAlone || !Self.isSystemds(path) {
                if Self.isBeside(ours, path, in: place) { continue }
                // Workers of other process namespaces sweep their own.
                if Self.isWorkers(path), !path.contains(own) { continue }
                if isStrangers { continue }
                note(.controlGroup, path)
            }
        }
    }

    /// All groups below, each with whether somebody else on the machine has made it: processes outside of this process
    /// namespace are in it or below it, whose numbers the kernel shows as 0.
    private static func groups(_ directory: String, depth: Int) -> [(path: String, isStrangers: Bool)] {
        guard depth > 0 else { return [] }
        return Files.names(directory).map { directory + "/" + $0 }.filter(Files.isDirectory).flatMap { path in
            let below = groups(path, depth: depth - 1)
            let isStrangers = (Files.read(path + "/cgroup.procs") ?? "").split(separator: "\n").contains("0")
            return [(path: path, isStrangers: isStrangers || below.contains { $0.isStrangers })] + below
        }
    }

    /// `weft-`, a process namespace, a process, its start, a number: see `ControlGroups`.
    private static func isWorkers(_ path: String) -> Bool {
        path.split(separator: "/").contains { part in
            let numbers = part.dropFirst("weft-".count).split(separator: "-")
            return part.hasPrefix("weft-") && numbers.count == 4 && numbers.allSatisfy { Int($0) != nil }
        }
    }

    /// The groups that this process is in, below the roots of their hierarchies.
    private static func ownGroups() -> [Substring] {
        (Files.read("/proc/self/cgroup") ?? "").split(separator: "\n")
            .compactMap { $0.split(separator: ":", maxSplits: 2).last }
    }

    /// Of others of whoever put this process into its group: they come and go by themselves, too, and may be empty.
    private static func isBeside(_ ours: [Substring], _ path: String, in place: String) -> Bool {
        ours.contains { ours in
            guard let slash = ours.lastIndex(of: "/"), slash != ours.startIndex else { return false }
            return path.hasPrefix(place + ours[...slash]) && !path.hasPrefix(place + ours) && !isOfEngines(path)
        }
    }

    private static func isOfEngines(_ path: String) -> Bool {
        ["weft", "docker", "libpod", "runc"].contains(where: path.contains)
    }

    /// Of services and sessions, which come and go by themselves; a container's scope has its digits in its name.
    private static func isSystemds(_ path: String) -> Bool {
        let endings = [".service", ".scope", ".slice", ".mount", ".socket"]
        guard path.split(separator: "/").contains(where: { part in endings.contains { part.hasSuffix($0) } }) else {
            return false
        }
        return !isOfEngines(path)
    }

    // MARK: processes

    private mutating func look(forProcessesIn scope: MachineScope) {
        let table = ProcessTable()
        for entry in table.entries.values {
            // Threads of the kernel have no command line, and neither have the dead, which their parents still have to hear of.
            let isDead = entry.state == "Z"
            if entry.parent == 2 || entry.identifier == scope.worker { continue }
            if isDead && (entry.parent == 1 || table.entries[entry.parent] == nil) { continue }
            let descends = table.descends(entry.identifier, from: scope.worker)
            if descends && !scope.countsDescendants { continue }
            let isOurs =
                descends || scope.isAlone || MachineScope.programs.contains(entry.name)
                || ProcessTable.bears(scope.marks, entry)
            guard isOurs else { continue }
            note(
                .process, "\(entry.identifier) (started at \(entry.startTime))",
                "\(isDead ? "dead, " : "")child of \(entry.parent), \(entry.name): \(entry.command.prefix(300))")
            // What it lives in goes with it, unless something else holds it.
            if let name = Files.link("/proc/\(entry.identifier)/ns/net") { note(.networkNamespace, name, entry.name) }
        }
    }

    /// Those of one sort are alike, so that only their number tells.
    private mutating func lookForDescriptors(of worker: Int32) {
        var counts: [String: Int] = [:]
        for name in Files.names("/proc/\(worker)/fd") {
            guard let target = Files.link("/proc/\(worker)/fd/\(name)") else { continue }
            let sort = target.hasPrefix("/") ? target : String(target.prefix { $0 != "[" || target.hasPrefix("anon") })
            counts[sort, default: 0] += 1
        }
        for (sort, count) in counts { for number in 1...count { note(.descriptor, "\(sort) #\(number)") } }
    }

    /// The processes that bear a word in their command line, environment, directory or control group.
    package static func processes(bearing word: String) -> [String] {
        ProcessTable().entries.values.filter { $0.state != "Z" && ProcessTable.bears([word], $0) }.map {
            "\($0.identifier) \($0.name): \($0.command.prefix(200))"
        }.sorted()
    }
}
