import Foundation
import Testing
import WeftCLI

/// What the documentation lists is what the code declares. To renew the tables, take them from the failing test's
/// message, or from `weft config show --markdown`.
@Suite struct DocumentationTests {
    private let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

    private func page(_ name: String) throws -> String { try text("docs/\(name)") }

    private func text(_ path: String) throws -> String {
        try String(contentsOfFile: "\(root)/\(path)", encoding: .utf8)
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

    /// Jobs on the first level are run by `EndToEndTests`, those in Python by the tests of the package, those of TES by its own, and all others
    /// by the demo of the drivers, which `make check` runs.
    @Test func everyExampleIsRun() throws {
        let demo = try text("scripts/demo-drivers.sh")
        #expect(try text("Makefile").contains("--no-print-directory BUILT=1 demo-drivers\n"))
        #expect(demo.contains("for file in examples/*/*.yaml;"))
        #expect(demo.contains("for processor in x86_64 arm64 riscv64;"))
        let processors: Set = ["x86_64", "arm64", "riscv64"]
        for path in try FileManager.default.subpathsOfDirectory(atPath: root + "/examples") {
            var isFolder: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: "\(root)/examples/\(path)", isDirectory: &isFolder)
            let parts = path.split(separator: "/")
            if path.hasPrefix("python/") {
                let tests = try text("clients/python/tests/test_tutorial.py")
                #expect(isFolder.boolValue || tests.contains("examples/\(path)"), "\(path)")
                continue
            }
            if path.hasPrefix("tes/") {
                let tests = try text("Tests/TES/test_pytes.py")
                #expect(isFolder.boolValue || tests.contains("examples/\(path)"), "\(path)")
                continue
            }
            if path.hasPrefix("webhook/") {
                let tests = try text("clients/python/tests/test_webhooks.py")
                #expect(isFolder.boolValue || tests.contains(parts[1]), "\(path)")
                continue
            }
            guard !isFolder.boolValue, !(path.hasSuffix(".yaml") && parts.count <= 2) else { continue }
            let name = parts.last?.split(separator: ".").first.map(String.init) ?? ""
            let wanted = processors.contains(name) ? path.replacing(name, with: "$processor") : path
            #expect(demo.contains("examples/\(wanted)"), "\(path)")
        }
    }
}
