/// One behaviour that a port promises, to be tried on an adapter. A suite is a list of these; a test target runs each
/// of them, with a harness that knows how to make that adapter.
package struct ConformanceCheck<Harness: Sendable>: Sendable, CustomStringConvertible {
    /// A sentence, as test names are.
    package let name: String
    package let run: @Sendable (Harness) async throws -> Void

    package init(_ name: String, _ run: @escaping @Sendable (Harness) async throws -> Void) {
        self.name = name
        self.run = run
    }

    package var description: String { name }
}

/// What a check found to be otherwise than promised.
package struct ConformanceFailure: Error, Sendable, CustomStringConvertible {
    package let message: String
    package let file: String
    package let line: Int

    package init(_ message: String, file: String = #fileID, line: Int = #line) {
        self.message = message
        self.file = file
        self.line = line
    }

    package var description: String { "\(file):\(line): \(message)" }
}

/// Throws ``ConformanceFailure`` unless `condition` holds.
func require(
    _ condition: Bool, _ message: @autoclosure () -> String, file: String = #fileID, line: Int = #line
) throws {
    if !condition { throw ConformanceFailure(message(), file: file, line: line) }
}

/// Throws ``ConformanceFailure`` unless both are equal.
func requireEqual<Value: Equatable>(
    _ actual: Value, _ expected: Value, _ what: String = "", file: String = #fileID, line: Int = #line
) throws {
    if actual != expected {
        throw ConformanceFailure("\(what) expected \(expected), found \(actual)", file: file, line: line)
    }
}

/// Throws ``ConformanceFailure`` unless `body` throws a `Failure` that `matches`.
func requireThrows<Failure: Error, Value>(
    _ what: String, _ matches: (Failure) -> Bool, file: String = #fileID, line: Int = #line,
    _ body: () async throws -> Value
) async throws {
    do {
        _ = try await body()
    } catch let error as Failure where matches(error) {
        return
    } catch {
        throw ConformanceFailure("expected \(what), but it threw \(error)", file: file, line: line)
    }
    throw ConformanceFailure("expected \(what), but nothing was thrown", file: file, line: line)
}
