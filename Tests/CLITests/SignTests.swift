import Foundation
import Testing
import WeftCLI
import WeftFormats
import WeftModel

@Suite struct SignTests {
    private let tool = Tool()
    private let folder = FileManager.default.temporaryDirectory.appending(path: "weft-sign-\(UUID().uuidString)")

    private func inFolder<Value>(_ body: () async throws -> Value) async throws -> Value {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try await body()
    }

    private func write(_ text: String, _ name: String) throws -> String {
        let url = folder.appending(path: name)
        try Data(text.utf8).write(to: url)
        return url.path()
    }

    private func sign(_ arguments: String...) async -> Tool.Result {
        await tool.run(["sign", "--key", folder.appending(path: "key").path()] + arguments)
    }

    @Test func aSignedJobFileIsHandedInWithItsSignature() async throws {
        try await inFolder {
            let job = try write("command: [echo, hello]", "job.yaml")
            let signer = (await sign("--id")).output.trimmingCharacters(in: .newlines)
            #expect(NodeID(signer).publicKey != nil)
            let mode = try FileManager.default.attributesOfItem(atPath: folder.appending(path: "key").path())
            #expect(mode[.posixPermissions] as? Int == 0o600)

            #expect(await sign(job) == Tool.Result(status: 0, output: "\(job).sig: signed by \(signer)\n", error: ""))
            #expect(await sign("--check", "\(job).sig", job).status == 0)
            #expect(await tool.run("job", "submit", job, "--signature", "\(job).sig").status == 0)
            let submitted = try #require(await tool.coordinator.submitted.last)
            #expect(submitted.signers == [NodeID(signer)])
            #expect(submitted.signatureProblems().isEmpty)

            // The same signature for other code is refused before anything is sent.
            let changed = try write("command: [echo, bye]", "changed.yaml")
            let refused = await tool.run("job", "submit", changed, "--signature", "\(job).sig")
            #expect(refused.status == ExitStatus.invalid.rawValue)
            #expect(refused.error.contains("sign it again with `weft sign`"))
            #expect(await sign("--check", "\(job).sig", changed).status == ExitStatus.invalid.rawValue)
            #expect(await tool.coordinator.submitted.count == 1)
        }
    }

    @Test func oneSignatureServesEveryJobThatRunsTheModule() async throws {
        try await inFolder {
            let module = try write("not really a module", "m.wasm")
            #expect(await sign("--wasm", module).status == 0)
            let ran = await tool.run(
                "run", "--detach", "--wasm", module, "--signature", "\(module).sig", "--", "--steps", "7")
            #expect(ran.status == 0)
            #expect(await tool.coordinator.submitted.last?.signatureProblems().isEmpty == true)
            #expect(await tool.coordinator.submitted.last?.signatures.count == 1)

            let source = try write(".globl _start", "p.s")
            #expect(await sign("--asm", source, "--arch", "arm64", "--to", "-").output.contains("\"signature\""))
            #expect(await sign("--asm", source, "--arch", "sparc").status == 2)
        }
    }

    @Test func runSignsInOneStep() async throws {
        try await inFolder {
            let key = folder.appending(path: "key").path()
            #expect(await tool.run("run", "--detach", "--sign", "--key", key, "--", "echo", "hi").status == 0)
            let spec = try #require(await tool.coordinator.submitted.last)
            #expect(spec.signatures.count == 1 && spec.signatureProblems().isEmpty)
            // A tag may name another image tomorrow.
            let image = await tool.run("run", "--detach", "--sign", "--key", key, "--image", "alpine", "--", "ls")
            #expect(image.error.contains("name the image by its digest"))
            #expect(await tool.coordinator.submitted.count == 1)
        }
    }

    @Test func whatCannotBeSignedSaysWhy() async throws {
        try await inFolder {
            #expect(await sign().status == 2)
            #expect(await sign("a.yaml", "--id").status == 2)
            #expect(await sign("/nowhere.yaml").status == 1)
            let job = try write("{\"command\":[\"x\"],\"inputs\":[{\"path\":\"a\",\"url\":\"http://h/x\"}]}", "u.json")
            let result = await sign(job)
            #expect(result.status == ExitStatus.invalid.rawValue)
            #expect(result.error.contains("inputs: a: nobody knows yet what the URL holds"))
            let open = try write("x", "loose.key")
            chmod(open, 0o644)
            let loose = await tool.run("sign", "--key", open, "--id")
            #expect(loose.status == 1 && loose.error.contains("chmod 600"))
        }
    }
}
