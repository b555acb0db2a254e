import ArgumentParser
import WeftFormats
import WeftModel

/// Makes a job of what `weft run` was told. Pure: files have been read and uploaded before.
struct JobBuilder {
    var options: RunOptions
    var payload: PayloadBuilder
    var inputs: [Input]
    /// What the program of a comparator was uploaded as; nil before, and where it is no file.
    var comparatorProgram: Digest?
    /// What the program that goes along says that it is built for.
    var programArchitecture: String?
    /// This process's own, for `--env NAME`.
    var environment: [String: String]

    /// Throws ``CLIError`` (usage) that names the flag.
    func build() throws -> JobSpec {
        let runs = try payload.build()
        var spec = JobSpec(
            name: options.name ?? payload.defaultName(of: runs), payload: runs, array: try array(),
            environment: try variables(), inputs: inputs, outputs: try outputs(),
            resources: try resources(), requirements: try requirements(), verification: try verification(),
            labels: try pairs(options.label, flag: "--label"), idempotencyKey: options.idempotencyKey)
        spec.usesCache = !options.noCache
        spec.mounts = try mounts()
        if let retries = options.retries { spec.retries = try within(0...100, retries, "--retries") }
        if let priority = options.priority { spec.priority = try within(-100...100, priority, "--priority") }
        if let timeout = options.timeout {
            guard let seconds = Quantities.seconds(timeout), seconds > 0 else {
                throw wrong("--timeout", timeout, "a time such as 90s, 10m or 1h30m")
            }
            spec.timeoutSeconds = Int(seconds)
        }
        return spec
    }

    private func array() throws -> ArrayRange? {
        guard let text = options.array else { return nil }
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        if parts.count == 1, let count = UInt32(text), count > 0 { return ArrayRange(first: 0, count: count) }
        if parts.count == 2, let first = UInt32(parts[0]), let last = UInt32(parts[1]), first <= last, last < .max {
            return ArrayRange(first: first, count: last - first + 1)
        }
        throw wrong("--array", text, "a number of tasks such as 100, or a range such as 1-100")
    }

    private func variables() throws -> [String: String] {
        var variables: [String: String] = [:]
        for text in options.env {
            if let pair = Pair.parse(text) {
                variables[pair.name] = pair.value
            } else if let value = environment[text] {
                variables[text] = value
            } else {
                throw CLIError(.usage, "--env \(text): there is no such variable here", hint: "--env \(text)=VALUE")
            }
        }
        return variables
    }

    private func outputs() throws -> [Output] {
        try options.output.map { text in
            let output = OutputArgument(text)
            guard let path = RelativePath.checked(output.path) else {
                throw CLIError(.usage, "--output \(text): must be a path below the working directory")
            }
            return Output(path: path, isOptional: output.isOptional)
        }
    }

    private func mounts() throws -> [Mount] {
        try options.mount.map { text in
            guard let pair = Pair.parse(text), let path = RelativePath.checked(pair.name) else {
                throw wrong("--mount", text, "a directory of the working directory and a path, such as in=/data")
            }
            if let problem = Mount.problem(with: pair.value) { throw CLIError(.usage, "--mount \(text): \(problem)") }
            return Mount(path: path, at: pair.value)
        }
    }

    private func resources() throws -> Resources {
        var resources = Resources()
        if let text = options.cpus {
            guard let millis = Quantities.cpuMillis(text), millis > 0 else {
                throw wrong("--cpus", text, "a number of processors such as 2 or 0.5")
            }
            resources.cpuMillis = millis
        }
        if let text = options.memory { resources.memoryBytes = try size(text, "--memory") }
        if let text = options.disk { resources.diskBytes = try size(text, "--disk") }
        return resources
    }

    /// nil for what says itself what it is written for.
    private var architecture: String? {
        guard payload.options.asm == nil else { return nil }
        return options.arch.map { Requirements.architecture(named: $0) } ?? programArchitecture
    }

