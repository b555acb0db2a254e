import Testing
import WeftFormats
import WeftKernels
import WeftModel

struct KernelLibraryTests {
    @Test func everyKernelHasBothSourcesAReferenceAndJobsOfAllSizes() throws {
        let library = try Library.load()
        #expect(library.kernels.count == 17)
        for description in library.kernels {
            let sources = try library.sources(of: description)
            #expect(sources.opencl != nil && sources.cuda != nil, "\(description.name)")
            for size in ["default"] + description.sizes.keys.sorted() {
                let kernel = try KernelInstance(description, size: size)
                let entries = Set(kernel.launches.map(\.entry))
                for source in [sources.opencl, sources.cuda].compactMap(\.self) {
                    #expect(entries.allSatisfy { source.contains("\($0)") }, "\(description.name)")
                }
                #expect(kernel.operations > 0)
            }
            #expect(description.sizes.keys.sorted() == ["large", "small"])
            let small = try KernelInstance(description, size: "small")
            let inputs = try small.inputs(seed: 1)
            let outputs = try #require(KernelReference.outputs(of: small, inputs: inputs), "\(description.name)")
            let written = description.buffers.filter(\.role.isWritten)
            #expect(Set(outputs.keys) == Set(written.map(\.name)))
            for buffer in written {
                #expect(outputs[buffer.name]?.shape == small.shape(of: buffer.name))
                #expect(outputs[buffer.name]?.type == buffer.type)
            }
            let job = KernelJob(small, sources, languages: [.opencl, .cuda], allowsEmulation: true)
            let spec = try job.spec(
                inputs: inputs.keys.sorted().map { name in
                    let buffer = description.buffers.first { $0.name == name }!
                    return Input(path: KernelJob.inputPath(of: buffer), source: .inline([]))
                })
            // What the library makes is what anybody may submit.
            let again = try JobSpec(document: spec.document)
            #expect(again.payload == spec.payload)
        }
    }

    @Test func inputsAreTheSameForTheSameSeed() throws {
        let kernel = try Library.instance("saxpy")
        #expect(try kernel.inputs(seed: 3) == kernel.inputs(seed: 3))
        #expect(try kernel.inputs(seed: 3) != kernel.inputs(seed: 4))
        #expect(try kernel.inputs(seed: 3)["x"]?.elements != kernel.inputs(seed: 3)["y"]?.elements)
    }

    @Test func theLastStageOfARepeatedKernelWritesTheOutput() throws {
        for n in ["2", "4", "8", "1024"] {
            let kernel = try Library.instance("fft", ["n": n])
            #expect(kernel.launches.first?.arguments.first == .buffer("x"))
            #expect(kernel.launches.last?.arguments[1] == .buffer("y"))
            for (before, after) in zip(kernel.launches, kernel.launches.dropFirst()) {
                #expect(before.arguments[1] == after.arguments[0])
                #expect(after.arguments[0] != after.arguments[1])
            }
        }
        let sort = try Library.instance("radix_sort")
        #expect(sort.launches.count == 24)
        #expect(sort.launches.last?.arguments[2] == .buffer("sorted_keys"))
    }

    @Test func settingsOutOfRangeAreRefusedWithWhatWouldBeRight() throws {
        let saxpy = try Library.load().kernel(named: "saxpy")
        let refused = [["n": "0"], ["n": "1.5"], ["n": "many"], ["a": "inf"], ["n": "1e12"]]
        for settings in refused {
            #expect(throws: KernelLibraryError.self) { try KernelInstance(saxpy, settings: settings) }
        }
        #expect(throws: KernelLibraryError.unknownParameter("m", known: ["n", "a"])) {
            try KernelInstance(saxpy, settings: ["m": "1"])
        }
        #expect(throws: KernelLibraryError.self) { try KernelInstance(saxpy, size: "huge") }
        #expect(throws: KernelLibraryError.self) { try Library.load().kernel(named: "saxpi") }
        #expect(
            try KernelInstance(saxpy, settings: ["n": "7", "a": "-1"]).launches[0].arguments[0] == .real(.float32, -1))
    }

    @Test(arguments: [
        #""name": "other""#, #""summary": """#, #""surplus": 1"#, #""source": "../../etc/passwd""#,
        #""source": "../.hidden/x""#, #""buffers": []"#, #""tolerance": "some""#,
        #""launches": [{"entry": "k", "grid": ["m"], "block": [1], "arguments": []}]"#,
        #""launches": [{"entry": "k", "grid": ["n"], "block": [0], "arguments": []}]"#,
        #""launches": [{"entry": "k", "grid": ["n"], "block": [1], "arguments": ["z"]}]"#,
        #""launches": [{"for": "n", "from": "0", "to": "1", "launches": []}]"#,
        #""sizes": {"small": {"n": 0}}"#, #""work": {"operations": "n"}"#,
    ])
    func documentsWithMistakesAreRefused(change: String) throws {
        let key = String(change.dropFirst().prefix { $0 != "\"" })
        let good = [
            "name": #""name": "test""#, "summary": #""summary": "a test""#,
            "parameters":
                #""parameters": [{"name": "n", "meaning": "m", "default": 1, "minimum": 1, "maximum": 9}]"#,
            "buffers": #""buffers": [{"name": "x", "dtype": "float32", "shape": ["n"], "role": "in"}]"#,
            "launches": #""launches": [{"entry": "k", "grid": ["n"], "block": [1], "arguments": ["x"]}]"#,
            "tolerance": #""tolerance": "exact""#, "sizes": #""sizes": {"small": {"n": 2}}"#,
            "work": #""work": {"operations": "n", "bytes": "n"}"#,
        ]
        func read(_ members: [String: String]) throws -> KernelDescription {
            let text = "{" + members.values.joined(separator: ",") + "}"
            return try KernelDescription(JSONText.parse(Array(text.utf8)), folder: "test")
        }
        #expect(try read(good).name == "test")
        #expect(throws: KernelLibraryError.self) { try read(good.merging([key: change]) { $1 }) }
    }

    @Test func oneSourceIsEachLanguagesOwn() throws {
        let sources = KernelSources(opencl: "A\n", cuda: "B\n")
        #expect(try sources.text(for: [.cuda], kernel: "k") == "B\n")
        #expect(try sources.text(for: [.cuda, .hip], kernel: "k") == "B\n")
        #expect(try sources.text(for: [.opencl], kernel: "k") == "A\n")
        #expect(
            try sources.text(for: [.opencl, .cuda], kernel: "k") == "#if defined(WEFT_OPENCL)\nA\n#else\nB\n#endif\n")
        #expect(throws: KernelLibraryError.noSource(kernel: "k", language: "cuda")) {
            try KernelSources(opencl: "A", cuda: nil).text(for: [.opencl, .cuda], kernel: "k")
        }
        #expect(throws: KernelLibraryError.noSource(kernel: "k", language: "spirv")) {
            try sources.text(for: .spirv, kernel: "k")
        }
        #expect(!KernelSources.languages.contains(.spirv))
    }
}
