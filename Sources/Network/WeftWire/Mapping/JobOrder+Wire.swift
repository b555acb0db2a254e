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
        guard (1...WireBounds.timeoutMilliseconds).contains(wire.timeoutMilliseconds) else {
            throw malformed("\(field).timeout_milliseconds", "\(wire.timeoutMilliseconds) is out of range")
        }
        self.init(
            job: try JobID(wire: wire.job, field: "\(field).job"),
            specDigest: try Digest(wire: wire.specDigest, field: "\(field).spec_digest"),
            jobName: try checkedText(wire.jobName, "\(field).job_name"), environment: wire.environment,
            inputs: inputs, outputs: outputs,
            resources: try Resources(wire: wire.resources, field: "\(field).resources"),
            timeout: .milliseconds(Int64(wire.timeoutMilliseconds)),
            isolation: try Isolation(wire: wire.isolation, field: "\(field).isolation"),
            comparesStandardOutput: wire.comparesStandardOutput,
            payload: try Payload(wire: wire.payload, field: field))
    }

    package var wire: Weft_Wire_V1_JobOrder {
        var order = Weft_Wire_V1_JobOrder()
        order.job = job.number
        order.specDigest = specDigest.wire
        order.jobName = jobName
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
        order.comparesStandardOutput = comparesStandardOutput
        order.payload = payload.wire
        return order
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

extension JobOrder.Payload {
    init(wire: Weft_Wire_V1_JobOrder.OneOf_Payload?, field: String) throws(LinkError) {
        switch wire {
        case .process(let process):
            try checkedCount(process.command.count, "\(field).process.command", limit: WireBounds.items)
            guard process.command.first?.isEmpty == false else {
                throw malformed("\(field).process.command", "must name a program")
            }
            for (position, argument) in process.command.enumerated() {
                _ = try checkedText(
                    argument, "\(field).process.command[\(position)]", limitBytes: LinkBounds.frameBytes)
            }
            self = .process(
                command: process.command,
                standardInput: process.hasStandardInput
                    ? try JobOrder.Source(
                        wire: process.standardInput, field: "\(field).process.standard_input") : nil)
        case nil: throw malformed("\(field).payload", "missing, or of a kind that this build does not know")
        }
    }

    var wire: Weft_Wire_V1_JobOrder.OneOf_Payload {
        switch self {
        case .process(let command, let standardInput):
            var process = Weft_Wire_V1_ProcessPayload()
            process.command = command
            if let standardInput { process.standardInput = standardInput.wire }
            return .process(process)
        }
    }
}
