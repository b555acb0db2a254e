import WeftFormats
import WeftModel

/// A job in a file of this machine.
enum JobFile {
    /// Reads YAML or JSON, from standard input for `-`. Throws ``CLIError`` with everything that is wrong.
    static func read(_ file: String) throws -> JobSpec {
        let bytes = try Files.read(file, limit: 8 << 20)
        do {
            return try JobSpec.parse(yamlOrJSON: bytes)
        } catch {
            let name = file == "-" ? "the job" : file
            throw CLIError(
                .invalid, "\(name): \(error.problems.first?.description ?? "not a valid job")",
                details: error.problems.dropFirst().map(\.description))
        }
    }
}
