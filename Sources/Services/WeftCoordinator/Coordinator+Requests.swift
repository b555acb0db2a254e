import WeftEngine
package import WeftFormats
package import WeftModel
import WeftStorage

extension Coordinator {
    /// Takes a valid spec. `created` is false when the idempotency key belongs to an earlier job.
    /// Throws ``RequestError``.
    package func submit(
        _ spec: JobSpec, submitter: String, trace: TraceContext? = nil
    ) async throws -> (job: JobView, created: Bool) {
        let resolved = try await resolve(spec)
        let problems = resolved.signatureProblems()
        guard problems.isEmpty else { throw RequestError.invalid(problems) }
        let digest = resolved.digest
        if let known = try await known(resolved, digest: digest, submitter: submitter) { return (known, false) }
        let submission = JobSubmission(
            spec: resolved, specDigest: digest, submitter: submitter, trace: trace, cached: await lookUp(resolved))
        guard case .submission(let outcome)? = try await decide(.submitted(submission)) else {
            preconditionFailure("a submission is answered as one")
        }
        switch outcome {
        case .accepted(let id): return (try await job(id), true)
        case .known(let id): return (try await sameJob(id, digest: digest), false)
        case .busy: throw RequestError.busy("too many unfinished jobs", retryAfterSeconds: 5)
        case .unaffordable(let available, let needed):
            let shortage = BudgetShortage(available: available, needed: needed)
            throw RequestError.unaffordable(
                "this job can cost \(needed) credits, and \(submitter) has \(available): \(shortage.missing) are missing",
                shortage)
        case .uncountable:
            throw RequestError.invalid([
                Problem(field: "", message: "this job can cost more than \(Credits.greatest) credits")
            ])
        }
    }

    /// Stops a job; harmless when it has ended.
    package func cancel(_ id: JobID, reason: String) async throws -> JobView {
        let view = try await job(id)
        guard !view.state.isFinal else { return view }
        _ = try await decide(.cancelled(id, reason: reason))
        return try await job(id)
    }

    package func drain(_ id: NodeID, _ draining: Bool) async throws -> NodeView {
        _ = try await node(id)
        _ = try await decide(.nodeDrained(id, draining))
        return try await node(id)
    }

    private func known(_ spec: JobSpec, digest: Digest, submitter: String) async throws -> JobView? {
        guard let key = spec.idempotencyKey else { return nil }
        if let id = engine.knownJob(submitter: submitter, idempotencyKey: key) {
            return try await sameJob(id, digest: digest)
        }
        guard let record = try await journal.job(submitter: submitter, idempotencyKey: key) else { return nil }
        return try await sameJob(record.id, digest: digest)
    }

    private func sameJob(_ id: JobID, digest: Digest) async throws -> JobView {
        let view = try await job(id)
        guard view.specDigest == digest else {
            throw RequestError.conflict("this idempotency key was used for job \(id), with another spec")
        }
        return view
    }

    /// Checks that every blob is there and turns URLs into blobs, so that all replicas get the same bytes.
    private func resolve(_ spec: JobSpec) async throws -> JobSpec {
        var resolved = spec
        var problems: [Problem] = []
        for index in spec.inputs.indices {
            let field = "inputs[\(index)]"
            resolved.inputs[index].source = try await resolve(spec.inputs[index].source, field, &problems)
        }
        if let code = spec.payload.code {
            resolved.payload.code = try await resolve(code, spec.payload.codeField, &problems)
        }
        if let input = spec.payload.standardInput {
            resolved.payload.standardInput = try await resolve(input, spec.payload.standardInputField, &problems)
        }
        problems += try await comparatorProblems(spec)
        guard problems.isEmpty else { throw RequestError.invalid(problems) }
        return resolved
    }

    private func resolve(_ source: InputSource, _ field: String, _ problems: inout [Problem]) async throws
        -> InputSource
    {
        switch source {
        case .inline:
            return source
        case .blob(let digest):
            if try await blobs.size(of: digest) == nil {
                problems.append(Problem(field: "\(field).blob", message: "no blob \(digest); upload it first"))
            }
            return source
        case .each(let digests):
            var missing = 0
            for (position, digest) in digests.enumerated() where try await blobs.size(of: digest) == nil {
                missing += 1
                if missing <= 10 {
                    problems.append(
                        Problem(field: "\(field).each[\(position)]", message: "no blob \(digest); upload it first"))
                }
            }
            return source
        case .url(let url, let digest):
            guard let fetch = configuration.fetchURL else {
                problems.append(
                    Problem(
                        field: "\(field).url",
                        message: "this coordinator fetches no URLs; upload the file as a blob instead"))
                return source
            }
            do {
                return .blob(try await fetch(url, digest).digest)
            } catch {
                problems.append(Problem(field: "\(field).url", message: "could not be fetched: \(error)"))
                return source
            }
        }
    }
}
