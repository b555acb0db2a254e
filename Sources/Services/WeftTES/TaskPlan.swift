package import WeftModel

/// How a task becomes a job: where its paths lie in the working directory, and what its outputs are kept as.
///
/// The plan of a task is always the same: that of a task that has ended says where its outputs go.
package struct TaskPlan: Hashable, Sendable {
    /// Where an output's bytes are among those of the job.
    package enum OutputForm: Hashable, Sendable {
        /// One file, kept as it is, under this path of the working directory.
        case file(String)
        /// Any number of files, in one archive (``FileArchiveReader``). `prefix` is what their paths lose.
        case archive(String, prefix: String)
    }

    package var mounts: [Mount]
    /// One for each output of the task, in their order.
    package var outputs: [OutputForm]
    /// Whether it runs without a container.
    package var isNative: Bool
    /// What was passed over, for the task's log.
    package var warnings: [String]

    /// Files of the working directory that are Weft's own.
    static let ownDirectory = ".tes"
    static let documentPath = ".tes/task.json"
    static let scriptPath = ".tes/run.sh"
    static let reportPath = ".tes/report"

    /// Throws ``InvalidDocument`` with everything that cannot be done here.
    package init(_ task: TaskDocument, settings: TESSettings) throws(InvalidDocument) {
        var planner = Planner(task: task, settings: settings)
        planner.plan()
        guard planner.problems.isEmpty else { throw InvalidDocument(planner.problems) }
        mounts = planner.mounts
        outputs = planner.outputs
        isNative = planner.isNative
        warnings = planner.warnings
    }

    /// A path without slashes at its end.
    static func plain(_ path: String) -> String {
        var path = path[...]
        while path.utf8.last == UInt8(ascii: "/") { path = path.dropLast() }
        return String(path)
    }

    /// Where an absolute path of the task lies in the working directory; nil for one that is not kept.
    package func workPath(of path: String) -> String? {
        guard mounts.contains(where: { path == $0.target || path.hasPrefix($0.target + "/") }) else { return nil }
        return "tes" + path
    }
}

private struct Planner {
    let task: TaskDocument
    let settings: TESSettings
    var problems: [Problem] = []
    var mounts: [Mount] = []
    var outputs: [TaskPlan.OutputForm] = []
    var isNative = false
    var warnings: [String] = []
    /// Directories that have to be there, with the field that asks for each.
    private var wanted: [(path: String, field: String)] = []

    init(task: TaskDocument, settings: TESSettings) {
        self.task = task
        self.settings = settings
    }

    mutating func report(_ field: String, _ message: String) {
        problems.append(Problem(field: field, message: message))
    }

    mutating func plan() {
        chooseDriver()
        for (index, input) in task.inputs.enumerated() {
            let field = "inputs[\(index)].path"
            want(input.type == .directory ? input.path : Self.parent(of: input.path), for: field, whole: input.path)
        }
        for (index, output) in task.outputs.enumerated() { plan(output, index) }
        for (index, volume) in task.volumes.enumerated() { want(volume, for: "volumes[\(index)]", whole: volume) }
        for (index, executor) in task.executors.enumerated() { plan(executor, "executors[\(index)]") }
        chooseMounts()
        checkParameters()
        if task.resources?.zones?.isEmpty == false { warnings.append("resources.zones are passed over") }
    }

    private mutating func chooseDriver() {
        let images = task.executors.map(\.image)
        for (index, image) in images.enumerated() where !JobLimits.imageBytes.contains(image.utf8.count) {
            report("executors[\(index)].image", "expected at most \(JobLimits.imageBytes.upperBound) bytes")
        }
        guard problems.isEmpty else { return }
        isNative = images.allSatisfy(settings.isNative)
        guard !isNative, let first = images.first else { return }
        for (index, image) in images.enumerated() where image != first {
            report(
                "executors[\(index)].image",
                "expected \(first), as the first executor has: the containers of one task are of one image here")
        }
    }

    private mutating func plan(_ output: TaskDocument.Output, _ index: Int) {
        let field = "outputs[\(index)]"
        guard ShellPattern.hasWildcards(output.path) else {
            switch output.type {
            case .file:
                want(Self.parent(of: output.path), for: "\(field).path", whole: output.path)
                outputs.append(.file("tes" + output.path))
            case .directory:
                want(output.path, for: "\(field).path", whole: output.path)
                let path = TaskPlan.plain(output.path)
                outputs.append(.archive("\(TaskPlan.ownDirectory)/output-\(index)", prefix: path + "/"))
            }
            return
        }
        let fixed = ShellPattern.fixedDirectory(of: output.path)
        want(fixed, for: "\(field).path", whole: fixed)
        if ShellPattern.word(output.path) == nil {
            report("\(field).path", "has brackets that are no set of letters and digits such as [a-z0-9]")
        }
        guard let prefix = output.pathPrefix, !prefix.isEmpty else {
            return report("\(field).path_prefix", "is missing; it is needed where the path has wildcards")
        }
        if !output.path.hasPrefix(prefix) {
            report("\(field).path_prefix", "expected what the path begins with")
        }
        outputs.append(.archive("\(TaskPlan.ownDirectory)/output-\(index)", prefix: prefix))
    }

