/// Resources, requirements, verification and labels of the job file.
extension SpecReader {
    mutating func duration(
        _ document: Document?, at path: String, in range: ClosedRange<Int64> = JobLimits.timeoutSeconds
    ) -> Int64? {
        guard case .string(let text)? = document else { return integer(document, at: path, in: range) }
        guard let seconds = Quantities.seconds(text) else {
            report(path, "expected seconds or a duration like 90s, 10m, 1h30m or 2d")
            return nil
        }
        return check(seconds, at: path, in: range)
    }

    mutating func size(_ document: Document?, at path: String, in range: ClosedRange<Int64>) -> Int64? {
        guard case .string(let text)? = document else { return integer(document, at: path, in: range) }
        guard let bytes = Quantities.bytes(text) else {
            report(path, "expected bytes or a size like 256MiB or 1.5GB")
            return nil
        }
        return check(bytes, at: path, in: range)
    }

    mutating func cpus(_ document: Document?, at path: String) -> Int64? {
        let millis: Int64?
        switch document {
        case .none, .null: return nil
        case .integer(let whole): millis = whole.multipliedReportingOverflow(by: 1000).overflow ? .max : whole * 1000
        case .number(let number):
            let scaled = (number * 1000).rounded()
            millis = abs(number * 1000 - scaled) < 1e-6 ? Int64(exactly: scaled) : nil
        case .string(let text): millis = Quantities.cpuMillis(text)
        case .some: millis = nil
        }
        guard let millis else {
            report(path, "expected processors like 2, 0.5 or 1500m, with at most three decimals")
            return nil
        }
        guard JobLimits.cpuMillis.contains(millis) else {
            report(path, "expected 0.01 to \(JobLimits.cpuMillis.upperBound / 1000) processors")
            return nil
        }
        return millis
    }

    mutating func resources(_ document: Document?, at path: String) -> Resources {
        var result = Resources()
        guard let fields = members(document, at: path, fields: JobFields.resources) else { return result }
        if let cpus = cpus(fields["cpus"], at: "\(path).cpus") { result.cpuMillis = cpus }
        if let memory = size(fields["memory"], at: "\(path).memory", in: JobLimits.memoryBytes) {
            result.memoryBytes = memory
        }
        if let disk = size(fields["disk"], at: "\(path).disk", in: JobLimits.diskBytes) { result.diskBytes = disk }
        let count = 0...JobLimits.deviceKinds
        for (element, field) in list(fields["devices"], at: "\(path).devices", count: count, of: "devices") ?? [] {
            guard let device = device(element, at: field) else { continue }
            if result.devices.contains(where: { $0.kind == device.kind && $0.vendor == device.vendor }) {
                report("\(field).kind", "\"\(device.kind)\" comes twice")
            }
            result.devices.append(device)
        }
        return result
    }

    private mutating func device(_ element: Document, at field: String) -> DeviceRequest? {
        if element == .null { report(field, "expected a mapping like {kind: gpu, count: 1}, not null") }
        guard let device = members(element, at: field, fields: JobFields.device) else { return nil }
        if device["kind"] == nil { report("\(field).kind", "expected a kind of device, for example gpu") }
        let kind = word(device["kind"], at: "\(field).kind")
        let count = integer(device["count"] ?? 1, at: "\(field).count", in: JobLimits.devices)
        let memory = size(device["memory"], at: "\(field).memory", in: JobLimits.deviceMemoryBytes)
        let share = size(device["share"], at: "\(field).share", in: JobLimits.deviceMemoryBytes)
        let vendor = word(device["vendor"], at: "\(field).vendor")
        let capability = capability(device["capability"], at: "\(field).capability")
        if capability != nil, device["vendor"] == nil {
            report("\(field).capability", "expected vendor beside it: each vendor counts differently")
        }
        guard let kind, let count else { return nil }
        return DeviceRequest(
            kind: kind, count: Int(count), vendor: vendor, memoryBytes: memory, capability: capability,
            shareBytes: share)
    }

    private mutating func capability(_ document: Document?, at path: String) -> DeviceCapability? {
        let text: String
        switch document {
        case .none, .null: return nil
        case .integer(let whole): text = "\(whole)"
        case .number(let number): text = "\(number)"
        case .string(let written): text = written
        case .some: text = ""
        }
        guard let capability = DeviceCapability(text) else {
            report(path, "expected a capability like 8.0 or \"9.0\"")
            return nil
        }
        return capability
    }

    mutating func requirements(_ document: Document?, at path: String) -> Requirements {
        var result = Requirements()
        guard let fields = members(document, at: path, fields: JobFields.requirements) else { return result }
        result.operatingSystem = word(fields["os"], at: "\(path).os")
        result.architecture = word(fields["arch"], at: "\(path).arch").map { Requirements.architecture(named: $0) }
        result.labels = labels(fields["labels"], at: "\(path).labels")
        let count = 0...JobLimits.drivers
        for (element, field) in list(fields["drivers"], at: "\(path).drivers", count: count, of: "drivers") ?? [] {
            if element == .null { report(field, "expected the name of a driver, not null") }
            guard let driver = word(element, at: field) else { continue }
            if result.drivers.contains(driver) { report(field, "\"\(driver)\" comes twice") }
            result.drivers.append(driver)
        }
        if let isolation = choice(fields["isolation"], at: "\(path).isolation", Isolation.self) {
            result.isolation = isolation
        }
        let limits = 0...Limit.allCases.count
        for (element, field) in list(fields["enforced"], at: "\(path).enforced", count: limits, of: "limits") ?? [] {
            if element == .null { report(field, "expected the name of a limit, not null") }
            guard let limit = choice(element, at: field, Limit.self) else { continue }
            if result.enforced.contains(limit) { report(field, "\"\(limit.rawValue)\" comes twice") }
            result.enforced.append(limit)
        }
        return result
    }

    mutating func labels(_ document: Document?, at path: String) -> [String: String] {
        guard let members = mapping(document, at: path) else { return [:] }
        if members.count > JobLimits.labels {
            report(path, "expected at most \(JobLimits.labels) labels, not \(members.count)")
            return [:]
        }
        var result: [String: String] = [:]
        for member in members {
            let field = Self.join(path, member.key)
            if !Words.isLabel(member.key) || !JobLimits.labelName.contains(member.key.utf8.count) {
                report(
                    field,
                    "expected a name of 1 to \(JobLimits.labelName.upperBound) letters, digits, _, -, . and /, "
                        + "starting with a letter or digit")
            } else if member.value == .null {
                report(field, "expected a text, not null")
            } else if let value = line(member.value, at: field, count: JobLimits.labelValue) {
                if result.updateValue(value, forKey: member.key) != nil { report(field, "comes twice") }
            }
        }
        return result
    }
}
