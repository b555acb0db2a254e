import HTTPTypes
import WeftModel

extension Operations {
    static let credits: [Operation] = [
        Operation(
            method: .get, path: "/api/v1/credits", id: "listAccounts", tag: .credits,
            summary: "List accounts with something in them",
            details: "Submitters see their own. Where jobs cost nothing, and never did, this is 404.",
            access: .role(.submitter),
            parameters: [
                .query("cursor", "The `next` of the page before.", Schema.account),
                .limit(Bounds.accountsOfAPage, standard: 100),
            ], answers: [.ok(.json("A page of accounts.", Schema.named("Accounts")))], refusals: [.notFound]),
        Operation(
            method: .get, path: "/api/v1/credits/{account}", id: "getAccount", tag: .credits,
            summary: "Read an account",
            details: "Submitters see their own and those of their jobs, an admin all.", access: .role(.submitter),
            answers: [.ok(.json("The account.", Schema.named("Account")))]),
        Operation(
            method: .get, path: "/api/v1/credits/{account}/statement", id: "getStatement", tag: .credits,
            summary: "Read what happened on an account, oldest first", access: .role(.submitter),
            parameters: [
                .query("from", "From this moment on, in UTC.", Schema.text(10...27, pattern: Bounds.momentPattern)),
                .query("to", "Before this moment, in UTC.", Schema.text(10...27, pattern: Bounds.momentPattern)),
                .cursor, .limit(Bounds.linesOfAPage, standard: 100),
            ], answers: [.ok(.json("A page of the statement.", Schema.named("Statement")))]),
        Operation(
            method: .post, path: "/api/v1/credits/grants", id: "grantCredits", tag: .credits,
            summary: "Give credits to a submitter",
            details: "With a known idempotency key the answer is the first grant of that key, and 200.",
            access: .role(.admin), parameters: [.idempotencyKey("A second grant with the same key is the first one.")],
            body: .json(
                "Who gets what, and why.", Schema.named("GrantRequest"),
                example: ["submitter": "admin", "amount": "12.5", "reason": "a start"]),
            answers: [
                .created(.json("The movement.", Schema.named("Movement")), headers: []),
                .ok(.json("The movement that has the key.", Schema.named("Movement"))),
            ], refusals: [.notFound, .conflict]),
    ]
}
