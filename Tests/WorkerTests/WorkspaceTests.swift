import Foundation
import Testing
import WeftDrivers
import WeftModel

/// Working directories that their payloads left untouched are used again; others never.
@Suite struct WorkspaceTests {
    private let directory: TemporaryDirectory
    private let root: WorkspaceRoot

    init() throws {
        directory = try TemporaryDirectory()
        root = try WorkspaceRoot(path: directory.path + "/work", keeps: 2)
    }

    @Test func anUntouchedDirectoryIsUsedAgain() async throws {
        let first = try root.makeWorkspace(for: attempt(1))
        try await root.remove(first)
        let second = try root.makeWorkspace(for: attempt(2))
        #expect(second.payloadDirectory == first.payloadDirectory)
        // The one is taken; another attempt gets one of its own.
        #expect(try root.makeWorkspace(for: attempt(3)).payloadDirectory != first.payloadDirectory)
    }

    @Test(arguments: [
        "touch left", "mkdir left", "touch left; rm left", "ln -s / left", "chmod 777 .", "chmod u+s .",
        "setfattr -n user.left -v 1 . 2>/dev/null || touch left",
    ])
    func whatAnAttemptDidToItsDirectoryEndsIt(script: String) async throws {
        let workspace = try root.makeWorkspace(for: attempt(1))
        // The clock of a directory's times is coarse; within its tick only what is there now is seen.
        try await Task.sleep(for: .milliseconds(20))
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        shell.arguments = ["-c", script]
        shell.currentDirectoryURL = URL(fileURLWithPath: workspace.payloadDirectory)
        try shell.run()
        shell.waitUntilExit()
        try await root.remove(workspace)
        #expect(try directory.names(in: "work").isEmpty)
        #expect(try root.makeWorkspace(for: attempt(2)).payloadDirectory != workspace.payloadDirectory)
    }

    @Test func filesBesideItGoInAnyCase() async throws {
        let workspace = try root.makeWorkspace(for: attempt(1))
        try workspace.write([1], to: workspace.standardInputPath, isExecutable: false)
        try workspace.write([1], to: workspace.standardOutputPath, isExecutable: false)
        try await root.remove(workspace)
        #expect(try directory.names(in: "work").count == 1)
    }

    @Test func noMoreAreKeptThanAreWanted() async throws {
        let all = try (1...5).map { try root.makeWorkspace(for: attempt($0)) }
        for workspace in all { try await root.remove(workspace) }
        #expect(try directory.names(in: "work").count == 2)
    }
}
