import ArgumentParser
import WeftFormats

/// Options that every command takes.
struct CommonOptions: ParsableArguments {
    @Option(help: .init("Configuration file.", valueName: "file"))
    var config: String?

    @Option(help: .init("Where this machine's coordinator and worker keep their files.", valueName: "dir"))
    var dataDir: String?

    @Option(help: .init("Colours: auto, always or never.", valueName: "when"))
    var color: String?

    @Option(help: .init("Least severe log messages on standard error.", valueName: "level"))
    var logLevel: String?

    @Flag(name: .shortAndLong, help: "Say more: the same as --log-level debug.")
    var verbose = false

    @Flag(name: .shortAndLong, help: "Only results and errors.")
    var quiet = false

    var overrides: [Setting: String] {
        var values: [Setting: String] = [:]
        values[.dataDirectory] = dataDir
        values[.color] = color
        values[.logLevel] = logLevel ?? (verbose ? "debug" : nil)
        return values
    }
}

/// For commands that talk to a coordinator.
struct ClientOptions: ParsableArguments {
    @Option(help: .init("The coordinator's address.", valueName: "url"))
    var url: String?

    @Option(help: .init("File that holds the API token.", valueName: "file"))
    var tokenFile: String?

    @Option(help: .init("PEM file with the certificates to trust.", valueName: "file"))
    var caFile: String?

    var overrides: [Setting: String] {
        var values: [Setting: String] = [:]
        values[.url] = url
        values[.tokenFile] = tokenFile
        values[.caFile] = caFile
        return values
    }
}

/// For commands that print something.
struct OutputOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: .init("table, json or yaml.", valueName: "format"))
    var output: String?

    var overrides: [Setting: String] {
        var values: [Setting: String] = [:]
        values[.output] = output
        return values
    }
}
