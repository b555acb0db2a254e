import ArgumentParser
import WeftDevices
import WeftFormats
import WeftModel

struct SignCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign", abstract: "Vouch for a job's code with your key, in a file of its own.",
        usage: """
            weft sign [options] <job-file>
            weft sign [options] --wasm <file>
            weft sign [options] --asm <file> [--arch <arch>]
            weft sign --id
            """,
        discussion: """
            Owners of machines may accept signed code only (`require_signed_by` in their worker.yaml). The signature is \
            Ed25519 over the module or source, or, for commands and containers, over everything but what differs from \
            task to task: program, arguments, variables, inputs, image. It is written beside what was signed, as \
            FILE.sig. The key is made at first use; tell owners its id.

            Examples:
              weft sign --id                                  # the id that owners put into require_signed_by
              weft sign job.yaml && weft job submit job.yaml --signature job.yaml.sig
              weft sign --wasm module.wasm && weft run --wasm module.wasm --signature module.wasm.sig
              weft sign --check job.yaml.sig job.yaml
              weft run --sign -- ./simulate                   # sign and run in one step
            """)

    @Argument(help: "The job file (YAML or JSON).", completion: .file())
    var job: String?

    @Option(help: .init("Sign a WebAssembly module, for every job that runs it.", valueName: "file"))
    var wasm: String?

    @Option(help: .init("Sign an assembler source, for every job that runs it.", valueName: "file"))
    var asm: String?

    @Option(help: .init("What the source is written for; this machine's processor by default.", valueName: "arch"))
    var arch: String?

    @Option(help: .init("Where the signature goes; FILE.sig by default, - for standard output.", valueName: "file"))
    var to: String?

    @Option(help: .init("Sign nothing: check that this signature is for the code.", valueName: "file"))
    var check: String?

    @Flag(help: "Sign nothing: print the id of the key.")
    var id = false

    @OptionGroup var signing: SigningKeyOptions
    @OptionGroup var common: CommonOptions
    @OptionGroup var format: OutputOptions

    var overrides: [Setting: String] { signing.overrides.merging(format.overrides) { $1 } }

    func validate() throws {
        let count = [job, wasm, asm].count { $0 != nil }
        guard count == (id ? 0 : 1) else {
            throw ValidationError(
                id ? "--id goes alone" : "Say what to sign: a job file, --wasm FILE or --asm FILE (or --id).")
        }
        if arch != nil, asm == nil { throw ValidationError("--arch goes with --asm") }
        if check != nil, to != nil || id { throw ValidationError("--check writes no signature") }
    }

    private struct Answer: Encodable {
        var signer: NodeID
        /// Digest of the code statement.
        var code: Digest?
        var file: String?
    }

    func run(in context: Context) async throws {
        guard !id else {
            let signer = try SigningKey.identity(context).nodeID
            return try context.show(Answer(signer: signer)) { "\(signer)\n" }
        }
        let (file, statement) = try statement()
        if let check {
            let signature = try SignatureFile.read(check)
            try SignatureFile.require(signature, from: check, over: statement)
            return try context.show(Answer(signer: signature.signer, code: statement.digest, file: check)) {
                "\(check) is \(signature.signer)'s signature for \(file)\n"
            }
        }
        let signature = CodeSignature(statement, by: try SigningKey.identity(context))
        let bytes = CanonicalJSON.encodePretty(signature.detached(over: statement))
        let target = to ?? file + ".sig"
        if target == "-" { return try context.console.write(bytes: bytes) }
        try Files.replace(target, with: bytes)
        try context.show(Answer(signer: signature.signer, code: statement.digest, file: target)) {
            "\(target): signed by \(signature.signer)\n"
        }
    }

    /// What is signed, and the file that it stands in.
    private func statement() throws -> (file: String, statement: CodeStatement) {
        do {
            if let job {
                guard job != "-" || to != nil || check != nil else {
                    throw CLIError(.usage, "a job from standard input has no name", hint: "say where to with --to")
                }
                return (job, try JobFile.read(job).codeStatement())
            }
            if let wasm { return (wasm, try statement(.wasm(WasmPayload(module: try code(wasm))))) }
            let asm = asm ?? ""
            let wanted = Requirements.architecture(named: arch ?? HostHardware.detect().architecture)
            guard let known = AssemblyPayload.Architecture(rawValue: wanted) else {
                let all = AssemblyPayload.Architecture.allCases.map(\.rawValue).joined(separator: ", ")
                throw CLIError(.usage, "--asm: nothing assembles for \(wanted)", hint: "say --arch: \(all)")
            }
            return (asm, try statement(.assembly(AssemblyPayload(source: try code(asm), architecture: known))))
        } catch let error as UnsignableCode {
            throw CLIError(.invalid, "it cannot be signed: \(error)")
        }
    }

    /// Of whatever job runs this.
    private func statement(_ payload: Payload) throws(UnsignableCode) -> CodeStatement {
        try JobSpec(name: "", payload: payload).codeStatement()
    }

    private func code(_ path: String) throws -> InputSource {
        .blob(Hashing.sha256(try Files.read(path, limit: 1 << 30)))
    }
}

