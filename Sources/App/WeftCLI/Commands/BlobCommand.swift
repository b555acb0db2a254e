import ArgumentParser
import Glibc
import WeftFormats
import WeftModel

struct BlobCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "blob", abstract: "Store and fetch bytes by their digest.",
        subcommands: [BlobPutCommand.self, BlobGetCommand.self])
}

struct BlobPutCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "put", abstract: "Store files; prints their digests.",
        discussion: """
            Nothing is sent that the coordinator has already.

            Examples:
              weft blob put model.bin
              weft blob put *.csv --output json
              tar c . | weft blob put -
            """)

    @Argument(help: "Files, or - for standard input.")
    var files: [String]

    @OptionGroup var common: CommonOptions
    @OptionGroup var client: ClientOptions
    @OptionGroup var format: OutputOptions

    var overrides: [Setting: String] { client.overrides.merging(format.overrides) { $1 } }

    func run(in context: Context) async throws {
        try await context.withAPI { api in
            try await InOrder.forEach(files) { file in
                file == "-"
                    ? try await api.putBlob(Files.read("-", limit: 256 << 20)) : try await api.putBlob(file: file)
            } take: { file, blob in
                try context.show(blob) {
                    files.count == 1 ? "\(blob.digest)\n" : "\(blob.digest)  \(Printable.line(file))\n"
                }
            }
        }
    }
}

struct BlobGetCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Fetch a blob to standard output or a file.",
        discussion: """
            Examples:
              weft blob get sha256:9f86… > data
              weft blob get sha256:9f86… --file data
            """)

    @Argument(help: "The digest: sha256: and 64 hexadecimal digits.")
    var digest: String

    @Option(name: [.customShort("o"), .long], help: .init("Write to this file.", valueName: "file"))
    var file: String?

    @OptionGroup var common: CommonOptions
    @OptionGroup var client: ClientOptions

    var overrides: [Setting: String] { client.overrides }

    func run(in context: Context) async throws {
        guard let digest = Digest(text: digest) else {
            throw CLIError(
                .usage, "`\(digest)` is not a digest", hint: "sha256: and 64 lower-case hexadecimal digits")
        }
        try await context.withAPI { api in
            if let file {
                try await ResultFiles(api: api).save(BlobReference(digest: digest, sizeBytes: 0), to: file)
            } else {
                let console = context.console
                try await BlobPrinting.print(digest, from: 0, api) { try console.write(bytes: $0) }
            }
        }
    }
}
