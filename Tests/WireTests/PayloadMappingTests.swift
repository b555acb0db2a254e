import Testing
import WeftFormats
import WeftModel
import WeftWire

extension Samples {
    static func order(_ payload: JobOrder.Payload) -> JobOrder {
        var order = order
        order.payload = payload
        order.architecture = "riscv64"
        order.isolation = .vm
        order.enforced = [.memory, .network]
        order.drivers = ["vm", "podman"]
        return order
    }

    static let wasm = order(
        .wasm(
            module: .each, arguments: ["", "x"], standardInput: .inline([1]), isDeterministic: true, seed: .max,
            fuel: .max))
    static let assembly = order(
        .assembly(source: .inline([1, 2]), architecture: .riscv64, arguments: ["a"], standardInput: nil))
    static let container = order(
        .container(image: .reference("host:5000/team/tool:1", pull: .always), command: ["sh"], standardInput: .each))
    static let archive = order(.container(image: .archive(.blob(digest)), command: [], standardInput: nil))
    static let spirv = order(
        .kernel(
            source: .blob(digest),
            program: KernelProgram(
                languages: [.spirv], buffers: [KernelBuffer(name: "x", type: .int8, shape: [4], outputPath: "x")],
                launches: [
                    KernelLaunch(
                        entry: "f", grid: KernelSize(2), block: KernelSize(2),
                        arguments: [.buffer("x"), .local(bytes: 8)])
                ])))

    static var manyDrivers: NodeProfile {
        var profile = profile
        profile.drivers = [
            DriverProfile(
                name: "process", version: "", isolation: .process, architectures: ["x86_64", "arm64"],
                enforced: [.memory, .time]),
            DriverProfile(name: "vm", version: "7.2", payloads: ["process", "assembly"], isolation: .vm, mounts: true),
            DriverProfile(name: "old"),
        ]
        return profile
    }
}

@Suite struct PayloadMappingTests {
    @Test(arguments: [Samples.wasm, Samples.assembly, Samples.container, Samples.archive, Samples.spirv])
    func everyKindOfPayloadComesBackAsItWas(order: JobOrder) throws {
        #expect(try JobOrder(wire: order.wire) == order)
    }

    @Test(arguments: [Samples.wasm, Samples.assembly, Samples.container, Samples.archive])
    func signaturesComeBackAsTheyWere(order: JobOrder) throws {
        var order = order
        order.signatures = [CodeSignature(signer: NodeID("a"), signature: [UInt8](repeating: 7, count: 64))]
        #expect(try JobOrder(wire: order.wire) == order)
        var wire = order.wire
        wire.signatures[0].signature.removeLast()
        #expect(throws: LinkError.self) { try JobOrder(wire: wire) }
    }

    @Test func whatTheSubmitterSignedHoldsForTheOrder() throws {
        let identity = SigningIdentity()
        let blob = Hashing.sha256([1])
        let array = ArrayRange(first: 0, count: 1)
        var specs = [
            JobSpec(
                name: "p", payload: .process(ProcessPayload(command: ["./a"], standardInput: .each([blob]))),
                array: array, environment: ["A": "1"],
                inputs: [
                    Input(path: "a", source: .inline([1]), isExecutable: true),
                    Input(path: "b", source: .each([blob])),
                ]),
            JobSpec(name: "w", payload: .wasm(WasmPayload(module: .blob(blob), arguments: ["x"]))),
            JobSpec(name: "s", payload: .assembly(AssemblyPayload(source: .inline([2]), architecture: .riscv64))),
            JobSpec(
                name: "c", payload: .container(ContainerPayload(image: .reference("a@\(blob)"), command: ["sh"]))),
            JobSpec(name: "c", payload: .container(ContainerPayload(image: .archive(.blob(blob))))),
        ]
        for index in specs.indices {
            let good = CodeSignature(try specs[index].codeStatement(), by: identity)
            let bad = CodeSignature(signer: SigningIdentity().nodeID, signature: good.signature)
            specs[index].signatures = [bad, good]
            var order = JobOrder(spec: specs[index], specDigest: specs[index].digest, job: JobID(1))
            order.keepVerifiedSignatures()
            #expect(order.signatures == [good], "\(specs[index].name)")
        }
        // A coordinator that slips in a library of its own is found out.
        var order = JobOrder(spec: specs[0], specDigest: specs[0].digest, job: JobID(1))
        order.environment["LD_PRELOAD"] = "./b"
        order.keepVerifiedSignatures()
        #expect(order.signatures.isEmpty)
    }

    @Test func everyDriverComesBackAsItWas() throws {
        #expect(try NodeProfile(wire: Samples.manyDrivers.wire) == Samples.manyDrivers)
    }

    @Test func aWallOfALaterVersionCountsAsNone() throws {
        var wire = Samples.manyDrivers.wire
        wire.isolation = "enclave"
        wire.drivers[1].isolation = "enclave"
        wire.drivers[0].enforced.append("teleportation")
        let profile = try NodeProfile(wire: wire)
        #expect(profile.isolation == .none)
        #expect(profile.drivers[1].isolation == Isolation.none)
        #expect(profile.drivers[0].enforced == [.memory, .time])
        // What nobody can vouch for is given only what asks for nothing.
        #expect(profile.driver(for: DriverWish(payload: "assembly")) == nil)
        #expect(profile.driver(for: DriverWish(payload: "assembly", isolation: .none))?.index == 1)
    }

