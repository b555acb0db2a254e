package import WeftModel

/// What a submitter signs to vouch for a job's code: "this may run in my name".
///
/// A module and a source are their own code: arguments and files are data to them, so one signature serves every job
/// that runs the bytes. What a command means depends on everything that it finds (a script, a library, a variable), so
/// for native programs and containers all of that is covered, but for what differs from task to task: that is data.
///
/// Domain `weft-code-1`; fields: the kind of payload, then
/// - `wasm`: the module's digest;
/// - `assembly`: the source's digest, the architecture;
/// - `kernel`: the source's digest; the number of languages, each; the number of macros, each name and value; `fast` or
///   `exact`;
/// - `process` and `container`: for a container first `manifest` or `archive` and the image's digest; then the number of
///   arguments, each of them; the number of variables, each name and value, by name; the number of inputs, for each, by
///   path, its path, `executable` or `plain`, and its content; the content of standard input; and only of a job with
///   mounts, `mounts`, their number and, by place, the place and the directory. A content is `none`, `blob` and its
///   digest, or `each`.
package struct CodeStatement: Statement, Hashable {
    package let bytes: [UInt8]

    /// What signatures of other tools call it: the digest of what is signed.
    package var digest: Digest { Hashing.sha256(bytes) }

    /// - Throws: ``UnsignableCode`` where the code is not known yet or differs from task to task.
    package init(_ code: SignedCode) throws(UnsignableCode) {
        var statement = StatementBytes(domain: "weft-code-1")
        statement.append(code.kind)
        switch code.program {
        case .module(let content):
            statement.append(try Self.fixed(content, code.field))
        case .source(let content, let architecture):
            statement.append(try Self.fixed(content, code.field))
            statement.append(architecture)
        case .kernels(let content, let program):
            statement.append(try Self.fixed(content, code.field))
            statement.append(UInt64(program.languages.count))
            for language in program.languages { statement.append(language.rawValue) }
            statement.append(UInt64(program.defines.count))
            for define in program.defines {
                statement.append(define.name)
                statement.append(define.value)
            }
            statement.append(program.usesFastMath ? "fast" : "exact")
        case .command(let arguments):
            try Self.append(arguments, code, to: &statement)
        case .image(.archive(let content), let arguments):
            statement.append("archive")
            statement.append(try Self.fixed(content, code.field))
            try Self.append(arguments, code, to: &statement)
        case .image(.reference(let text), let arguments):
            guard let digest = ImageReference.digest(of: text) else {
                throw UnsignableCode(
                    field: "payload.container.image",
                    message: "a tag may name another image tomorrow; to sign it, name the image by its digest: "
                        + "\(text)@sha256:…")
            }
            statement.append("manifest")
            statement.append(digest)
            try Self.append(arguments, code, to: &statement)
        }
        bytes = statement.bytes
    }

    private static func append(
        _ arguments: [String], _ code: SignedCode, to statement: inout StatementBytes
    ) throws(UnsignableCode) {
        statement.append(UInt64(arguments.count))
        for argument in arguments { statement.append(argument) }
        statement.append(UInt64(code.environment.count))
        for (name, value) in code.environment.sorted(by: { $0.key < $1.key }) {
            statement.append(name)
            statement.append(value)
        }
        statement.append(UInt64(code.inputs.count))
        for input in code.inputs.sorted(by: { $0.path < $1.path }) {
            statement.append(input.path)
            statement.append(input.isExecutable ? "executable" : "plain")
            if input.isExecutable, input.content == .each { throw Self.varying("inputs: \(input.path)") }
            try append(input.content, "inputs: \(input.path)", to: &statement)
        }
        if let content = code.standardInput {
            try append(content, "payload.\(code.kind).stdin", to: &statement)
        } else {
            statement.append("none")
        }
        guard !code.mounts.isEmpty else { return }
        statement.append("mounts")
        statement.append(UInt64(code.mounts.count))
        for mount in code.mounts.sorted(by: { $0.target < $1.target }) {
            statement.append(mount.target)
            statement.append(mount.path)
        }
    }

    private static func append(
        _ content: SignedCode.Content, _ field: String, to statement: inout StatementBytes
    ) throws(UnsignableCode) {
        if content == .each { return statement.append("each") }
        statement.append("blob")
        statement.append(try fixed(content, field))
    }

    private static func fixed(_ content: SignedCode.Content, _ field: String) throws(UnsignableCode) -> Digest {
        switch content {
        case .blob(let digest): return digest
        case .each: throw varying(field)
        case .unknown:
            throw UnsignableCode(
                field: field, message: "nobody knows yet what the URL holds; to sign it, add its sha256")
        }
    }

    private static func varying(_ field: String) -> UnsignableCode {
        UnsignableCode(field: field, message: "the program differs from task to task, so one signature cannot cover it")
    }
}

/// Why no signature can cover a job's code.
package struct UnsignableCode: Error, Hashable, Sendable, CustomStringConvertible {
    /// Of the job file.
    package var field: String
    /// One sentence that says what to do.
    package var message: String

    package var description: String { "\(field): \(message)" }
}

