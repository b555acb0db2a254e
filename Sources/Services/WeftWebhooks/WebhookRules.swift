import WeftClient
import WeftCoordinator
import WeftFormats
import WeftModel

/// What a webhook may look like.
package enum WebhookRules {
    /// Characters.
    package static let url = 1...2048
    package static let name = 1...100
    package static let kinds = 1...WebhookKind.all.count

    static func problems(with request: WebhookRequest, by owner: Principal, hosts: AllowedHosts) -> [Problem] {
        var problems: [Problem] = []
        if !url.contains(request.url.utf8.count) || request.url.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7f }) {
            problems.append(
                Problem(field: "url", message: "must be an https or http address of up to \(url.upperBound) characters")
            )
        } else {
            do {
                _ = try hosts.checked(request.url)
            } catch {
                problems.append(
                    Problem(
                        field: "url",
                        message: "\(error.description); the operator of the coordinator can allow it"))
            }
        }
        if let text = request.name,
            !name.contains(text.unicodeScalars.count) || text.unicodeScalars.contains(where: { $0.value < 0x20 })
        {
            problems.append(
                Problem(field: "name", message: "must have 1 to \(name.upperBound) characters, none for control"))
        }
        if let wanted = request.kinds { problems += self.problems(with: wanted, of: request.job, by: owner) }
        return problems
    }

    private static func problems(with wanted: [String], of job: JobID?, by owner: Principal) -> [Problem] {
        guard kinds.contains(wanted.count) else {
            return [Problem(field: "kinds", message: "must be 1 to \(kinds.upperBound) kinds of events")]
        }
        return wanted.enumerated().compactMap { position, kind in
            let field = "kinds[\(position)]"
            guard WebhookKind.all.contains(kind) else {
                return Problem(
                    field: field, message: "must be one of \(WebhookKind.all.joined(separator: ", "))")
            }
            guard WebhookKind.ofNodes.contains(kind) else { return nil }
            if !owner.role.includes(.admin) {
                return Problem(field: field, message: "is about nodes; only an administrator's webhook is told of them")
            }
            return job == nil ? nil : Problem(field: field, message: "is about nodes, and none of them is of a job")
        }
    }
}
