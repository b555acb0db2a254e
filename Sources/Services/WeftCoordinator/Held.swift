/// What is too large to be copied for each look at it: a part of an optional cannot be lent, what an object holds can.
final class Held<Value> {
    var value: Value

    init(_ value: Value) { self.value = value }
}
