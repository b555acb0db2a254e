import Foundation
import Testing
import WeftModel
import WeftStorage

@testable import WeftTES

@Suite struct FileRootsTests {
    @Test func pathsOutsideAreNotAllowed() throws {
        let roots = FileRoots(["/data/", "/more"])
        #expect(try roots.place(of: "/data/a/b") == FileRoots.Place(root: "/data", names: ["a", "b"]))
        for path in ["/database/x", "/data/../etc/passwd", "/etc/passwd", "/more/./x"] {
            #expect(throws: FileRoots.Failure.self) { try roots.place(of: path) }
        }
        #expect(throws: FileRoots.Failure.self) { try FileRoots([]).place(of: "/data/a") }
        #expect(FileRoots.path(in: "file:///a") == "/a" && FileRoots.path(in: "file://host/a") == nil)
    }

    @Test func noLinkLeadsOut() async throws {
        try await withDirectory { directory in
            let root = directory + "/root"
            let files = FileManager.default
            try files.createDirectory(atPath: root, withIntermediateDirectories: true)
            try "secret".write(toFile: directory + "/secret", atomically: true, encoding: .utf8)
            try files.createSymbolicLink(atPath: root + "/out", withDestinationPath: directory)
            try files.createSymbolicLink(atPath: root + "/file", withDestinationPath: directory + "/secret")
            let roots = FileRoots([root])
            #expect(throws: FileRoots.Failure.self) { try roots.openFile(roots.place(of: root + "/out/secret")) }
            #expect(throws: FileRoots.Failure.self) { try roots.openFile(roots.place(of: root + "/file")) }
            #expect(throws: FileRoots.Failure.self) { try roots.create(roots.place(of: root + "/out/new")) }
            #expect(try roots.files(below: roots.place(of: root), most: 10).isEmpty)
            // A link in the place of an output is replaced, not followed.
            let writing = try roots.create(roots.place(of: root + "/file"))
            try roots.write(Array("mine".utf8), to: writing)
            try roots.finish(writing)
            #expect(try String(contentsOfFile: directory + "/secret", encoding: .utf8) == "secret")
            #expect(try String(contentsOfFile: root + "/file", encoding: .utf8) == "mine")
        }
    }

    @Test func namesInArchivesDoNotLeadOut() async throws {
        try await withDirectory { root in
            let store = MemoryBlobStore()
            let task = try task(
                #"""
                {"outputs":[{"path":"/d/*","path_prefix":"/d/","url":"file://\#(root)/in"}],
                "executors":[{"image":"x","command":["y"]}]}
                """#)
            let plan = try TaskPlan(task, settings: TESSettings(nativeImages: ["*"]))
            let delivery = Delivery(blobs: store, roots: FileRoots([root]), blocking: Blocking())
            for name in ["/d/../../x", "/e/x", "/d/"] {
                let archive = try await store.put(Array("1 \(name)\nx".utf8))
                let completion = Completion(exitStatus: 0, outputs: [OutputFile(path: ".tes/output-0", blob: archive)])
                await #expect(throws: FileArchiveReader.Failure.damaged) {
                    try await delivery.deliver(task, plan, completion)
                }
            }
            let archive = try await store.put(Array("1 /d/a/b\nx".utf8))
            let completion = Completion(exitStatus: 0, outputs: [OutputFile(path: ".tes/output-0", blob: archive)])
            // Twice, as after a crash in the middle.
            for _ in 0..<2 {
                let delivered = try await delivery.deliver(task, plan, completion)
                #expect(delivered == [Settlement.File(url: "file://\(root)/in/a/b", path: "/d/a/b", sizeBytes: 1)])
            }
            #expect(try String(contentsOfFile: root + "/in/a/b", encoding: .utf8) == "x")
            #expect(try FileManager.default.contentsOfDirectory(atPath: root + "/in/a") == ["b"])
        }
    }
}
