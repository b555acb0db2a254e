import Testing
import WeftFormats
import WeftModel

@Suite struct CodeStatementTests {
    private static let blob = Hashing.sha256(Array("code".utf8))
    private static let other = Hashing.sha256([2])

    private static let process = JobSpec(
        name: "p", payload: .process(ProcessPayload(command: ["./a", "b"], standardInput: .inline([9]))),
        array: ArrayRange(first: 0, count: 1), environment: ["B": "2", "A": "1"],
        inputs: [
            Input(path: "z", source: .each([other])), Input(path: "a", source: .blob(blob), isExecutable: true),
        ])
    private static let wasm = JobSpec(name: "w", payload: .wasm(WasmPayload(module: .blob(blob))))
    private static let assembly = JobSpec(
        name: "s", payload: .assembly(AssemblyPayload(source: .blob(blob), architecture: .arm64)))
    private static let image = JobSpec(
        name: "c", payload: .container(ContainerPayload(image: .reference("alpine@\(blob)"), command: ["sh"])))
    private static let archive = JobSpec(
        name: "c", payload: .container(ContainerPayload(image: .archive(.blob(blob)), command: ["sh"])))

    private func fields(_ fields: [[UInt8]]) -> [UInt8] {
        fields.flatMap { [0, 0, 0, UInt8($0.count)] + $0 }
    }

    private func text(_ text: String) -> [UInt8] { Array(text.utf8) }
    private func number(_ number: UInt8) -> [UInt8] { [0, 0, 0, 0, 0, 0, 0, number] }

    @Test func theStatementIsAsDocumented() throws {
        #expect(
            try Self.process.codeStatement().bytes
                == fields([
                    text("weft-code-1"), text("process"), number(2), text("./a"), text("b"), number(2), text("A"),
                    text("1"), text("B"), text("2"), number(2), text("a"), text("executable"), text("blob"),
                    Self.blob.bytes, text("z"), text("plain"), text("each"), text("blob"),
                    Hashing.sha256([9]).bytes,
                ]))
        #expect(
            try Self.wasm.codeStatement().bytes == fields([text("weft-code-1"), text("wasm"), Self.blob.bytes]))
        #expect(
            try Self.assembly.codeStatement().bytes
                == fields([text("weft-code-1"), text("assembly"), Self.blob.bytes, text("arm64")]))
        #expect(
            try Self.image.codeStatement().bytes
                == fields([
                    text("weft-code-1"), text("container"), text("manifest"), Self.blob.bytes, number(1), text("sh"),
                    number(0), number(0), text("none"),
                ]))
    }

    @Test func everythingThatACommandMayReadAsCodeChangesTheStatement() throws {
        let changes: [(inout JobSpec) -> Void] = [
            { $0.payload = .process(ProcessPayload(command: ["./a"], standardInput: .inline([9]))) },
            { $0.payload = .process(ProcessPayload(command: ["./a", "b"], standardInput: .inline([8]))) },
            { $0.payload = .process(ProcessPayload(command: ["./a", "b"])) },
            { $0.payload.standardInput = .each([Self.blob]) }, { $0.environment["A"] = "9" },
            { $0.environment["C"] = "" }, { $0.inputs[0].path = "y" }, { $0.inputs[1].source = .blob(Self.other) },
            { $0.inputs[1].isExecutable = false }, { $0.inputs[0].source = .blob(Self.other) },
            { $0.inputs.removeLast() },
        ]
        var seen: Set<[UInt8]> = [try Self.process.codeStatement().bytes]
        for change in changes {
            var spec = Self.process
            change(&spec)
            #expect(seen.insert(try spec.codeStatement().bytes).inserted)
        }
        for spec in [Self.wasm, Self.assembly, Self.image, Self.archive] {
            #expect(seen.insert(try spec.codeStatement().bytes).inserted)
        }
    }

    @Test func whatIsDataDoesNot() throws {
        var process = Self.process
        process.inputs[0].source = .each([Self.blob])
        process.inputs.reverse()
        process.inputs[0].source = .inline(Array("code".utf8))
        process.name = "another"
        process.resources.cpuMillis = 1
        process.outputs = [Output(path: "out")]
        #expect(try process.codeStatement() == Self.process.codeStatement())

        var wasm = Self.wasm
        wasm.payload = .wasm(
            WasmPayload(
                module: .url("http://h/m", digest: Self.blob), arguments: ["--steps"], standardInput: .inline([1])))
        wasm.environment = ["A": "1"]
        wasm.inputs = [Input(path: "data", source: .inline([7]))]
        #expect(try wasm.codeStatement() == Self.wasm.codeStatement())
    }

    @Test func whatNobodyKnowsYetOrVariesCannotBeSigned() {
        let url = InputSource.url("http://h/m", digest: nil)
        var process = Self.process
        process.inputs[0].isExecutable = true
        var fetched = Self.process
        fetched.inputs[0].source = url
        let cases: [(JobSpec, String)] = [
            (process, "inputs: z"), (fetched, "inputs: z"),
            (JobSpec(name: "w", payload: .wasm(WasmPayload(module: url))), "payload.wasm.module"),
            (
                JobSpec(name: "w", payload: .wasm(WasmPayload(module: .each([Self.blob])))), "payload.wasm.module"
            ),
            (
                JobSpec(name: "c", payload: .container(ContainerPayload(image: .reference("alpine:3.20")))),
                "payload.container.image"
            ),
        ]
        for (spec, field) in cases {
            do throws(UnsignableCode) {
                _ = try spec.codeStatement()
                Issue.record("\(field) was signed")
            } catch {
                #expect(error.field == field)
            }
        }
    }

    @Test func aSignatureHoldsForItsCodeAndItsSignerAlone() throws {
        let ann = SigningIdentity()
        let statement = try Self.process.codeStatement()
        let signature = CodeSignature(statement, by: ann)
        #expect(signature.covers(statement))
        #expect(!signature.covers(try Self.wasm.codeStatement()))
        #expect(!CodeSignature(signer: SigningIdentity().nodeID, signature: signature.signature).covers(statement))
        #expect(!CodeSignature(signer: NodeID("nobody"), signature: signature.signature).covers(statement))

        var spec = Self.process
        spec.signatures = [signature]
        #expect(spec.signatureProblems().isEmpty)
        #expect(try JobSpec(document: spec.document) == spec)
        spec.environment["A"] = "9"
        #expect(spec.signatureProblems().map(\.field) == ["signatures[0].signature"])
        spec.inputs[0].source = .url("http://h/m", digest: nil)
        #expect(spec.signatureProblems().map(\.field) == ["inputs: z"])
    }

    @Test func aDetachedSignatureComesBackAsItWas() throws {
        let statement = try Self.wasm.codeStatement()
        let signature = CodeSignature(statement, by: SigningIdentity())
        let bytes = CanonicalJSON.encodePretty(signature.detached(over: statement))
        #expect(CodeSignature(detached: try JSONText.parse(bytes)) == signature)
        #expect(CodeSignature(detached: ["signer": "x", "signature": "AAAA"]) == nil)
    }
}
