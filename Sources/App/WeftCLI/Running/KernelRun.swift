import Glibc
import WeftFormats
import WeftKernels
import WeftModel

/// Runs a kernel of the library as a job, and compares what each node gave with the reference.
struct KernelRun: Sendable {
    var api: any CoordinatorAPI
    var console: Console
    var job: KernelJob
    /// Everything but payload, inputs and outputs.
    var policy: JobSpec
    var seed: UInt64
    /// Files by the names of buffers, in place of the numbers by the seed.
    var files: [String: [UInt8]]
    var checks: Bool

    /// Larger inputs are blobs.
    private static let inlineBytes = 4096
    private static let outputLimit = 1 << 30

    func submit() async throws -> JobView {
        var inputs: [Input] = []
        for (name, bytes) in try inputFiles().sorted(by: { $0.key < $1.key }) {
            let path = KernelJob.inputPath(of: buffer(name))
            let source: InputSource =
                bytes.count <= Self.inlineBytes ? .inline(bytes) : .blob(try await api.putBlob(bytes).digest)
            inputs.append(Input(path: path, source: source))
        }
        let kernel = try job.spec(inputs: inputs)
        var spec = policy
        (spec.name, spec.payload, spec.inputs, spec.outputs) = (
            kernel.name, kernel.payload, kernel.inputs, kernel.outputs
        )
        return try await api.submit(spec).job
    }

    /// Waits for the job's end. `save` is a folder for the agreed answer's outputs.
    func result(of id: JobID, save: String?) async throws -> KernelRunView {
        let watch = JobWatch(api: api, console: console, id: id, showsProgress: false)
        let ended = try await watch.untilEnd()
        let task = try await api.task(TaskID(job: id, index: 0))
        if let completion = task.completion, let save {
            _ = try await ResultFiles(api: api).saveOutputs(of: completion) { "\(save)/\($0)" }
        }
        let expected = checks && ended.state == .succeeded ? try reference() : nil
        var attempts: [KernelRunView.Attempt] = []
        for attempt in task.attempts ?? [] { attempts.append(try await view(of: attempt, expected)) }
        return KernelRunView(
            kernel: job.instance.description.name, values: job.instance.values, job: id, state: task.state,
            verdict: task.verdict, reason: task.reason ?? ended.reason, attempts: attempts)
    }

    private func buffer(_ name: String) -> KernelDescription.Buffer {
        guard let buffer = job.instance.description.buffers.first(where: { $0.name == name }) else {
            preconditionFailure("the kernel has no buffer \(name)")
        }
        return buffer
    }

    private func inputFiles() throws -> [String: [UInt8]] {
        try job.instance.inputs(seed: seed).mapValues { KernelJob.file(of: $0) }.merging(files) { $1 }
    }

    private func reference() throws -> [String: KernelArray]? {
        var inputs = try job.instance.inputs(seed: seed)
        for (name, bytes) in files {
            let buffer = buffer(name)
            let shape = job.instance.shape(of: name)
            inputs[name] =
                buffer.type == .bfloat16
                ? try KernelArray(buffer.type, shape, bytes: bytes)
                : try NumPyFile.decode(bytes, buffer.type, shape, name: name)
        }
        return KernelReference.outputs(of: job.instance, inputs: inputs)
    }

    private func view(of attempt: AttemptView, _ expected: [String: KernelArray]?) async throws -> KernelRunView.Attempt
    {
        let milliseconds = attempt.usage.map { Double($0.wallMicroseconds) / 1000 }
        var view = KernelRunView.Attempt(
            node: attempt.nodeName, state: attempt.state, agreed: attempt.agreed, milliseconds: milliseconds,
            failure: attempt.failure?.message)
        guard let expected, let completion = attempt.completion, completion.exitStatus == 0 else { return view }
        for buffer in job.instance.description.buffers where buffer.role.isWritten {
            guard let array = expected[buffer.name],
                let blob = completion.outputs.first(where: { $0.path == KernelJob.outputPath(of: buffer) })?.blob
            else { continue }
            let bytes = try await bytes(of: blob)
            let output = try NumPyFile.decode(bytes, buffer.type, array.shape, name: buffer.name)
            let comparison = job.instance.compare(output, with: array)
            view.outputs.append(
                KernelRunView.Output(
                    name: buffer.name,
                    greatestError: comparison.greatestError.isFinite ? comparison.greatestError : nil,
                    wrong: comparison.wrong, count: comparison.count))
        }
        return view
    }

    private func bytes(of blob: BlobReference) async throws -> [UInt8] {
        var template = Array("/tmp/weft-kernel-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw CLIError(.failure, SystemError("cannot make a file in /tmp").description) }
        close(descriptor)
        let path = String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { unlink(path) }
        try await api.getBlob(blob.digest, to: path)
        return try Files.read(path, limit: Self.outputLimit)
    }
}

/// How a kernel of the library did, node by node.
struct KernelRunView: Encodable, Sendable {
    var kernel: String
    /// Of its parameters.
    var values: [String: Double]
    var job: JobID
    var state: TaskState
    var verdict: Verdict?
    var reason: String?
    var attempts: [Attempt]

    struct Attempt: Encodable, Sendable {
        var node: String
        var state: AttemptView.State
        var agreed: Bool?
        /// Of the whole payload: compilation, transfers and launches.
        var milliseconds: Double?
        var failure: String?
        /// Against the reference; empty where nothing was compared.
        var outputs: [Output] = []
    }

    struct Output: Encodable, Sendable {
        var name: String
        /// nil: where one of two elements is no number.
        var greatestError: Double?
        /// Elements beyond the tolerance.
        var wrong: Int
        var count: Int
    }

    /// Whether everything that was compared is within the tolerance, on the nodes whose answers count.
    var isRight: Bool {
        attempts.allSatisfy { attempt in attempt.agreed == false || attempt.outputs.allSatisfy { $0.wrong == 0 } }
    }
}
