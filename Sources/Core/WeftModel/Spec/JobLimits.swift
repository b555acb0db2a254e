/// The bounds of a job. ``JobSpec/init(document:)``, the JSON Schema and docs/jobs.md all take them from here.
package enum JobLimits {
    /// Characters.
    package static let name = 1...200
    /// Program and arguments together.
    package static let arguments = 1...1000
    /// Of one argument or environment value; Linux takes 128 KiB with the terminating zero.
    package static let argumentBytes = 128 * 1024 - 1
    /// Of all arguments together.
    package static let commandBytes = 512 * 1024
    package static let environmentEntries = 256
    /// Characters of a variable's name.
    package static let environmentName = 1...128
    /// Of all names and values together.
    package static let environmentBytes = 512 * 1024
    /// Of an image's reference, in bytes.
    package static let imageBytes = 1...512
    /// Where a module's random numbers start.
    package static let seed: ClosedRange<Int64> = 0...Int64.max
    /// Units of work of a module.
    package static let fuel: ClosedRange<Int64> = 1...Int64.max
    package static let files = 256
    package static let kernelBuffers = 64
    package static let kernelLaunches = 1...1024
    package static let kernelArguments = 64
    package static let kernelDefines = 64
    /// Bytes of the value of a macro.
    package static let kernelDefineBytes = 256
    /// Characters of a kernel's name, template arguments included.
    package static let kernelEntry = 1...256
    package static let kernelDimensions = 8
    /// Of one buffer.
    package static let kernelBufferBytes: ClosedRange<Int64> = 1...1 << 40
    package static let kernelGrid: ClosedRange<Int64> = 1...Int64(Int32.max)
    /// Threads of a block, in one dimension and in all.
    package static let kernelBlock: ClosedRange<Int64> = 1...1024
    package static let kernelSharedBytes: ClosedRange<Int64> = 0...1 << 20
    package static let mounts = 64
    package static let pathBytes = 1024
    package static let pathComponentBytes = 255
    /// Of one inline source.
    package static let inlineBytes = 64 * 1024
    /// Of all inline sources together.
    package static let inlineTotalBytes = 1024 * 1024
    package static let urlBytes = 2048
    /// Of one `each` list.
    package static let eachEntries = 1...100_000
    package static let tasks: ClosedRange<Int64> = 1...100_000_000
    package static let cpuMillis: ClosedRange<Int64> = 10...1_024_000
    package static let memoryBytes: ClosedRange<Int64> = 1 << 20...64 << 40
    package static let diskBytes: ClosedRange<Int64> = 1 << 20...1 << 50
    package static let deviceKinds = 16
    package static let devices: ClosedRange<Int64> = 1...64
    /// Of a device, or of a share in it.
    package static let deviceMemoryBytes: ClosedRange<Int64> = 1 << 20...64 << 40
    package static let drivers = 16
    /// Characters of an operating system's, architecture's, device kind's, vendor's or driver's name.
    package static let word = 1...64
    package static let maxError = ErrorRate(perBillion: 1000)!...ErrorRate(perBillion: 100_000_000)!
    package static let spotCheck = ErrorRate(perBillion: 1_000_000)!...ErrorRate(perBillion: 1_000_000_000)!
    package static let replicas: ClosedRange<Int64> = 1...64
    package static let retries: ClosedRange<Int64> = 0...100
    package static let timeoutSeconds: ClosedRange<Int64> = 1...30 * 86_400
    package static let priority: ClosedRange<Int64> = -100...100
    package static let labels = 64
    /// Characters of a label's name.
    package static let labelName = 1...63
    /// Characters of a label's value.
    package static let labelValue = 0...256
    package static let idempotencyKey = 1...200
    package static let signatures = 16
    /// Characters of a peer id.
    package static let signer = 40...64
    /// How many problems are told at once.
    package static let problems = 100
}
