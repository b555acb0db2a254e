import HTTPTypes
package import WeftModel

/// The API as an OpenAPI 3.1 document. It is made of the same tables of jobs as their validation, and checked in as
/// `schemas/openapi.json`; tests fail when it, the file and the routes differ.
package enum OpenAPIDocument {
    package static let document: Document = [
        "openapi": "3.1.1",
        "info": [
            "title": "Weft", "version": "1", "summary": "Jobs on machines that do not trust each other.",
            "description": .string(introduction), "license": ["name": "Apache 2.0", "identifier": "Apache-2.0"],
        ],
        "servers": [["url": "/", "description": "The coordinator that serves this document."]],
        "security": [["token": []], ["password": []]],
        "tags": .array(Operation.Tag.allCases.map { ["name": .string($0.rawValue)] }),
        "paths": paths,
        "components": [
            "securitySchemes": [
                "token": [
                    "type": "http", "scheme": "bearer",
                    "description": "A token of this coordinator: `Authorization: Bearer weft_…`.",
                ],
                "password": [
                    "type": "http", "scheme": "basic",
                    "description": "The token as the password, with any user name: for what knows no bearers.",
                ],
            ],
            "headers": AnswerHeaders.all,
            "responses": .object(Refusal.allCases.map { Document.Member($0.name, response($0)) }),
            "schemas": .object(Schemas.all.map { Document.Member($0.name, $0.schema) }),
        ],
    ]

    private static let introduction = """
        One port serves everything. Bodies are JSON with snake_case keys; moments are RFC 3339 in UTC with microseconds; \
        digests are `sha256:` and 64 hexadecimal digits. Every error is a problem document (RFC 9457). Every `GET` is a \
        `HEAD`, too; other methods are answered with 405 and `Allow`. Unknown query parameters and unknown members of \
        bodies are refused and named.

        Every answer has an `X-Request-Id`: the request's own, if it was 1 to 64 letters, digits or any of `-_.:`, or a \
        new one. All header fields of a request together have at most 32 KiB, in at most 100 fields.

        Not described here, as OpenAPI has no words for it: workers open a WebSocket at `/api/v1/link`, and \
        `/api/v1/events` can be one, too.
        """

    private static var paths: Document {
        var paths: [Document.Member] = []
        for operation in Operations.all {
            let name = operation.path.replacing("...}", with: "}")
            let method = Document.Member(operation.method.rawValue.lowercased(), describe(operation))
            if let index = paths.firstIndex(where: { $0.key == name }) {
                paths[index].value = .object(paths[index].value.members + [method])
            } else {
                paths.append(Document.Member(name, .object([method])))
            }
        }
        return .object(paths)
    }

    private static func describe(_ operation: Operation) -> Document {
        var members = [
            Document.Member("operationId", .string(operation.id)),
            Document.Member("tags", [.string(operation.tag.rawValue)]),
            Document.Member("summary", .string(operation.summary)),
        ]
        var details = operation.details
        switch operation.access {
        case .open: members.append(Document.Member("security", []))
        case .role(let role): details += (details.isEmpty ? "" : " ") + "Needs the role `\(role.rawValue)`."
        }
        if !details.isEmpty { members.append(Document.Member("description", .string(details))) }
        let parameters = PathParameters.of(operation.path) + operation.parameters.map(describe)
        if !parameters.isEmpty { members.append(Document.Member("parameters", .array(parameters))) }
        if let body = operation.body {
            members.append(
                Document.Member(
                    "requestBody",
                    [
                        "description": .string(body.summary), "required": .bool(body.isRequired),
                        "content": content(body),
                    ]))
        }
        members.append(Document.Member("responses", responses(of: operation)))
        return .object(members)
    }

    private static func describe(_ parameter: Parameter) -> Document {
        var members = [
            Document.Member("name", .string(parameter.name)), Document.Member("in", .string(parameter.place.rawValue)),
            Document.Member("description", .string(parameter.summary)),
        ]
        if parameter.isRequired { members.append(Document.Member("required", true)) }
        if parameter.repeats {
            members += [Document.Member("style", "form"), Document.Member("explode", true)]
        }
        members.append(Document.Member("schema", parameter.schema))
        return .object(members)
    }

    private static func content(_ content: Operation.Content) -> Document {
        .object(
            content.types.map { type, schema in
                var members: [Document.Member] = []
                if let schema { members.append(Document.Member("schema", schema)) }
                if let example = content.example { members.append(Document.Member("example", example)) }
                return Document.Member(type, .object(members))
            })
    }

    private static func responses(of operation: Operation) -> Document {
        var responses = operation.answers.map { Document.Member(String($0.status), describe($0)) }
        for refusal in refusals(of: operation) {
            responses.append(
                Document.Member(
                    String(refusal.rawValue), ["$ref": .string("#/components/responses/\(refusal.name)")]))
        }
        return .object(responses)
    }

    private static func refusals(of operation: Operation) -> [Refusal] {
        var refusals: Set<Refusal> = [.badRequest, .otherHost, .headersTooLarge, .failed, .unavailable]
        if case .role = operation.access { refusals.formUnion([.unauthorized, .forbidden]) }
        if operation.path.contains("{") { refusals.insert(.notFound) }
        // A page of another origin may read, but not change.
        if operation.method != .get { refusals.formUnion([.forbidden, .tooSlow]) }
        if operation.body != nil { refusals.formUnion([.tooLarge, .mediaType, .invalid]) }
        refusals.formUnion(operation.refusals)
        return refusals.sorted { $0.rawValue < $1.rawValue }
    }

    private static func describe(_ answer: Operation.Answer) -> Document {
        var members = [
            Document.Member("description", .string(answer.summary)),
            Document.Member("headers", headers(answer.headers)),
        ]
        if let content = answer.content { members.append(Document.Member("content", Self.content(content))) }
        if !answer.links.isEmpty {
            members.append(
                Document.Member(
                    "links",
                    .object(
                        answer.links.map { link in
                            let values = link.values.map { Document.Member($0.parameter, .string($0.expression)) }
                            return Document.Member(
                                link.operation,
                                ["operationId": .string(link.operation), "parameters": .object(values)])
                        })))
        }
        return .object(members)
    }

    private static func response(_ refusal: Refusal) -> Document {
        [
            "description": .string(refusal.summary), "headers": headers(refusal.headers),
            "content": ["application/problem+json": ["schema": Schema.named("Problem")]],
        ]
    }

    private static func headers(_ names: [String]) -> Document {
        .object(
            (["X-Request-Id"] + names).map {
                Document.Member($0, ["$ref": .string("#/components/headers/\($0)")])
            })
    }
}

