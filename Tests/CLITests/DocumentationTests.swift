import Foundation
import Testing
import WeftCLI

/// What the documentation lists is what the code declares. To renew the tables, take them from the failing test's
/// message, or from `weft config show --markdown`.
@Suite struct DocumentationTests {
    private func page(_ name: String) throws -> String {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        return try String(contentsOfFile: "/\(root)/docs/\(name)", encoding: .utf8)
    }

    @Test func theSettingsTableIsTheDeclaredOne() throws {
        #expect(try page("configuration.md").contains("\n" + SettingsReference.markdown()))
    }

    @Test func theExitStatusesAreTheDeclaredOnes() throws {
        #expect(try page("cli.md").contains("\n" + ExitStatus.markdown()))
    }

    @Test func everyCommandIsInTheTour() throws {
        let tour = try page("cli.md")
        for command in CommandTests.leaves where !["config show", "version"].contains(command) {
            #expect(tour.contains("weft \(command)"), "\(command)")
        }
    }
}