/// For commands that use the submitter's key.
struct SigningKeyOptions: ParsableArguments {
    @Option(help: .init("File with the Ed25519 key to sign with (PEM, PKCS #8).", valueName: "file"))
    var key: String?

    var overrides: [Setting: String] {
        var values: [Setting: String] = [:]
        values[.signingKey] = key
        return values
    }
}

/// For commands that submit jobs.
struct SignatureOptions: ParsableArguments {
    @Flag(help: "Vouch for the job's code with your key, for owners who accept signed code only.")
    var sign = false

    @Option(parsing: .singleValue, help: .init("Hand in a signature that `weft sign` made.", valueName: "file"))
    var signature: [String] = []

    @OptionGroup var key: SigningKeyOptions

    var overrides: [Setting: String] { key.overrides }

    /// Adds them to the job. Throws ``CLIError`` for one that is not for its code.
    func apply(to spec: inout JobSpec, in context: Context) throws {
        guard sign || !signature.isEmpty else { return }
        let statement: CodeStatement
        do throws(UnsignableCode) { statement = try spec.codeStatement() } catch {
            throw CLIError(.invalid, "it cannot be signed: \(error)")
        }
        for path in signature {
            let signature = try SignatureFile.read(path)
            try SignatureFile.require(signature, from: path, over: statement)
            spec.add(signature)
        }
        if sign { spec.add(CodeSignature(statement, by: try SigningKey.identity(context))) }
    }
}

extension JobSpec {
    /// A signer's newer signature replaces the older one.
    fileprivate mutating func add(_ signature: CodeSignature) {
        signatures.removeAll { $0.signer == signature.signer }
        signatures.append(signature)
    }
}

/// The key that a submitter signs with.
enum SigningKey {
    /// Made where there is none yet.
    static func identity(_ context: Context) throws -> SigningIdentity {
        let path: String
        if let own = context.settings.path(.signingKey) {
            path = own
        } else {
            let home = try context.dataHome()
            try home.prepare()
            path = home.signingKey
        }
        do {
            return try KeyFile.loadOrCreate(at: path)
        } catch {
            throw CLIError(.failure, "\(error)")
        }
    }
}

/// A signature in a file of its own.
enum SignatureFile {
    static func read(_ path: String) throws -> CodeSignature {
        let bytes = try Files.read(path, limit: 1 << 16)
        guard let document = try? JSONText.parse(bytes), let signature = CodeSignature(detached: document) else {
            throw CLIError(.invalid, "\(path) holds no signature", hint: "make one with `weft sign`")
        }
        return signature
    }

    static func require(_ signature: CodeSignature, from path: String, over statement: CodeStatement) throws {
        guard signature.covers(statement) else {
            throw CLIError(
                .invalid, "\(path): this is not \(signature.signer)'s signature for this code (\(statement.digest))",
                hint: "the code, or what runs with it, was changed since; sign it again with `weft sign`")
        }
    }
}
