import ArgumentParser
import FoundationEssentials
import Glibc
import WeftDrivers
import WeftModel
import WeftSandbox
import WeftWorker

struct DoctorCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Find out what this machine can run, and what it can and cannot enforce.",
        discussion: """
            Tries everything for real and says what to do about what is missing: sandboxes and their limits, and each \
            driver with its wall, its limits and how long its payloads take to start. Ends with 1 when no sandbox can \
            be made here at all.

            Examples:
              weft doctor
              weft doctor --output json
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var format: OutputOptions

    var overrides: [Setting: String] { format.overrides }

    func run(in context: Context) async throws {
        // A place of its own: a look at the machine must not make a data directory.
        var template = Array("/tmp/weft-doctor-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw CLIError(.failure, SystemError("cannot make a directory in /tmp").description)
        }
        let directory = String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // What drivers leave below it, too.
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let capabilities = await SandboxCapabilities.probe(stateDirectory: directory)
        let drivers = await WorkerDrivers.all(await DriverKit(isolation: .process, stateDirectory: directory))
        let report = DoctorReport(
            capabilities: capabilities, drivers: await TriedDriver.tryAll(drivers).map(DriverFinding.init))
        // What the later ones borrow belongs to the first.
        for driver in drivers.reversed() { await driver.shutDown() }
        try context.show(report) { Self.text(report, context) }
        if capabilities.mode == .unavailable { throw ExitWith(.failure) }
    }

    private static func text(_ report: DoctorReport, _ context: Context) -> String {
        let capabilities = report.capabilities
        let style = context.console.style
        var details = Details()
        let mode: (String, Style.Meaning) =
            switch capabilities.mode {
            case .root: ("yes, as root", .good)
            case .rootless: ("yes, as an ordinary user", .good)
            case .unavailable: ("no", .bad)
            }
        details.add("Sandboxes", mode.0, mode.1)
        details.add("Kernel", capabilities.kernelRelease)
        details.add("Control groups", capabilities.controlGroups.rawValue)
        details.add("Start-up", capabilities.startupMicroseconds.map { Humanize.duration(microseconds: $0) })
        var text = details.render(style: style)
        if let finding = capabilities.unavailable { text += "\n" + lines(finding, style, width: finding.name.count) }
        for (title, findings) in [("Features", capabilities.features), ("Limits", capabilities.limits)] {
            guard !findings.isEmpty else { continue }
            text += "\n\(style(title, .strong))\n"
            let width = findings.map(\.name.count).max() ?? 0
            for finding in findings { text += lines(finding, style, width: width) }
        }
        text += "\n\(style("Drivers", .strong))\n"
        let width = report.drivers.map(\.name.count).max() ?? 0
        for driver in report.drivers { text += lines(driver.finding, style, width: width) }
        return text
    }

    private static func lines(_ finding: SandboxCapabilities.Finding, _ style: Style, width: Int) -> String {
        let mark = finding.isAvailable ? style("✓", .good) : style("✗", .bad)
        let space = String(repeating: " ", count: max(0, width - finding.name.count))
        var text = "  \(mark) \(finding.name)\(space)  \(Printable.line(finding.detail))\n"
        if let hint = finding.hint {
            text += "    \(String(repeating: " ", count: width))  \(style("hint:", .quiet)) \(Printable.line(hint))\n"
        }
        return text
    }
}
