import WeftModel

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension JobOrder {
    /// Throws ``LinkError/malformed(_:)``; `field` names the message's field in it. A payload that this build does
    /// not know is malformed, too: nobody should have sent it to a worker without the driver.
    package init(wire: Weft_Wire_V1_JobOrder, field: String = "job_order") throws(LinkError) {
        try checkedCount(wire.environment.count, "\(field).environment", limit: WireBounds.items)
        try checkedCount(wire.inputs.count, "\(field).inputs", limit: WireBounds.items)
        try checkedCount(wire.outputs.count, "\(field).outputs", limit: WireBounds.items)
        for (name, value) in wire.environment {
            let name = try checkedText(name, "\(field).environment", mayBeEmpty: false)
            guard !name.contains("=") else { throw malformed("\(field).environment", "a name contains `=`") }
            _ = try checkedText(value, "\(field).environment.\(name)", limitBytes: LinkBounds.frameBytes)
        }
        try checkedCount(wire.drivers.count, "\(field).drivers", limit: WireBounds.entries)
        for (position, name) in wire.drivers.enumerated() {
            _ = try checkedText(name, "\(field).drivers[\(position)]", mayBeEmpty: false)
        }
        var inputs: [InputFile] = []
        for (position, input) in wire.inputs.enumerated() {
            let name = "\(field).inputs[\(position)]"
            inputs.append(
                InputFile(
                    path: try checkedPath(input.path, "\(name).path"),
                    source: try Source(wire: input.content, field: "\(name).content"),
                    isExecutable: input.executable))
        }
        var outputs: [Output] = []
        for (position, output) in wire.outputs.enumerated() {
            outputs.append(
                Output(
                    path: try checkedPath(output.path, "\(field).outputs[\(position)].path"),
                    isOptional: output.optional))
        }
        try checkedCount(wire.mounts.count, "\(field).mounts", limit: JobLimits.mounts)
        var mounts: [Mount] = []
        for (position, mount) in wire.mounts.enumerated() {
            let name = "\(field).mounts[\(position)]"
            if let problem = Mount.problem(with: mount.target) { throw malformed("\(name).target", problem) }
            mounts.append(Mount(path: try checkedPath(mount.path, "\(name).path"), at: mount.target))
        }
        guard let trace = wire.traceparent.isEmpty ? .some(nil) : TraceContext(wire.traceparent).map(Optional.some)
        else {
            throw malformed("\(field).traceparent", "it is none")
        }
        guard (1...WireBounds.timeoutMilliseconds).contains(wire.timeoutMilliseconds) else {
            throw malformed("\(field).timeout_milliseconds", "\(wire.timeoutMilliseconds) is out of range")
        }
        self.init(
            job: try JobID(wire: wire.job, field: "\(field).job"),
            specDigest: try Digest(wire: wire.specDigest, field: "\(field).spec_digest"),
            jobName: try checkedText(wire.jobName, "\(field).job_name"),
            submitter: try checkedText(wire.submitter, "\(field).submitter"), environment: wire.environment,
            inputs: inputs, outputs: outputs,
            resources: try Resources(wire: wire.resources, field: "\(field).resources"),
            timeout: .milliseconds(Int64(wire.timeoutMilliseconds)),
            isolation: try Isolation(wire: wire.isolation, field: "\(field).isolation"),
            architecture: wire.architecture.isEmpty
                ? nil : try checkedText(wire.architecture, "\(field).architecture"),
            enforced: try Limit.all(wire: wire.enforced, field: "\(field).enforced"), drivers: wire.drivers,
            comparesStandardOutput: wire.comparesStandardOutput,
            payload: try Payload(wire: wire.payload, field: field),
            signatures: try CodeSignature.all(wire: wire.signatures, field: "\(field).signatures"),
            mounts: mounts, trace: trace)
    }

    package var wire: Weft_Wire_V1_JobOrder {
        var order = Weft_Wire_V1_JobOrder()
        order.job = job.number
        order.specDigest = specDigest.wire
        order.jobName = jobName
        order.submitter = submitter
        order.environment = environment
        order.inputs = inputs.map { input in
            var file = Weft_Wire_V1_InputFile()
            file.path = input.path
            file.content = input.source.wire
            file.executable = input.isExecutable
            return file
        }
        order.outputs = outputs.map { output in
            var file = Weft_Wire_V1_OutputFile()
            file.path = output.path
            file.optional = output.isOptional
            return file
        }
        order.resources = resources.wire
        order.timeoutMilliseconds = UInt64(max(0, timeout.milliseconds))
        order.isolation = isolation.rawValue
        if let architecture { order.architecture = architecture }
        order.enforced = enforced.map(\.rawValue)
        order.drivers = drivers
        order.comparesStandardOutput = comparesStandardOutput
        order.payload = payload.wire
        order.signatures = signatures.map { signature in
            var wire = Weft_Wire_V1_CodeSignature()
            wire.signer = signature.signer.text
            wire.signature = Data(signature.signature)
            return wire
        }
        order.traceparent = trace?.description ?? ""
        order.mounts = mounts.map { mount in
            var wire = Weft_Wire_V1_Mount()
            wire.path = mount.path
            wire.target = mount.target
            return wire
        }
        return order
    }
}

extension Limit {
    /// Limits that must hold: one that this build does not know it cannot promise.
    fileprivate static func all(wire: [String], field: String) throws(LinkError) -> [Limit] {
        try checkedCount(wire.count, field, limit: WireBounds.entries)
        var limits: [Limit] = []
        for (position, name) in wire.enumerated() {
            guard let limit = Limit(rawValue: name) else {
                throw malformed("\(field)[\(position)]", "`\(name.prefix(40))` is not a limit that is known here")
            }
            limits.append(limit)
        }
        return limits
    }
}

extension CodeSignature {
    fileprivate static func all(
        wire: [Weft_Wire_V1_CodeSignature], field: String
    ) throws(LinkError) -> [CodeSignature] {
        try checkedCount(wire.count, field, limit: JobLimits.signatures)
        var signatures: [CodeSignature] = []
        for (position, signature) in wire.enumerated() {
            let name = "\(field)[\(position)]"
            guard signature.signature.count == byteCount else {
                throw malformed("\(name).signature", "\(signature.signature.count) bytes; it has \(byteCount)")
            }
            signatures.append(
                CodeSignature(
                    signer: NodeID(try checkedText(signature.signer, "\(name).signer", mayBeEmpty: false)),
                    signature: [UInt8](signature.signature)))
        }
        return signatures
    }
}

extension JobOrder.Source {
    init(wire: Weft_Wire_V1_Content, field: String) throws(LinkError) {
        switch wire.source {
        case .inline(let bytes): self = .inline([UInt8](bytes))
        case .blob(let digest): self = .blob(try Digest(wire: digest, field: "\(field).blob"))
        case .each: self = .each
        case nil: throw malformed("\(field).source", "missing")
        }
    }

    var wire: Weft_Wire_V1_Content {
        var content = Weft_Wire_V1_Content()
        switch self {
        case .inline(let bytes): content.source = .inline(Data(bytes))
        case .blob(let digest): content.source = .blob(digest.wire)
        case .each: content.source = .each(true)
        }
        return content
    }
}
