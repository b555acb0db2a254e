import Synchronization
package import WeftFormats

/// Events that come together, for all who want the same of them.
package final class EventBatch: Sendable {
    /// Never empty.
    package let events: [EventView]
    private let forms = Mutex<[ObjectIdentifier: any Sendable]>([:])

    package init(_ events: [EventView]) { self.events = events }

    /// The events in another form, made by the first who asks for it: a thousand readers share one encoding. Whoever asks
    /// for a form of a type has to make it in the same way.
    package func form<Form: Sendable>(_ make: ([EventView]) throws -> Form) throws -> Form {
        try forms.withLock { forms in
            if let form = forms[ObjectIdentifier(Form.self)] as? Form { return form }
            let form = try make(events)
            forms[ObjectIdentifier(Form.self)] = form
            return form
        }
    }
}
