/// A page of what happened on one account, made from stored movements.
package struct AccountStatement: Hashable, Sendable {
    package struct Line: Hashable, Sendable {
        package let movement: Movement
        /// Below 0 for what went out.
        package let change: Credits
        /// After the movement.
        package let balance: Credits

        package init(movement: Movement, change: Credits, balance: Credits) {
            self.movement = movement
            self.change = change
            self.balance = balance
        }
    }

    /// Where a page ends.
    package struct Cursor: Hashable, Sendable, Codable {
        /// The last movement that was counted; 0 for none.
        package let sequence: UInt64
        package let balance: Credits

        package static let start = Cursor(sequence: 0, balance: .zero)

        package init(sequence: UInt64, balance: Credits) {
            self.sequence = sequence
            self.balance = balance
        }
    }

    package let account: Account
    /// Before the first line.
    package let opening: Credits
    package let lines: [Line]
    /// To go on from; nil on the last page.
    package let next: Cursor?

    package init(account: Account, opening: Credits, lines: [Line], next: Cursor?) {
        self.account = account
        self.opening = opening
        self.lines = lines
        self.next = next
    }

    /// - Parameters:
    ///   - movements: in the order of their sequence, from `cursor` on or from earlier; those of other accounts may be left out.
    ///     Read until the page is full and one more line was found.
    ///   - period: which lines are shown; the others count towards the balances all the same. nil: all.
    ///   - limit: lines on a page, at least 1.
    package init(
        of account: Account, in movements: some Sequence<Movement>, from cursor: Cursor = .start,
        period: Range<Instant>? = nil, limit: Int
    ) throws(CreditOverflow) {
        precondition(limit > 0, "a page has at least one line")
        var (opening, balance, last) = (cursor.balance, cursor.balance, cursor.sequence)
        var lines: [Line] = []
        var next: Cursor?
        for movement in movements where movement.sequence > cursor.sequence {
            guard movement.from == account || movement.to == account else { continue }
            let isShown = period?.contains(movement.at) ?? true
            if isShown, lines.count == limit {
                next = Cursor(sequence: last, balance: balance)
                break
            }
            let change = movement.to == account ? movement.amount : try Credits.zero.subtracting(movement.amount)
            balance = try balance.adding(change)
            last = movement.sequence
            if isShown {
                lines.append(Line(movement: movement, change: change, balance: balance))
            } else if lines.isEmpty {
                opening = balance
            }
        }
        self.account = account
        self.opening = opening
        self.lines = lines
        self.next = next
    }
}
