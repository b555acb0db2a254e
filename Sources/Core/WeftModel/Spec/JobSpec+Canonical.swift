extension JobSpec {
    /// The job in its canonical form: everything spelt one way, what equals its default left out.
    /// `JobSpec(document: spec.document) == spec`.
    package var document: Document {
        let plain = JobSpec(name: name, payload: payload)
        var fields = Fields()
        fields["name"] = .string(name)
        fields["payload"] = payload.document
        fields["array"] = array.map { ["first": .integer(Int64($0.first)), "count": .integer(Int64($0.count))] }
        fields["environment"] = Self.texts(environment)
        fields["inputs"] = inputs.isEmpty ? .none : .array(inputs.map(\.document))
        fields["outputs"] = outputs.isEmpty ? .none : .array(outputs.map(\.document))
        fields["mounts"] = mounts.isEmpty ? .none : .array(mounts.map(\.document))
        fields["resources"] = resources.document
        fields["requirements"] = requirements.document
        fields["verification"] = verification.document
        fields["retries"] = retries == plain.retries ? .none : .integer(Int64(retries))
        fields["timeout"] = timeoutSeconds == plain.timeoutSeconds ? .none : .integer(Int64(timeoutSeconds))
        fields["priority"] = priority == plain.priority ? .none : .integer(Int64(priority))
        fields["labels"] = Self.texts(labels)
        fields["idempotency_key"] = idempotencyKey.map(Document.string)
        fields["signatures"] = signatures.isEmpty ? .none : .array(signatures.map(\.document))
        fields["cache"] = usesCache ? .none : false
        return fields.document
    }

    /// nil when empty; sorted by key, because a dictionary has no order of its own.
    fileprivate static func texts(_ values: [String: String]) -> Document? {
        guard !values.isEmpty else { return .none }
        return .object(values.sorted { $0.key < $1.key }.map { Document.Member($0.key, .string($0.value)) })
    }
}

extension InputSource {
    var members: [Document.Member] {
        switch self {
        case .blob(let digest): [Document.Member("blob", .string(digest.description))]
        case .inline(let bytes):
            if let text = String(validating: bytes, as: UTF8.self) {
                [Document.Member("text", .string(text))]
            } else {
                [Document.Member("base64", .string(Base64.encode(bytes)))]
            }
        case .url(let url, let digest):
            [Document.Member("url", .string(url))]
                + (digest.map { [Document.Member("sha256", .string($0.description))] } ?? [])
        case .each(let digests):
            [Document.Member("each", .array(digests.map { .string($0.description) }))]
        }
    }
}

extension Input {
    fileprivate var document: Document {
        .object(
            [Document.Member("path", .string(path))] + source.members
                + (isExecutable ? [Document.Member("executable", true)] : []))
    }
}

extension Output {
    fileprivate var document: Document {
        guard isOptional || comparator != nil else { return .string(path) }
        return .object(
            [Document.Member("path", .string(path))]
                + (isOptional ? [Document.Member("optional", true)] : [])
                + (comparator.map { [Document.Member("comparator", $0.document)] } ?? []))
    }
}

extension Resources {
    fileprivate var document: Document? {
        let plain = Resources()
        var fields = Fields()
        if cpuMillis != plain.cpuMillis {
            fields["cpus"] = cpuMillis % 1000 == 0 ? .integer(cpuMillis / 1000) : .string("\(cpuMillis)m")
        }
        if memoryBytes != plain.memoryBytes { fields["memory"] = .integer(memoryBytes) }
        if diskBytes != plain.diskBytes { fields["disk"] = .integer(diskBytes) }
        if !devices.isEmpty {
            fields["devices"] = .array(devices.map(\.document))
        }
        return fields.optional
    }
}

extension DeviceRequest {
    /// Of a request for nothing but kind and count, what it was before there was anything else to ask for.
    fileprivate var document: Document {
        .object(
            [Document.Member("kind", .string(kind)), Document.Member("count", .integer(Int64(count)))]
                + (vendor.map { [Document.Member("vendor", .string($0))] } ?? [])
                + (memoryBytes.map { [Document.Member("memory", .integer($0))] } ?? [])
                + (capability.map { [Document.Member("capability", .string($0.text))] } ?? [])
                + (shareBytes.map { [Document.Member("share", .integer($0))] } ?? []))
    }
}

extension Requirements {
    fileprivate var document: Document? {
        let plain = Requirements()
        var fields = Fields()
        fields["os"] = operatingSystem.map(Document.string)
        fields["arch"] = architecture.map(Document.string)
        fields["labels"] = JobSpec.texts(labels)
        fields["drivers"] = drivers.isEmpty ? .none : .array(drivers.map(Document.string))
        fields["isolation"] = isolation == plain.isolation ? .none : .string(isolation.rawValue)
        fields["enforced"] = enforced.isEmpty ? .none : .array(enforced.map { .string($0.rawValue) })
        return fields.optional
    }
}

extension Verification {
    fileprivate var document: Document? {
        let plain = Verification(replicas: replicas)
        var fields = Fields()
        fields["max_error"] = maxError.map { .string($0.text) }
        fields["spot_check"] = spotCheck.map { .string($0.text) }
        fields["replicas"] = replicas == Verification().replicas ? .none : .integer(Int64(replicas))
        fields["quorum"] = quorum == plain.quorum ? .none : .integer(Int64(quorum))
        fields["max_replicas"] = maxReplicas == plain.maxReplicas ? .none : .integer(Int64(maxReplicas))
        fields["comparator"] = comparator == plain.comparator ? .none : comparator.document
        fields["stdout"] = comparesStandardOutput ? .none : false
        fields["same_hardware"] = needsSameHardware ? true : .none
        fields["canaries"] =
            canaries.isEmpty
            ? .none
            : .array(
                canaries.map { ["task": .integer(Int64($0.index)), "answer": .string($0.answer.description)] })
        return fields.optional
    }
}
