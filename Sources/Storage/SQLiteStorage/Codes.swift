import WeftModel

/// An enumeration that is stored as a small number. Numbers are part of the file format: never change or reuse one.
protocol Coded: CaseIterable, Hashable {
    var code: Int64 { get }
}

extension Coded {
    /// The case with this number; nil for a number that no version of the format has used.
    init?(code: Int64) {
        guard let match = Self.allCases.first(where: { $0.code == code }) else { return nil }
        self = match
    }
}

extension JobState: Coded {
    var code: Int64 {
        switch self {
        case .waiting: 0
        case .running: 1
        case .succeeded: 2
        case .failed: 3
        case .cancelled: 4
        }
    }
}

extension TaskState: Coded {
    var code: Int64 {
        switch self {
        case .waiting: 0
        case .running: 1
        case .succeeded: 2
        case .failed: 3
        case .cancelled: 4
        }
    }
}

extension Verdict: Coded {
    var code: Int64 {
        switch self {
        case .agreed: 0
        case .disagreed: 1
        case .undecided: 2
        }
    }
}

extension AttemptFailure.Kind: Coded {
    var code: Int64 {
        switch self {
        case .timedOut: 0
        case .outOfMemory: 1
        case .outOfDisk: 2
        case .outputTooLarge: 3
        case .notExecutable: 4
        case .inputUnavailable: 5
        case .sandboxFailed: 6
        case .nodeLost: 7
        case .refused: 8
        }
    }
}

extension Role: Coded {
    var code: Int64 {
        switch self {
        case .viewer: 0
        case .submitter: 1
        case .admin: 2
        case .worker: 3
        }
    }
}
