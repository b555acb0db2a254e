extension JobSpec {
    /// About how much memory it takes: for deciding whether it is kept or sent once more, not for limits. Without what
    /// differs from task to task it is that of the job's order.
    package func approximateBytes(withEach: Bool = true) -> Int {
        let sources = inputs.map(\.source) + [payload.code, payload.standardInput].compactMap(\.self)
        return 1024 + sources.reduce(0) { $0 + $1.approximateBytes(withEach: withEach) }
            + payload.arguments.reduce(0) { $0 + $1.utf8.count }
            + environment.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
            + (inputs.map(\.path) + outputs.map(\.path)).reduce(0) { $0 + $1.utf8.count }
    }
}

extension InputSource {
    fileprivate func approximateBytes(withEach: Bool) -> Int {
        switch self {
        case .inline(let bytes): bytes.count
        case .each(let digests): withEach ? 32 * digests.count : 0
        case .blob: 32
        case .url(let url, _): url.utf8.count
        }
    }
}
