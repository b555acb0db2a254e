/// A large value in one piece of memory, so that copying what holds it copies a reference. Records are handed on many times for each
/// task, and what a submitter or a node says of itself has dozens of fields that never change.
///
/// Inlinable, with what gives access to it: else whoever asks for one field, in another module, would be given a copy of all.
package struct Shared<Value: Hashable & Sendable>: Hashable, Sendable {
    @usableFromInline final class Box: Sendable {
        @usableFromInline let value: Value

        @usableFromInline init(_ value: Value) { self.value = value }
    }

    @usableFromInline var box: Box

    package init(_ value: Value) { box = Box(value) }

    @inlinable package var value: Value {
        _read { yield box.value }
        _modify {
            var changed = box.value
            defer { box = Box(changed) }
            yield &changed
        }
    }

    package static func == (left: Shared, right: Shared) -> Bool {
        left.box === right.box || left.box.value == right.box.value
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(box.value) }
}
