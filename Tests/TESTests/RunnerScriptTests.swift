import Foundation
import Testing
import WeftFormats
import WeftModel
import WeftStorage

@testable import WeftTES

/// The script that runs in a task, run for real.
@Suite struct RunnerScriptTests {
    private struct Run {
        var status: Int32
        var report: RunReport
        var store: MemoryBlobStore
    }

    private func run(_ json: String, in work: String) async throws -> Run {
        let task = try task(json)
        // Paths of the task are paths of this machine here, so none of its own places is refused.
        var plan = try TaskPlan(Self.plain, settings: TESSettings(nativeImages: ["*"]))
        for (index, output) in task.outputs.enumerated() {
            let isOne = output.type == .file && !ShellPattern.hasWildcards(output.path)
            let prefix = output.pathPrefix ?? "\(output.path)/"
            plan.outputs.append(isOne ? .file("tes\(output.path)") : .archive(".tes/output-\(index)", prefix: prefix))
        }
        try FileManager.default.createDirectory(atPath: work + "/.tes", withIntermediateDirectories: true)
        try RunnerScript.text(task, plan: plan).write(toFile: work + "/.tes/run.sh", atomically: true, encoding: .utf8)
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = [".tes/run.sh"]
        process.currentDirectoryURL = URL(filePath: work)
        try process.run()
        process.waitUntilExit()
        let store = MemoryBlobStore()
        let report = try await store.put(Array(Data(contentsOf: URL(filePath: work + "/.tes/report"))))
        return Run(
            status: process.terminationStatus, report: try await RunReport(reading: report, in: store), store: store)
    }

    private static let plain = TaskDocument(executors: [TaskDocument.Executor(image: "x", command: ["true"])])

    @Test func executorsRunInTurnWithTheirStreamsDirectoriesAndVariables() async throws {
        try await withDirectory { work in
            let run = try await run(
                #"""
                {"executors":[
                {"image":"x","command":["sh","-c","echo $A in $PWD; echo oh >&2"],"env":{"A":"it's"},"workdir":"\#(work)/d"},
                {"image":"x","command":["cat"],"stdin":"\#(work)/in","stdout":"\#(work)/deep/out"}],
                "inputs":[]}
                """#,
                in: try {
                    try "given".write(toFile: work + "/in", atomically: true, encoding: .utf8)
                    return work
                }())
            #expect(run.status == 0)
            #expect(run.report.executors.map(\.exitCode) == [0, 0])
            #expect(run.report.executors[0].standardOutput == "it's in \(work)/d\n")
            #expect(run.report.executors[0].standardError == "oh\n")
            #expect(run.report.executors[1].standardOutput == "given")
            #expect(try String(contentsOfFile: work + "/deep/out", encoding: .utf8) == "given")
            #expect(run.report.executors[0].startTime.hasSuffix("Z"))
        }
    }

    @Test func theFirstErrorEndsItUnlessItIsIgnored() async throws {
        try await withDirectory { work in
            let run = try await run(
                #"""
                {"executors":[{"image":"x","command":["sh","-c","exit 4"],"ignore_error":true},
                {"image":"x","command":["/nowhere/program"]},{"image":"x","command":["true"]}]}
                """#, in: work)
            #expect(run.status == 127)
            #expect(run.report.executors.map(\.exitCode) == [4, 127])
        }
    }

    @Test func wildcardsAndDirectoriesAreKeptWithTheirPaths() async throws {
        try await withDirectory { work in
            let run = try await run(
                #"""
                {"outputs":[{"path":"\#(work)/o/*.t[xy]t","path_prefix":"\#(work)/o/","url":"weft:"},
                {"path":"\#(work)/tree","type":"DIRECTORY","url":"weft:"}],
                "executors":[{"image":"x","command":["sh","-c",
                "cd \#(work); echo 1 >'o/b c.txt'; printf '' >o/a.tyt; echo 2 >o/no.csv; mkdir -p tree/x; echo 3 >tree/x/y"]}]}
                """#, in: work)
            #expect(run.status == 0)
            #expect(
                try await files(work + "/.tes/output-0", run.store)
                    == ["\(work)/o/a.tyt": "", "\(work)/o/b c.txt": "1\n"])
            #expect(try await files(work + "/.tes/output-1", run.store) == ["\(work)/tree/x/y": "3\n"])
        }
    }

    private func files(_ path: String, _ store: MemoryBlobStore) async throws -> [String: String] {
        var reader = FileArchiveReader(try await store.put(Array(Data(contentsOf: URL(filePath: path)))), in: store)
        var found: [String: String] = [:]
        while let entry = try await reader.next() {
            found[entry.name] = ""
            while true {
                let piece = try await reader.read()
                if piece.isEmpty { break }
                found[entry.name]! += String(decoding: piece, as: UTF8.self)
            }
        }
        return found
    }

    @Test(arguments: ["5", "5 a\nxx", "-1 a\n", "99999999999999999999 a\n", " a\n", "3\n"])
    func whatNoScriptWritesIsDamaged(text: String) async throws {
        let store = MemoryBlobStore()
        var reader = FileArchiveReader(try await store.put(Array(text.utf8)), in: store)
        await #expect(throws: FileArchiveReader.Failure.damaged) {
            while try await reader.next() != nil {}
        }
    }

    @Test func aWordOfTheShellHasNoMeaningButItsWildcards() {
        #expect(ShellPattern.word("/a b/$(x)*'?.[a-c]") == "'/a b/$(x)'*''\\'''?'.'[a-c]")
        #expect(ShellPattern.word("/[$(x)]") == nil && ShellPattern.word("/[a") == nil)
        #expect(ShellPattern.fixedDirectory(of: "/a/b*/c") == "/a" && ShellPattern.fixedDirectory(of: "/*") == "")
    }
}
