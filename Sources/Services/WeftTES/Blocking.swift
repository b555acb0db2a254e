import Dispatch

/// Work that blocks, on threads of its own.
struct Blocking: Sendable {
    private let queue = DispatchQueue(label: "weft.tes.files", attributes: .concurrent)

    func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try body() }) }
        }
    }
}
