import Testing
import WeftModel

/// Directories at absolute paths, too.
@Suite struct MountTests {
    private func spec(_ mounts: Document, with more: [Document.Member] = []) throws -> JobSpec {
        try JobSpec(document: .object([Document.Member("command", ["x"]), Document.Member("mounts", mounts)] + more))
    }

    private func fields(_ mounts: Document, with more: [Document.Member] = []) -> [String] {
        do {
            _ = try spec(mounts, with: more)
            return []
        } catch { return ((error as? InvalidDocument)?.problems ?? []).map(\.field) }
    }

    @Test func mountsAreReadAsTheyAreWritten() throws {
        let spec = try spec([["path": "in", "at": "/data"], ["path": "a/b", "at": "/opt/tool"]])
        #expect(spec.mounts == [Mount(path: "in", at: "/data"), Mount(path: "a/b", at: "/opt/tool")])
        #expect(try JobSpec(document: spec.document) == spec)
        #expect(spec.driverWish.hasMounts)
    }

    @Test(arguments: [
        "/", "data", "", "/data/", "/data//x", "/data/../etc", "/./data", "/etc", "/etc/x", "/proc/1", "/dev", "/sys/x",
        "/usr/lib", "/bin", "/lib64/x", "/work", "/work/in", "/.weft", "/a\u{7F}",
    ])
    func hostilePlacesAreRefused(place: String) {
        #expect(fields([["path": "in", "at": .string(place)]]) == ["mounts[0].at"])
    }

    @Test(arguments: ["..", "../x", "/in", "a/../../b", "", "."])
    func directoriesOutsideAreRefused(path: String) {
        #expect(fields([["path": .string(path), "at": "/data"]]) == ["mounts[0].path"])
    }

    @Test func mountsDoNotOverlap() {
        #expect(fields([["path": "a", "at": "/data"], ["path": "b", "at": "/data/in"]]) == ["mounts[1].at"])
        #expect(fields([["path": "a/b", "at": "/x"], ["path": "a", "at": "/y"]]) == ["mounts[1].path"])
        #expect(fields([["path": "a", "at": "/data"], ["path": "ab", "at": "/database"]]) == [])
    }

    @Test func aFileIsNoDirectoryAndAWallIsNeeded() {
        #expect(
            fields([["path": "in", "at": "/data"]], with: [Document.Member("outputs", ["in"])]) == ["mounts[0].path"])
        #expect(
            fields([["path": "in", "at": "/data"]], with: [Document.Member("requirements", ["isolation": "none"])])
                == ["mounts"])
    }

    @Test func onlyDriversWithAViewOfTheirOwnAreTaken() throws {
        let wish = try spec([["path": "in", "at": "/data"]]).driverWish
        var profile = NodeProfile(
            name: "n", operatingSystem: "linux", architecture: "x86_64", capacity: Resources(),
            drivers: [DriverProfile(name: "vm", payloads: ["process"], isolation: .vm)])
        #expect(profile.driver(for: wish) == nil && profile.shortfalls(for: wish) == [.mounts])
        profile.drivers.append(DriverProfile(name: "process", isolation: Isolation.none, mounts: true))
        #expect(profile.driver(for: wish) == nil)
        profile.drivers.append(DriverProfile(name: "process", isolation: .process, mounts: true))
        #expect(profile.driver(for: wish)?.index == 2)
    }
}
