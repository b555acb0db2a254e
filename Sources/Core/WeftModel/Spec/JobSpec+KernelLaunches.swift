/// The launches of a kernel's payload in the job file.
extension SpecReader {
    /// Those of `launches`, or the one that the payload itself describes.
    mutating func kernelLaunches(
        _ fields: [String: Document], at path: String, _ buffers: inout [KernelBuffer]
    ) -> [KernelLaunch] {
        let own = JobFields.kernelLaunch.map(\.key).filter { fields[$0] != nil }
        guard fields["launches"] != nil else {
            var names = buffers.map(\.name)
            return kernelLaunch(fields, at: path, &buffers, &names, isAlone: true).map { [$0] } ?? []
        }
        for key in own { report("\(path).\(key)", "belongs into one of launches") }
        var names = buffers.map(\.name)
        var result: [KernelLaunch] = []
        let list =
            list(fields["launches"], at: "\(path).launches", count: JobLimits.kernelLaunches, of: "launches") ?? []
        for (element, field) in list {
            if element == .null { report(field, "expected a mapping with entry and grid, not null") }
            guard let members = members(element, at: field, fields: JobFields.kernelLaunch) else { continue }
            if let launch = kernelLaunch(members, at: field, &buffers, &names, isAlone: false) { result.append(launch) }
        }
        return result
    }

    private mutating func kernelLaunch(
        _ fields: [String: Document], at path: String, _ buffers: inout [KernelBuffer], _ names: inout [String],
        isAlone: Bool
    ) -> KernelLaunch? {
        let entry = kernelEntry(fields["entry"], at: "\(path).entry")
        if fields["grid"] == nil {
            report("\(path).grid", "expected how many blocks there are, for example 16 or [8, 8]")
        }
        let grid = kernelSize(fields["grid"], at: "\(path).grid", in: JobLimits.kernelGrid)
        let block = kernelSize(fields["block"] ?? 1, at: "\(path).block", in: JobLimits.kernelBlock)
        if let block, block.x * block.y * block.z > JobLimits.kernelBlock.upperBound {
            report("\(path).block", "expected at most \(JobLimits.kernelBlock.upperBound) threads in all")
        }
        let shared = integer(fields["shared_bytes"], at: "\(path).shared_bytes", in: JobLimits.kernelSharedBytes) ?? 0
        var arguments: [KernelArgument] = []
        let list = list(
            fields["arguments"], at: "\(path).arguments", count: 0...JobLimits.kernelArguments, of: "arguments")
        for (element, field) in list ?? [] {
            if let argument = kernelArgument(element, at: field, &buffers, &names, isAlone: isAlone) {
                arguments.append(argument)
            }
        }
        guard let entry, let grid, let block else { return nil }
        return KernelLaunch(entry: entry, grid: grid, block: block, sharedBytes: shared, arguments: arguments)
    }

    private mutating func kernelEntry(_ document: Document?, at path: String) -> String? {
        guard document != nil else {
            report(path, "expected the name of a kernel in the source")
            return nil
        }
        guard let name = line(document, at: path, count: JobLimits.kernelEntry) else { return nil }
        guard KernelLaunch.isEntry(name) else {
            report(path, "expected a kernel's name, for example saxpy")
            return nil
        }
        return name
    }

    private mutating func kernelSize(
        _ document: Document?, at path: String, in range: ClosedRange<Int64>
    ) -> KernelSize? {
        guard case .array? = document else { return integer(document, at: path, in: range).map { KernelSize($0) } }
        guard let list = list(document, at: path, count: 1...3, of: "dimensions") else { return nil }
        if list.contains(where: { $0.value == .null }) { report(path, "expected numbers, not null") }
        let sizes = list.compactMap { integer($0.value, at: $0.path, in: range) }
        guard sizes.count == list.count else { return nil }
        return KernelSize(sizes[0], sizes.count > 1 ? sizes[1] : 1, sizes.count > 2 ? sizes[2] : 1)
    }

    // MARK: Arguments

    private mutating func kernelArgument(
        _ element: Document, at field: String, _ buffers: inout [KernelBuffer], _ names: inout [String], isAlone: Bool
    ) -> KernelArgument? {
        switch element {
        case .string(let name):
            guard names.contains(name) else {
                report(field, "there is no buffer \"\(name.prefix(40))\"")
                return nil
            }
            return .buffer(name)
        case .object(let members) where members.contains { $0.key == "local_bytes" }:
            guard let fields = self.members(element, at: field, fields: JobFields.kernelLocal) else { return nil }
            return integer(
                fields["local_bytes"], at: "\(field).local_bytes", in: 1...JobLimits.kernelSharedBytes.upperBound
            )
            .map { .local(bytes: $0) }
        case .object(let members) where members.contains { $0.key == "value" }:
            guard let fields = self.members(element, at: field, fields: JobFields.kernelScalar) else { return nil }
            return kernelScalar(fields, at: field)
        case .object where isAlone:
            guard let fields = self.members(element, at: field, fields: JobFields.kernelBuffer) else { return nil }
            var number = names.count
            while names.contains("buffer\(number)") { number += 1 }
            guard let buffer = kernelBuffer(fields, named: "buffer\(number)", at: field) else { return nil }
            names.append(buffer.name)
            buffers.append(buffer)
            return .buffer(buffer.name)
        default:
            report(field, "expected the name of a buffer, or {dtype: …, value: …}, not \(element.kind)")
            return nil
        }
    }

    private mutating func kernelScalar(_ fields: [String: Document], at field: String) -> KernelArgument? {
        guard let type = kernelType(fields["dtype"], at: "\(field).dtype") else { return nil }
        if let range = type.integers {
            return integer(fields["value"] ?? .null, at: "\(field).value", in: range).map { .integer(type, $0) }
        }
        guard type.sizeBytes >= 4 else {
            report("\(field).dtype", "expected float32 or float64 for a scalar; a kernel can convert it")
            return nil
        }
        guard case .string(let text)? = fields["value"] else {
            return number(fields["value"], at: "\(field).value").map { .real(type, $0) }
        }
        let sign = text.hasPrefix("-") ? -1.0 : 1.0
        guard let size = Quantities.number(sign < 0 ? String(text.dropFirst()) : text) else {
            report("\(field).value", "expected a number, for example -0.5")
            return nil
        }
        return .real(type, sign * size)
    }
}
