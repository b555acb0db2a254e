/// A task whose answer the submitter knows: it shows who is right, and no vote has to say so (docs/trust.md).
package struct Canary: Hashable, Sendable {
    /// Of the task, as the job's array counts.
    package var index: UInt32
    /// The digest of the right answer, as receipts name it.
    package var answer: Digest

    package init(index: UInt32, answer: Digest) {
        self.index = index
        self.answer = answer
    }
}

extension Verification {
    /// The right answer of a task; nil where the submitter does not know it.
    package func knownAnswer(of index: UInt32) -> Digest? {
        // In order, see ``canaries``.
        var (low, high) = (0, canaries.count)
        while low < high {
            let middle = (low + high) / 2
            if canaries[middle].index < index { low = middle + 1 } else { high = middle }
        }
        return low < canaries.count && canaries[low].index == index ? canaries[low].answer : nil
    }
}

extension JobLimits {
    package static let canaries = 1...1000
}

extension JobFields {
    static let canary: [FieldRule] = [
        FieldRule(
            "task", "The index of the task.", ["type": "integer", "minimum": 0, "maximum": .integer(Int64(UInt32.max))]),
        FieldRule("answer", "The digest of its right answer, as receipts name it.", ["$ref": "#/$defs/digest"]),
    ]
}

extension SpecReader {
    mutating func canaries(_ document: Document?, at path: String) -> [Canary] {
        var result: [UInt32: Canary] = [:]
        for (element, field) in list(document, at: path, count: JobLimits.canaries, of: "canaries") ?? [] {
            if element == .null { report(field, "expected a mapping like {task: 7, answer: sha256:…}, not null") }
            guard let fields = members(element, at: field, fields: JobFields.canary) else { continue }
            for key in ["task", "answer"] where fields[key] == nil {
                report("\(field).\(key)", key == "task" ? "expected the index of a task" : "expected a digest")
            }
            let index = integer(fields["task"], at: "\(field).task", in: 0...Int64(UInt32.max)).map { UInt32($0) }
            guard let index, let answer = digest(fields["answer"], at: "\(field).answer") else { continue }
            if result.updateValue(Canary(index: index, answer: answer), forKey: index) != nil {
                report("\(field).task", "comes twice")
            }
        }
        return result.values.sorted { $0.index < $1.index }
    }

    /// What can only be checked with the whole job in view.
    mutating func checkCanaries(_ spec: JobSpec, arrayIsKnown: Bool, at path: String) {
        let canaries = spec.verification.canaries
        guard !canaries.isEmpty else { return }
        if !spec.comparesDigests { report(path, "go with equal answers only: every comparator has to be sha256") }
        guard arrayIsKnown else { return }
        let tasks = spec.array ?? ArrayRange(first: 0, count: 1)
        for canary in canaries where canary.index < tasks.first || canary.index - tasks.first >= tasks.count {
            report(path, "there is no task \(canary.index)")
        }
        if canaries.count == Int(tasks.count) { report(path, "expected a task whose answer is not known") }
    }
}
