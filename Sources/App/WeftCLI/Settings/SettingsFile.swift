import WeftFormats
package import WeftModel

/// The configuration file's values, checked: every key known, every value of a kind that a setting can take.
package struct SettingsFile: Sendable {
    package var path: String
    package var values: [Setting: String]

    package init(path: String, values: [Setting: String] = [:]) {
        self.path = path
        self.values = values
    }

    /// Reads a document. Throws ``CLIError`` that lists everything that is wrong.
    package init(path: String, document: Document) throws {
        self.init(path: path)
        var problems: [String] = []
        switch document {
        case .null: break
        case .object(let members): read(members, below: "", into: &problems)
        default: problems.append("the file must hold a mapping, not \(document.kind)")
        }
        guard problems.isEmpty else {
            throw CLIError(
                .usage, "\(path): \(problems[0])",
                hint: "docs/configuration.md lists every setting; so does `weft config show`",
                details: Array(problems.dropFirst()))
        }
    }

    private mutating func read(_ members: [Document.Member], below prefix: String, into problems: inout [String]) {
        for member in members {
            let key = prefix + member.key
            if let setting = Setting(rawValue: key) {
                if setting.definition.isSecret {
                    problems.append("`\(key)` is a secret and does not belong in this file; use `token_file`")
                } else if values[setting] != nil {
                    problems.append("`\(key)` is there twice")
                } else {
                    do throws(WrongValue) {
                        values[setting] = try Self.text(of: member.value, for: setting)
                    } catch {
                        problems.append("`\(key)` \(error.message)")
                    }
                }
            } else if prefix.isEmpty, Setting.allCases.contains(where: { $0.key.hasPrefix(key + ".") }) {
                if case .object(let inner) = member.value {
                    read(inner, below: key + ".", into: &problems)
                } else if member.value != .null {
                    problems.append("`\(key)` must be a mapping, not \(member.value.kind)")
                }
            } else {
                let nearest = Suggestion.nearest(to: key, in: Setting.allCases.map(\.key))
                problems.append("unknown setting `\(key)`" + (nearest.map { "; did you mean `\($0)`?" } ?? ""))
            }
        }
    }

    private static func text(of value: Document, for setting: Setting) throws(WrongValue) -> String {
        switch (value, setting.definition.kind) {
        case (.string(let text), _): return text
        case (.integer(let number), _): return String(number)
        case (.number(let number), _): return String(number)
        case (.bool(let flag), _): return String(flag)
        case (.array(let elements), .list):
            let texts = elements.compactMap(\.string)
            guard texts.count == elements.count else { throw WrongValue(message: "must be a list of strings") }
            return texts.joined(separator: ",")
        case (.object(let members), .list):
            let pairs = members.compactMap { member in
                (member.value.string ?? member.value.integer.map { String($0) }).map { "\(member.key)=\($0)" }
            }
            guard pairs.count == members.count else { throw WrongValue(message: "must map names to strings") }
            return pairs.joined(separator: ",")
        default:
            let wanted = setting.definition.kind == .list ? "a list" : "a single value"
            throw WrongValue(message: "must be \(wanted), not \(value.kind)")
        }
    }
}

private struct WrongValue: Error {
    var message: String
}

extension SettingsFile {
    /// Reads the file that the command line or `WEFT_CONFIG` names, or else the standard one if it is there.
    package static func load(explicit: String?, environment: [String: String]) throws -> SettingsFile? {
        let stated = explicit ?? environment["WEFT_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
        guard let path = stated ?? Settings.standardFile(environment) else { return nil }
        guard let bytes = try Files.readIfPresent(path, limit: 1 << 20) else {
            guard stated == nil else { throw CLIError(.usage, "there is no configuration file \(path)") }
            return nil
        }
        // A file of comments alone is no document for a YAML reader, and a fine configuration for us.
        let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
        guard lines.contains(where: { !($0.drop(while: \.isWhitespace).first.map { $0 == "#" } ?? true) }) else {
            return SettingsFile(path: path)
        }
        do {
            return try SettingsFile(path: path, document: YAMLText.parse(bytes))
        } catch let error as InvalidDocument {
            throw CLIError(
                .usage, "\(path): \(error.problems.first?.description ?? "not valid YAML")",
                details: error.problems.dropFirst().map(\.description))
        }
    }
}