/// What a ``CodeStatement`` is made of, as specs and orders both have it.
package struct SignedCode: Hashable, Sendable {
    package enum Content: Hashable, Sendable {
        case blob(Digest)
        /// Another one for each task.
        case each
        /// Not fetched yet.
        case unknown
    }

    package enum Image: Hashable, Sendable {
        case reference(String)
        case archive(Content)
    }

    package enum Program: Hashable, Sendable {
        case command([String])
        case source(Content, architecture: String)
        case module(Content)
        case image(Image, command: [String])
        case kernels(Content, KernelProgram)
    }

    package struct File: Hashable, Sendable {
        package var path: String
        package var content: Content
        package var isExecutable: Bool

        package init(path: String, content: Content, isExecutable: Bool) {
            self.path = path
            self.content = content
            self.isExecutable = isExecutable
        }
    }

    package var program: Program
    package var environment: [String: String]
    package var inputs: [File]
    /// nil: empty.
    package var standardInput: Content?
    package var mounts: [Mount]

    package init(
        program: Program, environment: [String: String] = [:], inputs: [File] = [], standardInput: Content? = nil,
        mounts: [Mount] = []
    ) {
        self.program = program
        self.environment = environment
        self.inputs = inputs
        self.standardInput = standardInput
        self.mounts = mounts
    }

    /// The kind of payload, as job files spell it.
    var kind: String {
        switch program {
        case .command: "process"
        case .source: "assembly"
        case .module: "wasm"
        case .image: "container"
        case .kernels: "kernel"
        }
    }

    /// The job file's field that the program's bytes come from.
    var field: String {
        switch program {
        case .command: "payload.process"
        case .source: "payload.assembly.source"
        case .module: "payload.wasm.module"
        case .image: "payload.container.image.archive"
        case .kernels: "payload.kernel.source"
        }
    }
}

extension SignedCode.Content {
    /// How bytes travel does not matter, only what they are.
    package init(inline bytes: [UInt8]) { self = .blob(Hashing.sha256(bytes)) }

    init(_ source: InputSource) {
        switch source {
        case .blob(let digest): self = .blob(digest)
        case .inline(let bytes): self.init(inline: bytes)
        case .url(_, let digest?): self = .blob(digest)
        case .url(_, nil): self = .unknown
        case .each: self = .each
        }
    }
}

extension JobSpec {
    /// What a signature over this job's code is made over.
    package func codeStatement() throws(UnsignableCode) -> CodeStatement {
        let program: SignedCode.Program =
            switch payload {
            case .process(let process): .command(process.command)
            case .assembly(let assembly):
                .source(SignedCode.Content(assembly.source), architecture: assembly.architecture.rawValue)
            case .wasm(let wasm): .module(SignedCode.Content(wasm.module))
            case .container(let container):
                switch container.image {
                case .reference(let text): .image(.reference(text), command: container.command)
                case .archive(let source): .image(.archive(SignedCode.Content(source)), command: container.command)
                }
            case .kernel(let kernel): .kernels(SignedCode.Content(kernel.source), kernel.program)
            }
        return try CodeStatement(
            SignedCode(
                program: program, environment: environment,
                inputs: inputs.map {
                    SignedCode.File(
                        path: $0.path, content: SignedCode.Content($0.source), isExecutable: $0.isExecutable)
                },
                standardInput: payload.standardInput.map { SignedCode.Content($0) }, mounts: mounts))
    }

    /// Everything that is wrong with its signatures; nothing for a job without.
    package func signatureProblems() -> [Problem] {
        guard !signatures.isEmpty else { return [] }
        let statement: CodeStatement
        do throws(UnsignableCode) { statement = try codeStatement() } catch {
            return [Problem(field: error.field, message: error.message)]
        }
        return signatures.indices.compactMap { position in
            guard !signatures[position].covers(statement) else { return nil }
            return Problem(
                field: "signatures[\(position)].signature",
                message: "is not \(signatures[position].signer)'s over this job's code; sign it again with `weft sign`")
        }
    }
}

extension CodeSignature {
    package init(_ statement: CodeStatement, by identity: SigningIdentity) {
        self.init(signer: identity.nodeID, signature: identity.sign(statement))
    }

    /// Whether it is the signer's own, over exactly this code.
    package func covers(_ statement: CodeStatement) -> Bool {
        signer.publicKey?.verify(signature: signature, over: statement) ?? false
    }
}

/// A signature on its own, in a file beside what it is for.
extension CodeSignature {
    /// `code` is the digest of the code statement, for people and for a better error than "not valid".
    package func detached(over statement: CodeStatement) -> Document {
        [
            "code": .string(statement.digest.description), "signature": .string(Base64.encode(signature)),
            "signer": .string(signer.text),
        ]
    }

    /// nil unless it is what ``detached(over:)`` makes.
    package init?(detached document: Document) {
        guard let signer = document["signer"]?.string,
            let bytes = document["signature"]?.string.flatMap(Base64.decode), bytes.count == Self.byteCount
        else { return nil }
        self.init(signer: NodeID(signer), signature: bytes)
    }
}
