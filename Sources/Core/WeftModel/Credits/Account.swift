/// Where credits are. Text form: `issuance`, `submitter:anna`, `escrow:42`, `node:12D3KooW…`.
package enum Account: Hashable, Sendable {
    /// Where grants come from: below zero by what was granted in all.
    case issuance
    /// A submitter's budget, by the name of its token.
    case submitter(String)
    /// What is set aside for a job.
    case escrow(JobID)
    /// What a node has earned.
    case node(NodeID)
}

extension Account: CustomStringConvertible, Codable {
    package init?(text: some StringProtocol) {
        if text == "issuance" {
            self = .issuance
            return
        }
        guard let colon = text.firstIndex(of: ":") else { return nil }
        let name = text[text.index(after: colon)...]
        guard !name.isEmpty else { return nil }
        switch text[..<colon] {
        case "submitter": self = .submitter(String(name))
        case "node": self = .node(NodeID(String(name)))
        case "escrow":
            guard let job = JobID(text: name) else { return nil }
            self = .escrow(job)
        default: return nil
        }
    }

    package var description: String {
        switch self {
        case .issuance: "issuance"
        case .submitter(let name): "submitter:\(name)"
        case .escrow(let job): "escrow:\(job)"
        case .node(let node): "node:\(node)"
        }
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let account = Account(text: text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not an account: \(text)")
        }
        self = account
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
