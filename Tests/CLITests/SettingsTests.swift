import Testing
import WeftCLI
import WeftFormats
import WeftModel

@Suite struct SettingsTests {
    private func file(_ text: String) throws -> SettingsFile {
        try SettingsFile(path: "/etc/weft.yaml", document: YAMLText.parse(Array(text.utf8)))
    }

    @Test func aFlagWinsOverTheEnvironmentAndThatOverTheFile() throws {
        let file = try file("url: http://file\ntoken_file: /file\noutput: json\n")
        let settings = try Settings(
            flags: [.url: "http://flag"], environment: ["WEFT_URL": "http://env", "WEFT_TOKEN_FILE": "/env"],
            file: file)
        #expect(settings[.url] == .init(text: "http://flag", origin: .flag("--url")))
        #expect(settings[.tokenFile] == .init(text: "/env", origin: .environment("WEFT_TOKEN_FILE")))
        #expect(settings[.output] == .init(text: "json", origin: .file("/etc/weft.yaml")))
        #expect(settings[.color] == .init(text: "auto", origin: .standard))
        #expect(settings[.workerOwner] == .init(text: nil, origin: .standard))
    }

    @Test func anEmptyVariableIsNotSet() throws {
        let settings = try Settings(flags: [:], environment: ["WEFT_OUTPUT": ""], file: nil)
        #expect(settings.text(.output) == "table")
    }

    @Test func sectionsHoldTheirSettings() throws {
        let file = try file("coordinator:\n  bind: 0.0.0.0:80\nworker:\n  labels: {zone: b, gpu: \"no\"}\n  cpus: 2\n")
        #expect(file.values[.coordinatorBind] == "0.0.0.0:80")
        #expect(file.values[.workerLabels] == "zone=b,gpu=no")
        #expect(file.values[.workerCPUs] == "2")
    }

    @Test func everyMistakeInTheFileIsToldAtOnce() throws {
        let error = try #require(throws: CLIError.self) {
            try file("ulr: x\ncoordinator:\n  bnd: y\ntoken: abc\nworker: 3\ncolor: [a]\n")
        }
        #expect(error.status == .usage)
        let lines = [error.message] + error.details
        #expect(lines.count == 5)
        #expect(lines[0] == "/etc/weft.yaml: unknown setting `ulr`; did you mean `url`?")
        #expect(lines[1] == "unknown setting `coordinator.bnd`; did you mean `coordinator.bind`?")
        #expect(lines[2].contains("`token` is a secret"))
        #expect(lines[3] == "`worker` must be a mapping, not an integer")
        #expect(lines[4] == "`color` must be a single value, not a list")
    }

    @Test func aWrongValueNamesItsOrigin() throws {
        let error = try #require(throws: CLIError.self) {
            try Settings(flags: [:], environment: ["WEFT_COLOR": "allways"], file: nil)
        }
        #expect(error.message.hasPrefix("color (environment WEFT_COLOR): `allways` is not one of auto"))
        #expect(error.message.hasSuffix("did you mean `always`?"))
        #expect(throws: CLIError.self) { try Settings(flags: [.workerMemory: "lots"], environment: [:], file: nil) }
    }

    @Test func directoriesFollowTheXDGRules() throws {
        let home = try Settings(flags: [:], environment: ["HOME": "/home/a"], file: nil)
        #expect(home.path(.dataDirectory) == "/home/a/.local/share/weft")
        let stated = ["HOME": "/home/a", "XDG_DATA_HOME": "/data", "XDG_CONFIG_HOME": "relative"]
        #expect(try Settings(flags: [:], environment: stated, file: nil).path(.dataDirectory) == "/data/weft")
        #expect(Settings.standardFile(stated) == "/home/a/.config/weft/config.yaml")
        #expect(Settings.standardFile([:]) == nil)
        let tilde = try Settings(flags: [.dataDirectory: "~/x"], environment: ["HOME": "/home/a"], file: nil)
        #expect(tilde.path(.dataDirectory) == "/home/a/x")
    }

    @Test func keysVariablesAndFlagsAreUniqueWhereTheyMustBe() {
        #expect(Set(Setting.allCases.map(\.definition.environment)).count == Setting.allCases.count)
        for setting in Setting.allCases {
            let definition = setting.definition
            #expect(definition.environment.hasPrefix("WEFT_"))
            #expect(definition.summary.hasSuffix("."))
            #expect(!definition.isSecret || definition.flag == nil)
        }
    }

    @Test func secretsAreNotShown() throws {
        let settings = try Settings(flags: [:], environment: ["WEFT_TOKEN": "hunter2"], file: nil)
        let rows = SettingsReference.rows(settings)
        #expect(rows.first { $0.setting == "token" }?.value == "(hidden)")
        #expect(!rows.contains { $0.value?.contains("hunter2") ?? false })
    }

    @Test func aPairNeedsAName() throws {
        let pair = try #require(Pair.parse("K=a=b"))
        #expect(pair == ("K", "a=b"))
        #expect(Pair.parse("=x") == nil)
        #expect(Pair.parse("K") == nil)
        #expect(try #require(Pair.parse("K=")) == ("K", ""))
    }
}

@Suite struct EndpointTests {
    private func endpoint(_ flags: [Setting: String], _ environment: [String: String], _ home: String) throws
        -> Endpoint
    {
        try Endpoint(settings: Settings(flags: flags, environment: environment, file: nil), home: DataHome(home))
    }

    @Test func theLocalCoordinatorIsFoundWithItsToken() throws {
        let scratch = try Scratch()
        _ = try scratch.write("coordinator.url", "http://127.0.0.1:4242\n")
        _ = try scratch.write("admin.token", "local\n")
        #expect(try endpoint([:], [:], scratch.path).url == "http://127.0.0.1:4242")
        for url in ["http://127.0.0.1:4242", "http://127.0.0.1:4242/", "http://localhost:4242", "http://[::1]:4242"] {
            #expect(try endpoint([.url: url], [:], scratch.path).token == "local")
        }
    }

    @Test func theLocalTokenGoesNowhereElse() throws {
        let scratch = try Scratch()
        _ = try scratch.write("coordinator.url", "http://127.0.0.1:4242\n")
        _ = try scratch.write("admin.token", "local\n")
        for url in ["http://evil.example:4242", "http://127.0.0.1:4243", "http://localhost:4242.evil.example"] {
            #expect(try endpoint([.url: url], [:], scratch.path).token == nil)
            #expect(try endpoint([:], ["WEFT_URL": url], scratch.path).token == nil)
        }
    }

    @Test func aNamedTokenFileWinsOverTheVariableAndThatOverTheSetting() throws {
        let scratch = try Scratch()
        let file = try scratch.write("mine", "from file\n")
        let both = ["WEFT_TOKEN": "from variable", "WEFT_TOKEN_FILE": file]
        #expect(try endpoint([.tokenFile: file], both, scratch.path).token == "from file")
        #expect(try endpoint([:], both, scratch.path).token == "from variable")
        #expect(try endpoint([:], ["WEFT_TOKEN_FILE": file], scratch.path).token == "from file")
        #expect(throws: CLIError.self) { try endpoint([.tokenFile: "/nowhere"], [:], scratch.path) }
    }

    @Test func withoutAnythingTheUsualAddressIsAsked() throws {
        let scratch = try Scratch()
        let endpoint = try endpoint([:], [:], scratch.path)
        #expect(endpoint.url == Endpoint.standardURL)
        #expect(endpoint.token == nil)
    }
}
