import ArgumentParser
import WeftFormats
import WeftModel

struct ReceiptCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "receipt", abstract: "Check receipts, offline.", subcommands: [ReceiptVerifyCommand.self])
}
