import ArgumentParser
import WeftFormats
import WeftModel

struct LogCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "Prove and audit what a coordinator has concluded.",
        discussion: """
            Every verdict is one entry of a log to which the coordinator can only add. Whoever keeps a head of it (half a \
            kilobyte) finds out when anything before that head is changed, left out or reordered.
            """,
        subcommands: [LogHeadCommand.self, LogProveCommand.self, LogVerifyCommand.self, LogAuditCommand.self])
}

struct LogHeadCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "head", abstract: "Get a signed head of the log, to keep.",
        discussion: """
            Examples:
              weft log head --file head.json
            """)

    @Option(name: [.customShort("o"), .long], help: .init("Write to this file.", valueName: "file"))
    var file: String?

    @OptionGroup var common: CommonOptions
    @OptionGroup var client: ClientOptions

    var overrides: [Setting: String] { client.overrides }

    func run(in context: Context) async throws {
        try await context.withAPI { api in try context.write(try await api.logHead(), to: file) }
    }
}

struct LogProveCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "prove", abstract: "Get the proof that a task's receipt is in the log.",
        discussion: """
            The proof is checked with the receipt, and without a coordinator: `weft log verify`.

            Examples:
              weft log prove 42.7 --file proof.json
            """)

    @Argument(help: "A task (42.7); of a job alone, its first task.")
    var id: JobOrTaskArgument

    @Option(name: [.customShort("o"), .long], help: .init("Write to this file.", valueName: "file"))
    var file: String?

    @OptionGroup var common: CommonOptions
    @OptionGroup var client: ClientOptions

    var overrides: [Setting: String] { client.overrides }

    func run(in context: Context) async throws {
        try await context.withAPI { api in
            try context.write(try await api.logProof(id.task(asking: api)), to: file)
        }
    }
}

struct LogVerifyCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check that a receipt is in a log, from nothing but the two files.",
        discussion: """
            Ends with 0 when receipt and proof are valid and belong together, and with 1 otherwise.

            Examples:
              weft log verify receipt.json proof.json
              weft log verify receipt.json proof.json --coordinator 12D3KooW…
            """)

    @Argument(help: "The receipt.")
    var receipt: String

    @Argument(help: "The proof.")
    var proof: String

    @Option(help: .init("The coordinator that must have issued both.", valueName: "id"))
    var coordinator: String?

    @OptionGroup var common: CommonOptions
    @OptionGroup var format: OutputOptions

    var overrides: [Setting: String] { format.overrides }

    private struct Answer: Encodable {
        var valid: Bool
        var coordinator: NodeID
        var task: String
        var entry: UInt64
        var entries: UInt64
        var root: Digest
    }

    func run(in context: Context) async throws {
        do {
            let expected = coordinator.map { NodeID($0) }
            let verified = try Receipt.verify(
                try Files.read(receipt, limit: 64 << 20), expectedCoordinator: expected)
            let inclusion = try InclusionProof(
                verifying: try Files.read(proof, limit: 1 << 20), expectedCoordinator: verified.receipt.coordinator)
            try inclusion.verify(verified)
            let head = inclusion.head.head
            let answer = Answer(
                valid: true, coordinator: head.coordinator, task: verified.receipt.task.description,
                entry: inclusion.index, entries: head.size, root: head.root)
            try context.show(answer) {
                var details = Details()
                details.add("Proof", "valid", .good)
                details.add("Task", verified.receipt.task.description)
                details.add("Entry", "\(inclusion.index) of \(head.size)")
                details.add("Log of", head.coordinator.text + (coordinator == nil ? " (whoever that is)" : ""))
                details.add("Root", head.root.description)
                details.add("Signed at", head.issuedAt.description)
                return details.render(style: context.console.style)
            }
        } catch let error as LogError {
            try context.refuse(FailedCheck(error.check.rawValue, error.message), "this is not proven")
        } catch let error as ReceiptError {
            try context.refuse(FailedCheck(error.check.rawValue, error.message), "this is not proven")
        }
    }
}

struct LogAuditCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Look through the whole log, from a head that was kept.",
        discussion: """
            Reads the hash of every entry (32 bytes each) and computes everything anew. Ends with 1, and says what is wrong, \
            when the log is not what its head says, or does not begin as it did when the earlier head was signed. Where a \
            coordinator prunes its log, heads are good for its `retention`: audit more often.

            Examples:
              weft log audit --save head.json                       the first time
              weft log audit --since head.json --save head.json     from then on
            """)

    @Option(help: .init("A head that was kept.", valueName: "file"))
    var since: String?

    @Option(help: .init("Where to keep the head of now, if all is well.", valueName: "file"))
    var save: String?

    @Option(help: .init("The coordinator that must have signed.", valueName: "id"))
    var coordinator: String?

    @OptionGroup var common: CommonOptions
    @OptionGroup var client: ClientOptions

    var overrides: [Setting: String] { client.overrides }

    private struct Answer: Encodable {
        var valid: Bool
        var entries: UInt64
        var pruned: UInt64
        var since: UInt64?
        var root: Digest
    }

    func run(in context: Context) async throws {
        do {
            let expected = coordinator.map { NodeID($0) }
            let kept = try since.map { path throws -> SignedTreeHead in
                try SignedTreeHead(verifying: try Files.read(path, limit: 1 << 20), expectedCoordinator: expected)
            }
            try await context.withAPI { api in
                let bytes = try await api.logHead()
                let head = try SignedTreeHead(
                    verifying: bytes, expectedCoordinator: kept?.head.coordinator ?? expected)
                let pruned = min(try await api.logExtent().minimumIndex, head.head.size)
                var audit = try LogAudit(from: kept, to: head, pruned: try await frontier(size: pruned, api))
                while audit.count < head.head.size {
                    let tile = try await tile(audit.nextTile, api)
                    for leaf in try audit.next(of: tile) { try audit.add(leaf) }
                }
                try audit.finish()
                let answer = Answer(
                    valid: true, entries: head.head.size, pruned: pruned, since: kept?.head.size, root: head.head.root)
                try context.show(answer) {
                    var details = Details()
                    details.add("Log", "sound", .good)
                    details.add("Of", head.head.coordinator.text)
                    details.add("Entries", String(head.head.size))
                    details.add("Pruned", pruned == 0 ? nil : "the first \(pruned)")
                    details.add("As before", kept.map { "the first \($0.head.size)" })
                    details.add("Root", head.head.root.description)
                    return details.render(style: context.console.style)
                }
                if let save { try Files.replace(save, with: bytes) }
            }
        } catch let error as LogError {
            try context.refuse(FailedCheck(error.check.rawValue, error.message), "the log is not sound")
        }
    }

    private func tile(_ address: LogTile.Address, _ api: any CoordinatorAPI) async throws -> LogTile {
        let bytes = try await api.logTile(level: address.level, index: address.index)
        guard let tile = LogTile(address: address, bytes: bytes) else {
            throw LogError(.tiles, "\(address) is not a list of hashes")
        }
        return tile
    }

    /// What is kept of the first entries.
    private func frontier(size: UInt64, _ api: any CoordinatorAPI) async throws -> MerkleFrontier {
        var tiles: [LogTile.Address: LogTile] = [:]
        for address in LogTile.growing(size: size) { tiles[address] = try await tile(address, api) }
        return try LogAppender(size: size) { tiles[$0] }.frontier
    }
}