    @Test func aDriverOfAnOlderPeerHasTheNodesWallAndLimits() throws {
        var wire = Weft_Wire_V1_Driver()
        wire.name = "process"
        var profile = Samples.profile.wire
        profile.drivers = [wire]
        let read = try NodeProfile(wire: profile)
        #expect(read.drivers == [DriverProfile(name: "process")])
        #expect(read.driver(for: DriverWish(payload: "process", enforced: [.memory])) != nil)
        #expect(read.driver(for: DriverWish(payload: "process", enforced: [.disk])) == nil)
        #expect(read.driver(for: DriverWish(payload: "process", isolation: .gvisor)) == nil)
    }

    private func expectMalformed(
        _ order: JobOrder, _ field: String, _ location: SourceLocation = #_sourceLocation,
        _ change: (inout Weft_Wire_V1_JobOrder) -> Void
    ) {
        var wire = order.wire
        change(&wire)
        let error = #expect(throws: LinkError.self, sourceLocation: location) { try JobOrder(wire: wire) }
        guard case .malformed(let why)? = error else { return }
        #expect(why.hasPrefix("job_order.\(field):"), "\(why)", sourceLocation: location)
    }

    @Test func aMalformedPayloadNamesItsField() {
        expectMalformed(Samples.wasm, "wasm.module.source") { $0.wasm.module.source = nil }
        expectMalformed(Samples.wasm, "wasm.arguments[1]") { $0.wasm.arguments[1] = "\0" }
        expectMalformed(Samples.wasm, "wasm.fuel") { $0.wasm.fuel = 0 }
        expectMalformed(Samples.assembly, "assembly.architecture") { $0.assembly.architecture = "z80" }
        expectMalformed(Samples.assembly, "assembly.source.source") { $0.assembly.source.source = nil }
        expectMalformed(Samples.container, "container.reference") { $0.container.reference = "-v /:/host" }
        expectMalformed(Samples.container, "container.pull") { $0.container.pull = "perhaps" }
        expectMalformed(Samples.container, "container.command") { $0.container.command = [""] }
        expectMalformed(Samples.container, "container.image") { $0.container.image = nil }
        expectMalformed(Samples.archive, "container.archive.source") { $0.container.archive.source = nil }
        // A worker promises no limit and no wall that it has no word for.
        expectMalformed(Samples.wasm, "enforced[0]") { $0.enforced = ["teleportation"] }
        expectMalformed(Samples.wasm, "drivers[1]") { $0.drivers[1] = "\0" }
        expectMalformed(Samples.wasm, "isolation") { $0.isolation = "enclave" }
    }

    @Test func aMalformedKernelNamesItsField() {
        expectMalformed(Samples.spirv, "kernel.languages") { $0.kernel.languages = ["spir-v"] }
        expectMalformed(Samples.spirv, "kernel") { $0.kernel.languages.append("opencl") }
        expectMalformed(Samples.spirv, "kernel") { $0.kernel.fastMath = true }
        expectMalformed(Samples.spirv, "kernel") { $0.kernel.launches[0].sharedBytes = 1 }
    }

    @Test func anOrderResolvesItsCodeBetweenInputsAndStandardInput() {
        let spec = JobSpec(
            name: "each",
            payload: .wasm(
                WasmPayload(
                    module: .each([Samples.digest, Samples.other]),
                    standardInput: .each([Samples.other, Samples.digest]))),
            array: ArrayRange(first: 0, count: 2),
            inputs: [Input(path: "in", source: .each([Samples.other, Samples.other]))],
            requirements: Requirements(
                architecture: "arm64", drivers: ["wasm"], isolation: .gvisor, enforced: [.time]))
        #expect(spec.each(forTask: 0) == [Samples.other, Samples.digest, Samples.other])
        let attempt = AttemptID(task: TaskID(job: JobID(4), index: 0), replica: 0, lease: LeaseID(1))
        let order = AssignmentOrder(spec: spec, specDigest: Samples.digest, attempt: attempt)
        #expect(JobOrder(spec: spec, specDigest: Samples.digest, job: JobID(4)).eachCount == 3)
        #expect(order.inputs[0].source == .blob(Samples.other))
        #expect(order.payload.code == .blob(Samples.digest))
        #expect(order.payload.standardInput == .blob(Samples.other))
        #expect(order.blobs == [Samples.digest, Samples.other])
        #expect(order.driverWish == spec.driverWish)
    }

    @Test func whatAnAssemblyIsWrittenForIsWhatItWants() {
        let spec = JobSpec(
            name: "a", payload: .assembly(AssemblyPayload(source: .inline([1]), architecture: .arm64)))
        let order = JobOrder(spec: spec, specDigest: Samples.digest, job: JobID(1))
        #expect(order.architecture == "arm64")
        #expect(order.driverWish == DriverWish(payload: "assembly", architecture: "arm64"))
    }
}
