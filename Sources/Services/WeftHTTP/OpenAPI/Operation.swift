import HTTPTypes
import WeftModel

/// What the document says of one route. The route itself, ``Route``, has the handler; a test holds them together.
struct Operation {
    var method: HTTPRequest.Method
    /// As the route has it; `{name...}` takes the rest of a path.
    var path: String
    /// Unique; what generated clients call their function.
    var id: String
    var tag: Tag
    var summary: String
    var details = ""
    var access: Access
    /// Of the query and the header. Those of the path have their schemas from ``PathParameters``.
    var parameters: [Parameter] = []
    var body: Content?
    var answers: [Answer]
    /// Refusals beside those that follow from access, path, parameters and body.
    var refusals: [Refusal] = []

    enum Tag: String, CaseIterable {
        case jobs = "Jobs"
        case tasks = "Tasks"
        case log = "Log of receipts"
        case blobs = "Blobs"
        case events = "Events"
        case webhooks = "Webhooks"
        case nodes = "Nodes"
        case credits = "Credits"
        case tokens = "Tokens"
        case system = "System"
        case tes = "GA4GH TES"
        case others = "Calls of other programs"
    }

    /// What a body holds, by media type.
    struct Content {
        var summary: String
        var types: [(type: String, schema: Document?)]
        var example: Document?
        /// Whether a request without a body is another one than one with an empty body.
        var isRequired = true

        static func json(_ summary: String, _ schema: Document, example: Document? = nil) -> Content {
            Content(summary: summary, types: [("application/json", schema)], example: example)
        }

        static func other(_ summary: String, _ types: String..., schema: Document? = nil) -> Content {
            Content(summary: summary, types: types.map { ($0, schema) })
        }
    }

    struct Answer {
        var status: Int
        var content: Content?
        var summary: String
        var headers: [String] = []
        var links: [Link] = []

        static func ok(_ content: Content, headers: [String] = [], links: [Link] = []) -> Answer {
            Answer(status: 200, content: content, summary: content.summary, headers: headers, links: links)
        }

        static func created(_ content: Content, headers: [String] = ["Location"], links: [Link] = []) -> Answer {
            Answer(status: 201, content: content, summary: content.summary, headers: headers, links: links)
        }

        static let notModified = Answer(
            status: 304, content: nil, summary: "It is still what the client has.", headers: ["ETag"])
    }

    /// Where an answer leads: what of it another operation takes.
    struct Link {
        var operation: String
        var values: [(parameter: String, expression: String)]

        init(_ operation: String, _ values: KeyValuePairs<String, String>) {
            self.operation = operation
            self.values = values.map { ($0.key, $0.value) }
        }
    }
}

/// One query parameter or header field of a request.
struct Parameter {
    enum Place: String { case query, header }

    var place: Place
    var name: String
    var summary: String
    var schema: Document
    var isRequired = false
    /// Given once for each value.
    var repeats = false

    static func query(_ name: String, _ summary: String, _ schema: Document, isRequired: Bool = false) -> Parameter {
        Parameter(place: .query, name: name, summary: summary, schema: schema, isRequired: isRequired)
    }

    static func repeated(_ name: String, _ summary: String, _ items: Document, atMost count: Int) -> Parameter {
        Parameter(
            place: .query, name: name, summary: summary, schema: Schema.list(items, atMost: count), repeats: true)
    }

    static func header(_ name: String, _ summary: String, _ schema: Document) -> Parameter {
        Parameter(place: .header, name: name, summary: summary, schema: schema)
    }
}

/// A problem document that an operation may answer with.
enum Refusal: Int, CaseIterable {
    case badRequest = 400
    case unauthorized = 401
    case budget = 402
    case forbidden = 403
    case notFound = 404
    case tooSlow = 408
    case conflict = 409
    case tooLarge = 413
    case mediaType = 415
    case range = 416
    case otherHost = 421
    case invalid = 422
    case busy = 429
    case headersTooLarge = 431
    case failed = 500
    case notBuilt = 501
    case unavailable = 503
    case full = 507

    var name: String {
        switch self {
        case .badRequest: "BadRequest"
        case .unauthorized: "Unauthorized"
        case .budget: "Budget"
        case .forbidden: "Forbidden"
        case .notFound: "NotFound"
        case .tooSlow: "TooSlow"
        case .conflict: "Conflict"
        case .tooLarge: "TooLarge"
        case .mediaType: "MediaType"
        case .range: "Range"
        case .otherHost: "OtherHost"
        case .invalid: "Invalid"
        case .busy: "Busy"
        case .headersTooLarge: "HeadersTooLarge"
        case .failed: "Failed"
        case .notBuilt: "NotBuilt"
        case .unavailable: "Unavailable"
        case .full: "Full"
        }
    }

    var summary: String {
        switch self {
        case .badRequest: "Unknown or wrong query parameters (all are named), or broken headers."
        case .unauthorized: "No token, or one that is unknown or revoked."
        case .budget: "The submitter has less than the job can cost: `available`, `needed` and `missing` say how much."
        case .forbidden: "The token's role does not suffice, or the page is of another origin."
        case .notFound: "There is no such thing."
        case .tooSlow: "The body did not come in time."
        case .conflict: "Not in this state."
        case .tooLarge: "The body is above its bound."
        case .mediaType: "The body is of a type that is not understood here."
        case .range: "There are no such bytes."
        case .otherHost: "The Host is not a name of this server."
        case .invalid: "Every wrong field of the body, with what would be right."
        case .busy: "Try again after Retry-After seconds."
        case .headersTooLarge: "More than 100 header fields, or more than 32 KiB of them."
        case .failed: "The coordinator's fault; its log has it under the request id."
        case .notBuilt: "The coordinator cannot do this yet; the detail says why."
        case .unavailable: "Not ready, or shutting down; try again after Retry-After seconds."
        case .full: "There is no room for the blob."
        }
    }

    /// Header fields beside those of every answer.
    var headers: [String] {
        switch self {
        case .unauthorized: ["WWW-Authenticate"]
        case .busy, .unavailable: ["Retry-After"]
        case .range: ["Content-Range"]
        default: []
        }
    }
}
