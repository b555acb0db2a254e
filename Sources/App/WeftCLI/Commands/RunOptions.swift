import ArgumentParser
import WeftModel

/// What `weft run` says about the job, as flags.
struct RunOptions: ParsableArguments {
    @Option(help: .init("The job's name; the program's by default.", valueName: "name"))
    var name: String?

    @Option(help: .init("Independent executions on different nodes (1 to 64).", valueName: "n"))
    var replicas: Int?

    @Option(help: .init("How many of them must agree; more than half by default.", valueName: "k"))
    var quorum: Int?

    @Option(help: .init("How many executions disagreement may ask for in all.", valueName: "n"))
    var maxReplicas: Int?

    @Option(
        help: .init(
            "Which share of the accepted answers may be wrong, for example 1e-3; Weft finds out how many executions that "
                + "takes. Instead of --replicas.", valueName: "share"))
    var maxError: String?

    @Option(
        parsing: .singleValue,
        help: .init(
            "One task whose right answer you know, as receipts name it: 17=sha256:…. Shows who lies; with --max-error.",
            valueName: "index=digest"))
    var canary: [String] = []

    @Option(
        help: .init(
            "Which share of the tasks a second machine does as well, for example 0.05. Instead of --replicas.",
            valueName: "share"))
    var spotCheck: String?

    @Option(
        help: .init(
            "When two answers are alike: sha256 (equal bytes), exit (equal exit statuses), or for example "
                + "'{numeric: {relative: 1e-5}}', '{command: {program: ./alike.py}}'; docs/comparators.md has them all.",
            valueName: "rule"))
    var comparator: String?

    @Flag(help: "Run all replicas of a task on equal machines, where floating point rounds alike.")
    var sameHardware = false

    @Option(help: .init("Processors, for example 2 or 0.5.", valueName: "n"))
    var cpus: String?

    @Option(help: .init("Memory, for example 512MiB.", valueName: "size"))
    var memory: String?

    @Option(help: .init("What the working directory may hold, for example 2GiB.", valueName: "size"))
    var disk: String?

    @Option(help: .init("Wall time of one attempt, for example 90s, 10m, 1h30m.", valueName: "time"))
    var timeout: String?

    @Option(help: .init("Run N tasks (or FIRST-LAST); each finds its index in WEFT_TASK_INDEX.", valueName: "n"))
    var array: String?

    @Option(
        name: .shortAndLong, parsing: .singleValue,
        help: .init("Set a variable; NAME alone takes its value from here.", valueName: "name=value"))
    var env: [String] = []

    @Option(
        name: .shortAndLong, parsing: .singleValue,
        help: .init("Put a file or directory into the working directory.", valueName: "path[=local]"))
    var input: [String] = []

    @Option(
        name: .shortAndLong, parsing: .singleValue,
        help: .init("Bring back a file of the working directory; PATH? if it may be missing.", valueName: "path"))
    var output: [String] = []

    @Option(
        parsing: .singleValue,
        help: .init("Show a directory of the working directory at an absolute path, too.", valueName: "path=/at"))
    var mount: [String] = []

    @Option(help: .init("Standard input from a file, or - for this command's own.", valueName: "file"))
    var stdin: String?

    @Option(help: .init("More attempts after one that hit a limit (0 to 100).", valueName: "n"))
    var retries: Int?

    @Option(parsing: .unconditional, help: .init("Higher runs first (-100 to 100).", valueName: "n"))
    var priority: Int?

    @Option(
        name: .shortAndLong, parsing: .singleValue,
        help: .init("A label to find the job by.", valueName: "name=value"))
    var label: [String] = []

    @Option(
        name: [.long, .customLong("require-arch")],
        help: .init("What the program is built for (x86_64, arm64, riscv64); nodes may emulate it.", valueName: "arch"),
        completion: .list(["x86_64", "arm64", "riscv64", "arm"]))
    var arch: String?

    @Option(help: .init("Only on nodes with this operating system (linux, macos).", valueName: "os"))
    var requireOs: String?

    @Option(parsing: .singleValue, help: .init("Only on nodes with this label.", valueName: "name=value"))
    var requireLabel: [String] = []

    @Option(
        parsing: .singleValue,
        help: .init(
            "Only on nodes with this driver (docker, podman, vm); it runs the payload if it can.", valueName: "name"))
    var requireDriver: [String] = []

    @Option(
        parsing: .singleValue,
        help: .init(
            "Only on nodes that enforce this limit (cpu, memory, processes, disk, time, network).", valueName: "limit"))
    var requireLimit: [String] = []

    @Option(
        help: .init("Weakest acceptable wall: none, process, gvisor or vm.", valueName: "wall"),
        completion: .list(Isolation.allCases.map(\.rawValue)))
    var isolation: String?

    @Option(help: .init("Submitting twice with the same key makes one job.", valueName: "key"))
    var idempotencyKey: String?

    @Flag(help: "Run everything, also what has a verified answer already.")
    var noCache = false

    @Flag(help: "Leave standard output out of the comparison of answers.")
    var ignoreStdout = false
}
