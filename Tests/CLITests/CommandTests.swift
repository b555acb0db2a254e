import Foundation
import Testing
import WeftCLI
import WeftClient
import WeftFormats
import WeftModel

@Suite struct CommandTests {
    private let tool = Tool()

    @Test func everyCommandExplainsItselfWithExamples() async {
        for path in Self.leaves {
            let result = await tool.run(path.split(separator: " ").map(String.init) + ["--help"])
            #expect(result.status == 0)
            #expect(result.output.contains("USAGE: weft"), "\(path)")
            #expect(result.output.contains("Examples:") && result.output.contains("weft \(path)"), "\(path)")
        }
    }

    static let leaves = [
        "up", "coordinator", "worker", "worker pause", "worker resume", "worker rules", "run", "job submit", "job list",
        "job show", "job tasks", "job logs",
        "job wait", "job cancel", "job results", "job receipt", "job explain", "node list", "node show", "node drain",
        "node undrain", "token create", "token list", "token revoke", "credit balance",
        "credit statement", "credit grant", "webhook create", "webhook list", "webhook show", "webhook delete",
        "webhook test", "blob put", "blob get", "receipt verify",
        "log head", "log prove", "log verify", "log audit", "sign", "doctor", "config show", "stats", "events",
        "version",
    ]

    @Test(arguments: ["bash", "zsh", "fish"]) func thereAreCompletionScripts(shell: String) async {
        let result = await tool.run("--generate-completion-script", shell)
        #expect(result.status == 0)
        #expect(result.output.contains("weft"))
    }