    private mutating func plan(_ executor: TaskDocument.Executor, _ field: String) {
        for (path, name) in [(executor.standardOutput, "stdout"), (executor.standardError, "stderr")] {
            guard let path else { continue }
            want(Self.parent(of: path), for: "\(field).\(name)", whole: path)
        }
        if let path = executor.standardInput, !path.hasPrefix("/") {
            report("\(field).stdin", "expected an absolute path")
        }
        guard let directory = executor.workDirectory else { return }
        guard directory.hasPrefix("/") else { return report("\(field).workdir", "expected an absolute path") }
        // An image brings its own; a sandbox has none but what is mounted.
        if isNative, Mount.problem(with: TaskPlan.plain(directory)) == nil {
            want(directory, for: "\(field).workdir", whole: directory)
        }
    }

    private mutating func want(_ directory: String, for field: String, whole path: String) {
        guard path.hasPrefix("/") else { return report(field, "expected an absolute path such as /data/file") }
        let directory = TaskPlan.plain(directory)
        if directory.isEmpty { return report(field, "expected a path in a directory, such as /data/file") }
        if let problem = Mount.problem(with: directory) { return report(field, problem) }
        // Of a file, its own name as well; of a pattern's directory it is the same.
        if TaskPlan.plain(path) != directory, let problem = Mount.problem(with: path) { return report(field, problem) }
        wanted.append((directory, field))
    }

    /// The outermost of the directories: what lies in another comes with it.
    private mutating func chooseMounts() {
        var chosen: [(path: String, field: String)] = []
        for directory in wanted.sorted(by: { ($0.path.utf8.count, $0.path) < ($1.path.utf8.count, $1.path) })
        where !chosen.contains(where: { Mount.overlap($0.path, directory.path) }) {
            chosen.append(directory)
        }
        if chosen.count > JobLimits.mounts {
            report("", "its files lie in \(chosen.count) directories; at most \(JobLimits.mounts) can be had")
        }
        mounts = chosen.map { Mount(path: "tes" + $0.path, at: $0.path) }
    }

    private mutating func checkParameters() {
        guard let resources = task.resources else { return }
        let unknown = resources.backendParameters.keys.filter { BackendParameter(rawValue: $0) == nil }.sorted()
        let known = BackendParameter.allCases.map(\.rawValue).joined(separator: ", ")
        for name in unknown.map({ $0.prefix(80) }) {
            if resources.isStrict == true {
                report("resources.backend_parameters.\(name)", "is not known; this takes \(known)")
            } else {
                warnings.append("resources.backend_parameters.\(name) is not known, and was passed over")
            }
        }
    }

    static func parent(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    }
}

/// What `backend_parameters` can say: fields of Weft's own jobs.
package enum BackendParameter: String, CaseIterable, Sendable {
    case replicas = "weft.replicas"
    case quorum = "weft.quorum"
    case maxReplicas = "weft.max_replicas"
    case maxError = "weft.max_error"
    case spotCheck = "weft.spot_check"
    case sameHardware = "weft.same_hardware"
    case isolation = "weft.isolation"
    case architecture = "weft.arch"
    case priority = "weft.priority"
    case retries = "weft.retries"
    case timeout = "weft.timeout"
    case cache = "weft.cache"

    /// The field of the job, as its path.
    var field: (group: String?, name: String) {
        switch self {
        case .replicas: ("verification", "replicas")
        case .quorum: ("verification", "quorum")
        case .maxReplicas: ("verification", "max_replicas")
        case .maxError: ("verification", "max_error")
        case .spotCheck: ("verification", "spot_check")
        case .sameHardware: ("verification", "same_hardware")
        case .isolation: ("requirements", "isolation")
        case .architecture: ("requirements", "arch")
        case .priority: (nil, "priority")
        case .retries: (nil, "retries")
        case .timeout: (nil, "timeout")
        case .cache: (nil, "cache")
        }
    }

    /// The text as the job file has it; a text that does not fit is refused by the job's own reader.
    func value(_ text: String) -> Document {
        switch self {
        case .sameHardware, .cache: text == "true" ? true : text == "false" ? false : .string(text)
        case .replicas, .quorum, .maxReplicas, .priority, .retries: Int64(text).map(Document.integer) ?? .string(text)
        case .maxError, .spotCheck, .isolation, .architecture, .timeout: .string(text)
        }
    }
}