/// The header fields of answers.
private enum AnswerHeaders {
    static let all: Document = [
        "X-Request-Id": header(
            "Names the request in the coordinator's log.", Schema.text(1...64, pattern: "^[A-Za-z0-9_.:-]+$")),
        "Location": header("The path of what was made.", Schema.text(1...400, pattern: "^/")),
        "ETag": header(
            "Changes whenever the answer does; `If-None-Match` with it is answered 304 while it has not.",
            Schema.text(3...90, pattern: "^\"[^\"]+\"$")),
        "Retry-After": header("Seconds.", Schema.integer(1...3600)),
        "WWW-Authenticate": header("How to prove who one is.", Schema.text(1...200)),
        "Content-Range": header("Which bytes of how many.", Schema.text(1...100, pattern: "^bytes ")),
    ]

    private static func header(_ summary: String, _ schema: Document) -> Document {
        ["description": .string(summary), "required": true, "schema": schema]
    }
}

/// What stands in the braces of paths.
private enum PathParameters {
    static func of(_ path: String) -> [Document] {
        path.split(separator: "/").filter { $0.hasPrefix("{") }.map { part in
            let name = String(part.dropFirst().prefix { $0 != "}" }.replacing("...", with: ""))
            guard let (summary, schema) = known[name] else { preconditionFailure("what is {\(name)} of a path?") }
            return [
                "name": .string(name), "in": "path", "required": true, "description": .string(summary),
                "schema": schema,
            ]
        }
    }

    private static let known: [String: (summary: String, schema: Document)] = [
        "job": ("The job's number.", Schema.integer(Bounds.jobNumbers)),
        "task": ("The task's id.", Schema.text(1...40, pattern: Bounds.cursorPattern)),
        "index": ("The task's index in its job.", Schema.integer(Bounds.indexes)),
        "digest": ("SHA-256 of the bytes.", Schema.text(64...71, pattern: Bounds.digestPattern)),
        "node": ("The node's peer id.", Schema.text(Bounds.nodeName, pattern: Bounds.plainPattern)),
        "webhook": ("The webhook's id.", Schema.text(19...19, pattern: Bounds.webhookPattern)),
        "name": ("The token's name.", Schema.tokenName),
        "account": ("As `submitter:NAME`, `node:ID`, `escrow:JOB` or `issuance`.", Schema.account),
        "path": (
            "The output's path as the job declares it; slashes may be written as they are, or as `%2F`.",
            Schema.text(1...JobLimits.pathBytes)
        ),
        "level": ("How many times hashes were hashed: 0 has the entries' own.", Schema.integer(0...7)),
        "tile": ("Which 256 of them.", Schema.integer(0...Int64.max)),
    ]
}
