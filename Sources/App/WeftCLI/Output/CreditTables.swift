import WeftFormats
import WeftModel

/// Balances and statements as tables.
enum CreditTables {
    static func accounts(_ accounts: [AccountView]) -> Table {
        var table = Table([.init("account", mayShrink: true), .init("balance", .right), .init("reserved", .right)])
        for view in accounts {
            table.add([
                Table.Cell(view.account.description), Table.Cell(view.balance.description),
                Table.Cell(view.reserved?.description ?? ""),
            ])
        }
        return table
    }

    static func details(_ view: AccountView) -> Details {
        var details = Details()
        details.add("Account", view.account.description, .strong)
        details.add("Balance", "\(view.balance) credits")
        details.add("Reserved", view.reserved.map { "\($0) credits, for jobs that have not ended" })
        return details
    }

    static func statement(_ statement: StatementView) -> Table {
        var table = Table([
            .init("number", .right), .init("at"), .init("what"), .init("change", .right), .init("balance", .right),
            .init("with", mayShrink: true), .init("for", mayShrink: true),
        ])
        for line in statement.items {
            let movement = line.movement
            let isIncoming = movement.to == statement.account
            table.add([
                Table.Cell(String(movement.sequence)), Table.Cell(String(movement.at.description.prefix(19)) + "Z"),
                Table.Cell(movement.kind.rawValue),
                Table.Cell(line.change.description, line.change.credits < .zero ? .warning : .good),
                Table.Cell(line.balance.description),
                Table.Cell((isIncoming ? movement.from : movement.to).description), Table.Cell(purpose(movement)),
            ])
        }
        return table
    }

    private static func purpose(_ movement: MovementView) -> String {
        var text = movement.task.map { "task \($0)" } ?? movement.job.map { "job \($0)" } ?? ""
        if let reason = movement.reason { text += text.isEmpty ? reason : ": \(reason)" }
        if let shortfall = movement.shortfall { text += " (\(shortfall) short)" }
        return text
    }
}
