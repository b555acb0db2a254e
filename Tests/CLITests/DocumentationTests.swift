import Foundation
import Testing
import WeftCLI

/// The reference pages say what the program says.
@Suite struct DocumentationTests {
    private static func page(_ name: String) throws -> String {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: root.appendingPathComponent("docs/\(name)"), encoding: .utf8)
    }

    @Test func everySettingIsInTheConfigurationPage() throws {
        let page = try Self.page("configuration.md")
        #expect(
            page.contains(SettingsReference.markdown()), "run: weft config show --markdown")
    }

    @Test func everyExitStatusIsInTheCommandLinePage() throws {
        let page = try Self.page("cli.md")
        for status in ExitStatus.allCases {
            #expect(page.contains("| \(status.rawValue) | \(status.summary) |"))
        }
    }
}