    @Test func usageErrorsAreOneLineWithAHint() async {
        let result = await tool.run("jobb")
        #expect(result.status == 2)
        #expect(
            result.error == "weft: error: Unexpected argument 'jobb'\n  hint: See 'weft --help' for more information.\n"
        )
    }

    @Test(arguments: ["up", "coordinator"]) func aLogIsPrunedOnlyWhereJobsAreRemoved(command: String) async {
        let result = await tool.run(command, "--prune-log")
        #expect(result.status == 2)
        #expect(result.error.contains("hint: for example --retention 30d"))
    }

    @Test func statusesFollowTheKindOfError() async {
        #expect(await tool.run("stats").status == 3)
        #expect(await tool.run("token", "revoke", "nobody").status == 5)
        #expect(await tool.run("node", "show", "nobody").status == 5)
        #expect(await tool.run("job", "show", "zero").status == 2)
        #expect(await tool.run("config", "show", "--config", "/nowhere").status == 2)
        await tool.coordinator.set(state: .failed)
        #expect(await tool.run("job", "wait", "7").status == 6)
    }

    @Test func webhooksAreMadeShownTestedAndDeleted() async throws {
        let made = await tool.run(
            "webhook", "create", "https://example.org/hook", "--kind", "job.ended", "--kind", "disagreement", "--job",
            "7",
            "--output", "json")
        #expect(made.status == 0, "\(made.error)")
        let view = try APICoder.decode(WebhookView.self, from: Array(made.output.utf8))
        #expect(view.kinds == ["job.ended", "disagreement"] && view.job == JobID(7))
        #expect(view.secret == "whsec_c2VjcmV0")
        let plain = await tool.run("webhook", "create", "https://example.org/hook")
        #expect(plain.output == "wh_00000000000000ff\nwhsec_c2VjcmV0\n")
        let file = NSTemporaryDirectory() + "weft-hook-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: file) }
        let kept = await tool.run("webhook", "create", "https://example.org/hook", "--secret-file", file)
        #expect(kept.output == "wh_00000000000000ff\n" && kept.error == "weft: the secret is in \(file)\n")
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "whsec_c2VjcmV0\n")
        let list = await tool.run("webhook", "list").output
        #expect(list.contains("https://example.org/hook") && list.contains("failing") && !list.contains("whsec"))
        let shown = await tool.run("webhook", "show", "wh_00000000000000ff").output
        #expect(shown.contains("the receiver answered 503") && shown.contains("3 since"))
        #expect(await tool.run("webhook", "show", "wh_0").status == 5)
        let test = await tool.run("webhook", "test", "wh_00000000000000ff")
        #expect(test.status == 1 && test.error.contains("the receiver answered 500"))
        #expect(await tool.run("webhook", "delete", "wh_00000000000000ff").error.contains("is deleted"))
        #expect(await tool.run("webhook", "create", "https://example.org/", "--job", "x").status == 2)
    }

    @Test func creditsAreShownAndGranted() async throws {
        #expect(await tool.run("credit", "balance").output.contains("submitter:anna     12.5         0"))
        #expect(await tool.run("credit", "balance", "node:12D3KooW").output.contains("12.5 credits"))
        let page = await tool.run("credit", "statement", "anna", "--from", "2026-01-01", "--limit", "1")
        #expect(page.output.contains("1  2023-11-14T22:13:20Z  grant    12.5     12.5  issuance  a start"))
        #expect(page.error == "weft: there is more; go on with --cursor 1\n")
        let granted = await tool.run("credit", "grant", "anna", "12.5", "--reason", "a start", "--key", "k")
        #expect(granted.output == "12.5 credits went to submitter:anna\n")
        let request = await tool.coordinator.granted.first
        #expect(request?.request.submitter == "anna" && request?.key == "k")
        #expect(await tool.run("credit", "grant", "anna", "1e3", "--reason", "x").status == 2)
        #expect(await tool.run("credit", "grant", "anna", "0", "--reason", "x").status == 2)
        #expect(await tool.run("credit", "statement", "anna", "--from", "yesterday").status == 2)
        #expect(await tool.run("credit", "balance", "what:ever").status == 2)
        let problem = ProblemDocument(title: "The budget does not reach", status: 402, detail: "35 are missing")
        await tool.coordinator.fail(with: [ClientError.refused(problem)])
        let refused = await tool.run("job", "show", "7")
        #expect(refused.status == 8)
        #expect(refused.error.contains("weft credit grant"))
    }

    @Test func everyStatusHasItsOwnNumberAndWords() {
        #expect(Set(ExitStatus.allCases.map(\.rawValue)).count == ExitStatus.allCases.count)
        #expect(ExitStatus.allCases.allSatisfy { !$0.summary.isEmpty })
    }

    @Test func jsonIsTheAPIsRepresentation() async throws {
        let result = await tool.run("job", "show", "7", "--output", "json")
        let view = try APICoder.decode(JobView.self, from: Array(result.output.utf8))
        #expect(view.id == JobID(7))
        #expect(view.labels == ["a": "b"])
        let yaml = await tool.run("job", "show", "7", "-o", "yaml")
        let fromJSON = try JSONText.parse(Array(result.output.utf8))
        #expect(try YAMLText.parse(Array(yaml.output.utf8)) == fromJSON)
    }

    @Test func aJobFileIsReadAndEveryMistakeTold() async throws {
        let scratch = try Scratch()
        let good = try scratch.write("good.yaml", "name: x\ncommand: [echo, hi]\n")
        let bad = try scratch.write("bad.yaml", "nam: x\ncommand: 3\n")
        #expect(await tool.run("job", "submit", good) == Tool.Result(status: 0, output: "7\n", error: ""))
        #expect(await tool.coordinator.submitted.first?.name == "x")
        let result = await tool.run("job", "submit", bad)
        #expect(result.status == 7)
        #expect(result.error.split(separator: "\n").count >= 2)
        #expect(await tool.coordinator.submitted.count == 1)
    }

    @Test func aTokensSecretCanGoToAFileThatNobodyElseReads() async throws {
        let scratch = try Scratch()
        let path = scratch.path + "/token"
        let result = await tool.run("token", "create", "ann", "--role", "viewer", "--file", path, "--output", "json")
        #expect(result.status == 0)
        #expect(!result.output.contains("s3cret") && !result.error.contains("s3cret"))
        #expect(try DataHome.token(in: path) == "s3cret")
        #expect(await tool.run("token", "create", "ann").output == "s3cret\n")
    }

    @Test func linesOfManyTasksDoNotMix() {
        var lines = LogLines(isPrefixed: true)
        #expect(lines.take("1.0", Array("a".utf8), isError: false).isEmpty)
        #expect(String(decoding: lines.take("1.1", Array("b\nc".utf8), isError: false), as: UTF8.self) == "1.1 | b\n")
        #expect(String(decoding: lines.take("1.0", Array("x\n".utf8), isError: false), as: UTF8.self) == "1.0 | ax\n")
        #expect(lines.rest().map { String(decoding: $0.bytes, as: UTF8.self) } == ["1.1 | c\n"])
    }

    @Test(arguments: [
        ("127.0.0.1:0", "127.0.0.1", 0), ("8081", "127.0.0.1", 8081), (":9", "127.0.0.1", 9), ("[::1]:80", "::1", 80),
        ("::", "::", 8080), ("weft.example", "weft.example", 8080),
    ])
    func addressesToServeOn(text: String, host: String, port: Int) throws {
        let address = try #require(BindAddress(text))
        #expect(address.host == host)
        #expect(address.port == port)
    }

    @Test(arguments: ["a:b", "a:70000", "[::1", "[::1]80"]) func whatIsNoAddress(text: String) {
        #expect(BindAddress(text) == nil)
    }

    @Test func aServerOnEveryAddressIsReachedOnLoopback() throws {
        #expect(try #require(BindAddress("0.0.0.0:1")).localURL(port: 5, isSecure: false) == "http://127.0.0.1:5")
        #expect(try #require(BindAddress("[::]:1")).localURL(port: 5, isSecure: true) == "https://[::1]:5")
    }

    @Test(arguments: [("a/b", "a/b"), ("./a//b/", "a/b"), ("../a", nil), ("/a", nil), ("a/../b", nil), (".", nil)])
    func pathsStayBelow(path: String, safe: String?) {
        #expect(RelativePath.checked(path) == safe)
    }
}
