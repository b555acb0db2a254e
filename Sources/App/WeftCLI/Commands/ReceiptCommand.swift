import ArgumentParser
import WeftFormats
import WeftModel

struct ReceiptCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "receipt", abstract: "Check receipts, offline.", subcommands: [ReceiptVerifyCommand.self])
}

struct ReceiptVerifyCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check a receipt from nothing but its bytes.",
        discussion: """
            Every signature, digest and the verdict are checked; no coordinator is asked. Ends with 0 for a valid \
            receipt and 1 for one that is not. Without --coordinator anybody's receipt that holds together is valid: \
            look at who issued it.

            Examples:
              weft receipt verify receipt.json
              weft receipt verify receipt.json --coordinator 12D3KooW…
              weft receipt verify receipt.json --check report.html=./report.html
            """)

    @Argument(help: "The receipt, or - for standard input.")
    var file: String

    @Option(help: .init("The coordinator that must have issued it.", valueName: "id"))
    var coordinator: String?

    @Option(
        parsing: .singleValue,
        help: .init("Check that this local file is the agreed output.", valueName: "output[=file]"))
    var check: [String] = []

    @OptionGroup var common: CommonOptions
    @OptionGroup var format: OutputOptions

    var overrides: [Setting: String] { format.overrides }

    private struct Answer: Encodable {
        var valid: Bool
        var coordinator: NodeID
        var task: String
        var job: String
        var state: TaskState
        var verdict: Verdict
        var answer: Digest?
        var agreeing: [NodeID]
        var differing: [NodeID]
        var issuedAt: Timestamp
        var specDigest: Digest
    }

    func run(in context: Context) async throws {
        let bytes = try Files.read(file, limit: 64 << 20)
        do {
            let verified = try Receipt.verify(bytes, expectedCoordinator: coordinator.map { NodeID($0) })
            for text in check {
                let pair = Pair.parse(text)
                let local = try Files.read(pair?.value ?? text, limit: 1 << 30)
                try verified.verifyOutput(path: pair?.name ?? text, bytes: local)
            }
            try show(verified, context)
        } catch let error as ReceiptError {
            try context.refuse(FailedCheck(error.check.rawValue, error.message), "the receipt is not valid")
        }
    }

    private static func needed(_ verification: Verification) -> String {
        if let maxError = verification.maxError { return "max_error \(maxError.text)" }
        if let share = verification.spotCheck { return "spot checks of \(share.text)" }
        return "\(verification.quorum) needed"
    }

    private func show(_ verified: VerifiedReceipt, _ context: Context) throws {
        let receipt = verified.receipt
        let answer = Answer(
            valid: true, coordinator: receipt.coordinator, task: receipt.task.description, job: receipt.spec.name,
            state: receipt.state, verdict: receipt.verdict, answer: receipt.answer, agreeing: verified.agreeing,
            differing: verified.differing, issuedAt: receipt.issuedAt, specDigest: receipt.specDigest)
        try context.show(answer) {
            var details = Details()
            details.add("Receipt", "valid", .good)
            details.add("Issued by", receipt.coordinator.text + (coordinator == nil ? " (whoever that is)" : ""))
            details.add("Issued at", receipt.issuedAt.description)
            details.add("Task", "\(receipt.task) of \(receipt.spec.name)")
            details.add("State", receipt.state.rawValue, Style.meaning(ofState: receipt.state.rawValue))
            let verification = receipt.spec.verification
            details.add(
                "Verdict",
                "\(receipt.verdict.rawValue) (\(verified.agreeing.count) alike, \(Self.needed(verification)))",
                Style.meaning(ofState: receipt.verdict.rawValue))
            details.add("Error bound", receipt.errorBound?.text)
            for node in verified.agreeing { details.add("Agreed", node.text) }
            for node in verified.differing { details.add("Differed", node.text, .warning) }
            details.add("Answer", receipt.answer?.description)
            details.add("Spec", receipt.specDigest.description)
            return details.render(style: context.console.style)
        }
    }
}
