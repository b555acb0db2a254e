/// The declared settings as `weft config show` and the documentation present them.
package enum SettingsReference {
    package struct Row: Encodable, Sendable, Hashable {
        package var setting: String
        package var value: String?
        package var origin: String
        package var environment: String
        package var description: String
    }

    /// One row per setting, in the order of their declaration. Secrets are hidden.
    package static func rows(_ settings: Settings) -> [Row] {
        Setting.allCases.map { setting in
            let definition = setting.definition
            let value = settings[setting]
            return Row(
                setting: setting.key, value: definition.isSecret && value.text != nil ? "(hidden)" : value.text,
                origin: value.origin.description, environment: definition.environment, description: definition.summary)
        }
    }

    package static func table(_ rows: [Row]) -> Table {
        var table = Table([
            .init("setting"), .init("value", mayShrink: true), .init("from", mayShrink: true), .init("environment"),
        ])
        for row in rows {
            table.add([
                Table.Cell(row.setting, .strong), row.value.map { Table.Cell($0) } ?? Table.Cell("(unset)", .quiet),
                Table.Cell(row.origin), Table.Cell(row.environment, .quiet),
            ])
        }
        return table
    }

    /// The table in `docs/configuration.md`; a test keeps the two alike.
    package static func markdown() -> String {
        var text = "| setting | environment | flag | default | what it is |\n|---|---|---|---|---|\n"
        for setting in Setting.allCases {
            let definition = setting.definition
            let key = definition.isSecret ? "(not in the file)" : "`\(setting.key)`"
            let flag = definition.flag.map { "`\($0)`" } ?? "none"
            let standard =
                switch definition.standard {
                case .value(let value): "`\(value)`"
                case .unset(let words): words
                case .dataHome: "`$XDG_DATA_HOME/weft`, else `~/.local/share/weft`"
                }
            var summary = definition.summary
            switch definition.kind {
            case .choice(let names): summary += " One of \(names.map { "`\($0)`" }.joined(separator: ", "))."
            case .list: summary += " A list; as a variable, separated by commas."
            case .size: summary += " A size."
            case .text, .path, .count, .cpu, .duration, .credits: break
            }
            text += "| \(key) | `\(definition.environment)` | \(flag) | \(standard) | \(summary) |\n"
        }
        return text
    }
}
