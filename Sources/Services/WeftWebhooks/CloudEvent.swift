import WeftFormats
import WeftModel

/// An event as CloudEvents 1.0 has it, in its JSON form; sent in structured mode of the HTTP binding.
struct CloudEvent<Content: Encodable>: Encodable {
    static var contentType: String { "application/cloudevents+json" }

    let specversion = "1.0"
    /// Stays with the event: who has seen it has seen the event. With the source it is unique.
    var id: String
    var source: String
    var type: String
    var subject: String?
    var time: String
    let datacontenttype = "application/json"
    var data: Content

    private init(
        _ id: String, _ coordinator: NodeID, _ kind: String, _ subject: String?, _ time: Timestamp, _ data: Content
    ) {
        self.id = id
        source = "weft:coordinator:\(coordinator.text)"
        type = "org.weft.\(kind)"
        self.subject = subject
        self.time = time.description
        self.data = data
    }
}

extension CloudEvent<EventView> {
    init(_ event: EventView, of coordinator: NodeID) {
        let subject = event.attempt ?? event.task ?? event.job?.description ?? event.node?.text
        self.init(event.id, coordinator, event.kind.rawValue, subject, event.at, event)
    }
}

/// The data of a test.
struct WebhookTest: Encodable, Hashable {
    var webhook: WebhookID
    let message = "This is a test. Nothing happened."
}

extension CloudEvent<WebhookTest> {
    init(testing webhook: WebhookID, of coordinator: NodeID, at now: Timestamp) {
        let id = "test-\(UInt64.random(in: .min ... .max))"
        self.init(id, coordinator, "webhook.test", webhook.text, now, WebhookTest(webhook: webhook))
    }
}
