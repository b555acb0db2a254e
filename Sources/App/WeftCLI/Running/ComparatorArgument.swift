import WeftFormats
import WeftModel

/// What `--comparator` was given: a rule as in a job file, in which the program of `command` may be a file of this machine.
struct ComparatorArgument: Sendable {
    private var document: Document
    /// The file that has to be uploaded first; nil where there is none.
    let programFile: String?

    /// Throws ``CLIError`` for what is no YAML.
    init(_ text: String) throws {
        do throws(InvalidDocument) {
            document = try YAMLText.parse(Array(text.utf8))
        } catch {
            throw Self.wrong(error)
        }
        guard let program = document["command"]?["program"]?.string, Digest(text: program) == nil else {
            programFile = nil
            return
        }
        programFile = program
    }

    /// - Parameter program: what ``programFile`` was uploaded as; nil while it is not: then something stands for it.
    func rule(program: Digest?) throws -> OutputComparator {
        var document = document
        if programFile != nil, case .object(var fields)? = document["command"] {
            let digest = program ?? Digest(bytes: [UInt8](repeating: 0, count: 32))!
            for position in fields.indices where fields[position].key == "program" {
                fields[position].value = .string(digest.description)
            }
            document = ["command": .object(fields)]
        }
        do throws(InvalidDocument) {
            return try OutputComparator(document: document, at: "--comparator")
        } catch {
            throw Self.wrong(error)
        }
    }

    private static func wrong(_ error: InvalidDocument) -> CLIError {
        CLIError(
            .usage, error.problems.first?.description ?? "\(error)",
            hint: "--comparator '{numeric: {relative: 1e-5}}'")
    }
}
