import Testing
import WeftFormats
import WeftModel

@testable import WeftTES

@Suite struct PlanTests {
    private let native = TESSettings(nativeImages: ["*"])

    private func plan(_ json: String, _ settings: TESSettings? = nil) throws -> TaskPlan {
        try TaskPlan(task(json), settings: settings ?? native)
    }

    @Test func directoriesAreMountedOutermostFirst() throws {
        let plan = try plan(
            #"""
            {"inputs":[{"path":"/data/a/in","content":""}],"outputs":[{"path":"/data/out","url":"weft:"}],
            "volumes":["/scratch/"],"executors":[{"image":"x","command":["y"],"workdir":"/tmp","stdout":"/logs/o"}]}
            """#)
        #expect(Set(plan.mounts.map(\.target)) == ["/data", "/scratch", "/tmp", "/logs"])
        #expect(plan.workPath(of: "/data/a/in") == "tes/data/a/in" && plan.workPath(of: "/other") == nil)
        #expect(plan.outputs == [.file("tes/data/out")])
    }

    @Test(arguments: ["/etc/passwd", "/proc/1", "/work/x", "/usr/bin/x", "/x", "relative/x", "/a/../etc/x", "/a//b/c"])
    func hostilePathsAreRefused(path: String) {
        let json = #"{"outputs":[{"path":"\#(path)","url":"weft:"}],"executors":[{"image":"x","command":["y"]}]}"#
        #expect(problems { _ = try plan(json) }.map(\.field) == ["outputs[0].path"])
    }

    @Test func wildcardsNeedAPrefix() throws {
        let head = #"{"executors":[{"image":"x","command":["y"]}],"outputs":[{"path":"/d/*.txt","url":"weft:""#
        #expect(problems { _ = try plan(head + "}]}") }.map(\.field) == ["outputs[0].path_prefix"])
        #expect(
            try plan(head + #","path_prefix":"/d/"}]}"#).outputs == [.archive(".tes/output-0", prefix: "/d/")])
    }

    @Test func containersOfOneTaskAreOfOneImage() throws {
        let json = #"{"executors":[{"image":"x","command":["y"]},{"image":"z","command":["y"]}]}"#
        #expect(problems { _ = try plan(json, TESSettings()) }.map(\.field) == ["executors[1].image"])
        #expect(try plan(json).isNative)
    }

    @Test func unknownBackendParametersAreRefusedOnlyWhenStrict() throws {
        func json(_ strict: Bool) -> String {
            #"""
            {"executors":[{"image":"x","command":["y"]}],
            "resources":{"backend_parameters":{"VmSize":"big"},"backend_parameters_strict":\#(strict)}}
            """#
        }
        #expect(problems { _ = try plan(json(true)) }.map(\.field) == ["resources.backend_parameters.vmsize"])
        #expect(try plan(json(false)).warnings.count == 1)
    }

    @Test func imagesAreMatchedByPatterns() {
        let settings = TESSettings(nativeImages: ["snakemake/*", "busybox"])
        #expect(settings.isNative("snakemake/snakemake:v9") && settings.isNative("busybox"))
        #expect(!settings.isNative("busybox:1") && !settings.isNative("alpine"))
    }

    private func spec(_ json: String) throws -> JobSpec {
        let task = try task(json)
        let digest = Hashing.sha256([])
        return try TaskTranslation.spec(
            task, plan: TaskPlan(task, settings: native), inputs: [], script: digest, document: digest)
    }

    @Test func aTaskBecomesAJob() throws {
        let spec = try spec(
            #"""
            {"name":"n","tags":{"k":"v"},"outputs":[{"path":"/d/o","url":"weft:"}],
            "executors":[{"image":"x","command":["y"]}],"resources":{"cpu_cores":2,"ram_gb":2,
            "backend_parameters":{"weft.replicas":"3","weft.priority":"-5","weft.cache":"false"}}}
            """#)
        #expect(spec.name == "n" && spec.labels["tag/k"] == "v" && spec.labels["ga4gh/tes"] == "1.1")
        #expect(spec.resources.cpuMillis == 2000 && spec.resources.memoryBytes == 2_000_000_000)
        #expect(spec.verification.replicas == 3 && spec.priority == -5 && !spec.usesCache)
        #expect(spec.mounts == [Mount(path: "tes/d", at: "/d")])
        // The times in it differ from replica to replica.
        #expect(spec.outputs.first == Output(path: ".tes/report", isOptional: true, comparator: .exit))
        #expect(spec.outputs.last == Output(path: "tes/d/o"))
    }

    @Test func wrongPoliciesAreNamedAsTheyWereSent() {
        let found = problems {
            _ = try spec(
                #"""
                {"executors":[{"image":"x","command":["y"]}],
                "resources":{"backend_parameters":{"weft.replicas":"many"}}}
                """#)
        }
        #expect(found.map(\.field) == ["resources.backend_parameters.weft.replicas"])
    }

    @Test func anyTagHasALabel() {
        for key in ["plain", "with space", "ünïcode", String(repeating: "x", count: 500), ""] {
            let name = TaskTranslation.labelName(ofTag: key)
            #expect(name.utf8.count <= JobLimits.labelName.upperBound)
            #expect(name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f })
        }
        #expect(TaskTranslation.labelValue(ofTag: "a\nb").hasPrefix("sha256:"))
    }
}
