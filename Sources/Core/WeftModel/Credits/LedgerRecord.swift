/// A ledger in short: what it needs to go on, without the movements behind it. Equal ledgers give equal records.
package struct LedgerRecord: Hashable, Sendable, Codable {
    package struct Balance: Hashable, Sendable, Codable {
        package var account: Account
        package var credits: Credits

        package init(account: Account, credits: Credits) {
            self.account = account
            self.credits = credits
        }
    }

    package struct OpenEscrow: Hashable, Sendable, Codable {
        package var opening: Movement
        package var held: Credits
        package var unpaid: Credits
        /// In the order of their sequence.
        package var topUps: [Movement]
        /// As ``LeaseSet/flat``: pairs of a word's number and its bits.
        package var paidInFull: [UInt64]
        package var paidNothing: [UInt64]
        /// By lease.
        package var paidInPart: [PartialPayment]

        package init(
            opening: Movement, held: Credits, unpaid: Credits, topUps: [Movement], paidInFull: [UInt64],
            paidNothing: [UInt64], paidInPart: [PartialPayment]
        ) {
            self.opening = opening
            self.held = held
            self.unpaid = unpaid
            self.topUps = topUps
            self.paidInFull = paidInFull
            self.paidNothing = paidNothing
            self.paidInPart = paidInPart
        }
    }

    package struct PartialPayment: Hashable, Sendable, Codable {
        package var lease: LeaseID
        package var paid: Credits

        package init(lease: LeaseID, paid: Credits) {
            self.lease = lease
            self.paid = paid
        }
    }

    package var lastSequence: UInt64
    package var lastJob: JobID
    package var granted: Credits
    /// Of submitters and nodes, by their text; none is empty.
    package var balances: [Balance]
    /// By job.
    package var escrows: [OpenEscrow]
    /// Grants and reversals that are remembered, oldest first.
    package var recent: [Movement]

    package init(
        lastSequence: UInt64, lastJob: JobID, granted: Credits, balances: [Balance], escrows: [OpenEscrow],
        recent: [Movement]
    ) {
        self.lastSequence = lastSequence
        self.lastJob = lastJob
        self.granted = granted
        self.balances = balances
        self.escrows = escrows
        self.recent = recent
    }
}
