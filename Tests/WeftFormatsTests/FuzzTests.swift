import SeededNumbers
import Testing
import WeftFormats
import WeftModel

/// Whatever bytes come: a value or an error, never a crash, and soon. The seeds are fixed, so a failure repeats.
@Suite struct FuzzTests {
    private static let alphabet =
        Array("{}[]\",:\\ \n\t-&*?!|>%@#'~<=.0123456789eEabtrufnlsx".utf8) + [0, 0x80, 0xC3, 0xFF]
    private static let corpus = (SpecFile.all("valid") + SpecFile.all("invalid")).compactMap { try? $0.bytes() }

    /// A job that is read reads back from its canonical form; an error says something.
    private func check(_ bytes: [UInt8], _ read: ([UInt8]) throws(InvalidDocument) -> Document) {
        do throws(InvalidDocument) {
            let document = try read(bytes)
            do throws(InvalidDocument) {
                let spec = try JobSpec(document: document)
                #expect((try? JobSpec.parse(yamlOrJSON: spec.canonicalJSON)) == spec)
            } catch {
                #expect(!error.problems.isEmpty && error.problems.count <= JobLimits.problems + 1)
                #expect(error.problems.allSatisfy { !$0.message.isEmpty })
            }
        } catch {
            #expect(error.problems.count == 1)
        }
    }

    @Test func mutatedFilesAsYAML() {
        var random = SeededRandom(seed: 1)
        for _ in 0..<6000 {
            let bytes = random.mutation(of: Self.corpus[random.below(Self.corpus.count)], alphabet: Self.alphabet)
            check(bytes) { bytes throws(InvalidDocument) in try YAMLText.parse(bytes) }
        }
    }

    @Test func mutatedFilesAsJSON() throws {
        var random = SeededRandom(seed: 2)
        let json = Self.corpus.compactMap { try? JobSpec.parse(yamlOrJSON: $0).canonicalJSON }
        for _ in 0..<10_000 {
            let bytes = random.mutation(of: json[random.below(json.count)], alphabet: Self.alphabet)
            check(bytes) { bytes throws(InvalidDocument) in try JSONText.parse(bytes) }
        }
    }

    @Test func randomBytes() {
        var random = SeededRandom(seed: 3)
        for _ in 0..<5000 {
            let count = random.below(60)
            let bytes =
                random.below(2) == 0
                ? random.bytes(count: count) : (0..<count).map { _ in Self.alphabet[random.below(Self.alphabet.count)] }
            check(bytes) { bytes throws(InvalidDocument) in try YAMLText.parse(bytes) }
            check(bytes) { bytes throws(InvalidDocument) in try JSONText.parse(bytes) }
        }
    }

    @Test func randomDocumentsUnderTheKeysOfAJob() {
        var random = SeededRandom(seed: 4)
        let keys = [
            "name", "command", "stdin", "payload", "array", "environment", "inputs", "outputs", "resources", "path",
            "requirements", "verification", "retries", "timeout", "priority", "labels", "idempotency_key", "process",
            "blob", "text", "base64", "url", "each", "from", "to", "first", "count", "cpus", "memory", "devices",
            "kind",
            "replicas", "quorum", "max_replicas",
        ]
        func rename(_ document: Document) -> Document {
            switch document {
            case .object(let members):
                .object(
                    members.map {
                        .init(random.below(8) == 0 ? $0.key : keys[random.below(keys.count)], rename($0.value))
                    })
            case .array(let elements): .array(elements.map(rename))
            case .null, .bool, .integer, .number, .string: document
            }
        }
        for _ in 0..<20_000 {
            var document = rename(random.document(depth: 4))
            if random.below(2) == 0 { document = .object([.init("command", ["x"])] + document.members) }
            do throws(InvalidDocument) {
                let spec = try JobSpec(document: document)
                #expect((try? JobSpec(document: spec.document)) == spec)
            } catch {
                #expect(!error.problems.isEmpty)
            }
        }
    }

    @Test func hostileLargeTextsTakeBoundedTime() {
        let count = 1_000_000
        let texts = [
            String(repeating: "[", count: count), String(repeating: "{\"a\":", count: count / 5),
            String(repeating: "- ", count: count / 2), String(repeating: "? ", count: count / 2),
            String(repeating: "*a ", count: count / 3) + "\n&a x", "&a x\n" + String(repeating: "*a", count: count / 2),
            String(repeating: "a: \n", count: count / 4), String(repeating: "#", count: count),
            String(repeating: "\"", count: count), String(repeating: "\\", count: count),
            "[" + String(repeating: "1,", count: count / 2) + "1]",
            (0..<60_000).map { "k\($0): 1" }.joined(separator: "\n"), String(repeating: "&a ", count: count / 3),
            String(repeating: " ", count: count), String(repeating: "a\n", count: count / 2),
            "a: |\n" + String(repeating: " x\n", count: count / 3), String(repeating: "a,", count: count / 2),
            String(repeating: "[a,", count: count / 3), String(repeating: "{a: ", count: count / 4),
        ]
        let clock = ContinuousClock()
        for text in texts {
            let time = clock.measure {
                check(Array(text.utf8)) { bytes throws(InvalidDocument) in try YAMLText.parse(bytes) }
                check(Array(text.utf8)) { bytes throws(InvalidDocument) in try JSONText.parse(bytes) }
            }
            #expect(time < .seconds(20), "\(text.prefix(10)) took \(time)")
        }
    }
}
