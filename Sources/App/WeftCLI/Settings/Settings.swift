import WeftModel

/// Every setting's value and where it came from: flag, else environment, else file, else default.
package struct Settings: Sendable {
    package enum Origin: Sendable, Hashable {
        case flag(String)
        case environment(String)
        case file(String)
        case standard

        package var description: String {
            switch self {
            case .flag(let name): "flag \(name)"
            case .environment(let name): "environment \(name)"
            case .file(let path): "file \(path)"
            case .standard: "default"
            }
        }
    }

    package struct Value: Sendable, Hashable {
        /// nil: nobody stated one and there is no fixed default.
        package var text: String?
        package var origin: Origin

        package init(text: String?, origin: Origin) {
            self.text = text
            self.origin = origin
        }
    }

    package private(set) var values: [Setting: Value]
    package let environment: [String: String]

    /// Throws ``CLIError`` (usage) for a value that its setting cannot take, naming where it came from.
    package init(flags: [Setting: String], environment: [String: String], file: SettingsFile?) throws {
        self.environment = environment
        var values: [Setting: Value] = [:]
        for setting in Setting.allCases {
            let definition = setting.definition
            let value: Value
            if let text = flags[setting] {
                value = Value(text: text, origin: .flag(definition.flag ?? setting.key))
            } else if let text = environment[definition.environment], !text.isEmpty {
                value = Value(text: text, origin: .environment(definition.environment))
            } else if let file, let text = file.values[setting] {
                value = Value(text: text, origin: .file(file.path))
            } else {
                value = Value(text: Self.standard(definition.standard, environment), origin: .standard)
            }
            if let text = value.text, let problem = Self.problem(with: text, kind: definition.kind) {
                throw CLIError(.usage, "\(setting.key) (\(value.origin.description)): \(problem)")
            }
            values[setting] = value
        }
        self.values = values
    }

    /// As if these had been given as flags.
    package func overridden(_ texts: [Setting: String]) -> Settings {
        var settings = self
        for (setting, text) in texts {
            settings.values[setting] = Value(text: text, origin: .flag(setting.definition.flag ?? setting.key))
        }
        return settings
    }

    package subscript(setting: Setting) -> Value { values[setting] ?? Value(text: nil, origin: .standard) }

    /// The value's text; nil when unset.
    package func text(_ setting: Setting) -> String? { self[setting].text }

    /// A path with `~` written out.
    package func path(_ setting: Setting) -> String? { text(setting).map { Self.expanded($0, environment) } }

    /// Whether it is `true`.
    package func flag(_ setting: Setting) -> Bool { text(setting) == "true" }

    /// The parts of a list, without empty ones.
    package func list(_ setting: Setting) -> [String] {
        (text(setting) ?? "").split(separator: ",").map(String.init)
    }

    package func bytes(_ setting: Setting) -> Int64? { text(setting).flatMap { Quantities.bytes($0) } }

    package func count(_ setting: Setting) -> Int? { text(setting).flatMap { Self.count(in: $0) } }

    package func seconds(_ setting: Setting) -> Int64? { text(setting).flatMap { Quantities.seconds($0) } }

    func credits(_ setting: Setting) -> Credits? { text(setting).flatMap { Credits(text: $0) } }

    package func cpuMillis(_ setting: Setting) -> Int64? { text(setting).flatMap { Quantities.cpuMillis($0) } }

    /// Where the configuration file is when nobody says otherwise; nil without a home directory.
    package static func standardFile(_ environment: [String: String]) -> String? {
        base(environment, "XDG_CONFIG_HOME", ".config").map { $0 + "/weft/config.yaml" }
    }

    private static func standard(_ standard: Setting.Standard, _ environment: [String: String]) -> String? {
        switch standard {
        case .value(let text): text
        case .unset: nil
        case .dataHome: base(environment, "XDG_DATA_HOME", ".local/share").map { $0 + "/weft" }
        }
    }

    /// The XDG Base Directory specification: relative paths in these variables are ignored.
    private static func base(_ environment: [String: String], _ variable: String, _ below: String) -> String? {
        if let path = environment[variable], path.hasPrefix("/") { return path }
        return environment["HOME"].flatMap { $0.isEmpty ? nil : $0 + "/" + below }
    }

    private static func expanded(_ path: String, _ environment: [String: String]) -> String {
        guard path == "~" || path.hasPrefix("~/"), let home = environment["HOME"] else { return path }
        return home + path.dropFirst()
    }

    /// Decimal digits alone, up to a thousand million.
    private static func count(in text: String) -> Int? {
        guard text.allSatisfy(\.isASCII), text.allSatisfy(\.isNumber), let count = Int(text) else { return nil }
        return count <= 1_000_000_000 ? count : nil
    }

    private static func problem(with text: String, kind: Setting.Kind) -> String? {
        switch kind {
        case .text, .path: return text.isEmpty ? "must not be empty" : nil
        case .list: return nil
        case .size: return Quantities.bytes(text) == nil ? "`\(text)` is not a size, for example 4GiB" : nil
        case .count: return count(in: text) == nil ? "`\(text)` is not a number, for example 100000" : nil
        case .cpu:
            return Quantities.cpuMillis(text) == nil ? "`\(text)` is not a number of processors, for example 0.5" : nil
        case .duration: return Quantities.seconds(text) == nil ? "`\(text)` is not a duration, for example 30d" : nil
        case .credits:
            let isPrice = Credits(text: text).map { $0 >= .zero } ?? false
            return isPrice ? nil : "`\(text)` is not a price: digits, and at most six after the point, as 0.01"
        case .choice(let names):
            guard !names.contains(text) else { return nil }
            let nearest = Suggestion.nearest(to: text, in: names).map { "; did you mean `\($0)`?" } ?? ""
            return "`\(text)` is not one of \(names.joined(separator: ", "))\(nearest)"
        }
    }
}