    private func requirements() throws -> Requirements {
        var requirements = Requirements(
            operatingSystem: options.requireOs, architecture: architecture,
            labels: try pairs(options.requireLabel, flag: "--require-label"))
        if let text = options.isolation {
            guard let isolation = Isolation(rawValue: text) else {
                throw wrong("--isolation", text, "one of " + Isolation.allCases.map(\.rawValue).joined(separator: ", "))
            }
            requirements.isolation = isolation
        }
        requirements.drivers = options.requireDriver
        requirements.enforced = try options.requireLimit.map { text in
            guard let limit = Limit(rawValue: text) else {
                throw wrong("--require-limit", text, "one of " + Limit.allCases.map(\.rawValue).joined(separator: ", "))
            }
            return limit
        }
        return requirements
    }

    private func verification() throws -> Verification {
        var result = try policy()
        result.comparesStandardOutput = !options.ignoreStdout
        result.needsSameHardware = options.sameHardware
        result.canaries = try canaries()
        if let text = options.comparator {
            result.comparator = try ComparatorArgument(text).rule(program: comparatorProgram)
        }
        return result
    }

    private func canaries() throws -> [Canary] {
        let canaries = try options.canary.map { text in
            guard let pair = Pair.parse(text), let index = UInt32(pair.name), let answer = Digest(text: pair.value)
            else {
                throw wrong("--canary", text, "the index of a task and the digest of its answer, such as 17=sha256:…")
            }
            return Canary(index: index, answer: answer)
        }
        guard canaries.isEmpty || options.maxError != nil else {
            throw CLIError(.usage, "--canary goes with --max-error only")
        }
        return canaries.sorted { $0.index < $1.index }
    }

    private func policy() throws -> Verification {
        if let text = options.maxError {
            return Verification(maxError: try share(text, in: JobLimits.maxError, "--max-error", like: "1e-3"))
        }
        if let text = options.spotCheck {
            return Verification(spotCheck: try share(text, in: JobLimits.spotCheck, "--spot-check", like: "0.05"))
        }
        let replicas = try within(1...64, options.replicas ?? 1, "--replicas")
        let quorum = try options.quorum.map { try within(1...replicas, $0, "--quorum") }
        let most = try options.maxReplicas.map { try within(replicas...64, $0, "--max-replicas") }
        return Verification(replicas: replicas, quorum: quorum, maxReplicas: most)
    }

    private func share(
        _ text: String, in range: ClosedRange<ErrorRate>, _ flag: String, like example: String
    ) throws -> ErrorRate {
        guard let share = ErrorRate(text: text), range.contains(share) else {
            throw wrong(
                flag, text, "a share from \(range.lowerBound.text) to \(range.upperBound.text), such as \(example)")
        }
        guard options.replicas == nil, options.quorum == nil, options.maxReplicas == nil,
            options.maxError == nil || options.spotCheck == nil
        else {
            throw CLIError(
                .usage,
                "\(flag) decides how many replicas there are: leave out --replicas, --quorum, --max-replicas"
                    + (flag == "--max-error" ? ", --spot-check" : ""))
        }
        return share
    }

    private func pairs(_ texts: [String], flag: String) throws -> [String: String] {
        try texts.reduce(into: [:]) { result, text in
            guard let pair = Pair.parse(text) else { throw wrong(flag, text, "name=value") }
            result[pair.name] = pair.value
        }
    }

    private func size(_ text: String, _ flag: String) throws -> Int64 {
        guard let bytes = Quantities.bytes(text), bytes > 0 else { throw wrong(flag, text, "a size such as 512MiB") }
        return bytes
    }

    private func within(_ range: ClosedRange<Int>, _ value: Int, _ flag: String) throws -> Int {
        guard range.contains(value) else {
            throw wrong(flag, String(value), "\(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    private func wrong(_ flag: String, _ text: String, _ wanted: String) -> CLIError {
        CLIError(.usage, "\(flag): expected \(wanted), not `\(text)`")
    }
}

/// `path`, `path=local`, and `path?` for a file that may be missing.
struct OutputArgument: Hashable {
    var path: String
    var local: String
    var isOptional: Bool

    init(_ text: String) {
        let pair = Pair.parse(text)
        let path = pair?.name ?? text
        isOptional = path.hasSuffix("?")
        self.path = isOptional ? String(path.dropLast()) : path
        local = pair?.value ?? self.path
    }
}
