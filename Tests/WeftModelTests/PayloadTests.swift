import Testing
import WeftModel

@Suite struct PayloadTests {
    @Test(arguments: [
        "alpine", "alpine:3.20", "library/alpine", "localhost/x", "localhost:5000/x:y", "a.b/c__d/e---f:G_h.1-2",
        "host:1/a@sha256:" + String(repeating: "a", count: 64),
    ])
    func anImageIsSpeltAsRegistriesDo(text: String) { #expect(ImageReference.problem(with: text) == nil) }

    @Test(arguments: [
        "", "-v", "a b", "a:", "a:-x", "Alpine", "a//b", "/a", "a/", "a@md5:x", "a@sha256:0", "a:b:c", "../a", "a\nb",
        "a/b:80/c", "a..b/c", "-a.b/c", "\u{11}.b/c", "localhost:/x", "a.b:0/c", "a.b:+80/c", "a___b", "a.-b", "ä",
        String(repeating: "a", count: 513), "a@", ":x", "@", "a:b@c",
    ])
    func whatIsNoImageIsRefused(text: String) { #expect(ImageReference.problem(with: text) != nil) }

    private static let samples: [Payload] = [
        .process(ProcessPayload(command: ["a"], standardInput: .inline([1]))),
        .assembly(AssemblyPayload(source: .inline([2]), architecture: .x86, standardInput: .inline([1]))),
        .wasm(WasmPayload(module: .inline([2]), standardInput: .inline([1]))),
        .container(ContainerPayload(image: .archive(.inline([2])), standardInput: .inline([1]))),
        .container(ContainerPayload(image: .reference("a"), standardInput: .inline([1]))),
    ]

    @Test(arguments: samples) func codeAndStandardInputAreSetWhereTheyAre(payload: Payload) {
        var changed = payload
        changed.standardInput = .inline([7])
        #expect(changed.standardInput == .inline([7]))
        #expect(changed.code == payload.code)
        changed.code = .inline([8])
        #expect(changed.code == (payload.code == nil ? nil : .inline([8])))
        #expect(changed.standardInput == .inline([7]))
        #expect(changed.driver == payload.driver)
    }

    @Test func whatRunsCountsForTheSizeOfAJob() {
        let small = JobSpec(name: "a", payload: .wasm(WasmPayload(module: .inline([]))))
        let large = JobSpec(
            name: "a",
            payload: .wasm(
                WasmPayload(
                    module: .inline(Array(repeating: 0, count: 5000)), arguments: [String(repeating: "x", count: 700)],
                    standardInput: .inline(Array(repeating: 0, count: 300)))))
        #expect(large.approximateBytes() - small.approximateBytes() == 6000)
        let each = JobSpec(
            name: "a",
            payload: .container(
                ContainerPayload(
                    image: .archive(.each(Array(repeating: Digest(bytes: Array(repeating: 1, count: 32))!, count: 9)))))
        )
        #expect(each.approximateBytes() - each.approximateBytes(withEach: false) == 9 * 32)
    }

    @Test func wallsAreOrderedWeakestFirst() {
        #expect(Isolation.allCases == [.none, .process, .gvisor, .vm])
        #expect(Isolation.allCases.sorted() == Isolation.allCases)
        #expect(Isolation(offered: "gvisor") == .gvisor)
        #expect(Isolation(offered: "moat") == .none)
    }
}
