import ArgumentParser
import WeftModel

/// The version of this build. One place, until a release process sets it.
package enum Version {
    package static let text = "0.1.0"
}

struct VersionCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Say which version this is.",
        discussion: """
            Examples:
              weft version
              weft version --output json
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var format: OutputOptions

    var overrides: [Setting: String] { format.overrides }

    private struct Answer: Encodable {
        var version: String
        var wireVersions: [UInt32]
        var system: String
        var architecture: String
    }

    func run(in context: Context) async throws {
        let answer = Answer(
            version: Version.text, wireVersions: Array(Build.wireVersions), system: Build.operatingSystem,
            architecture: Build.architecture)
        try context.show(answer) { "weft \(answer.version) (\(answer.system)/\(answer.architecture))\n" }
    }
}
