import Foundation
import Logging
import NIOHTTP1
import Testing
import WeftFormats
import WeftHTTP
import WeftModel

/// The document of the API beside what it describes.
@Suite struct OpenAPITests {
    private let document = OpenAPIDocument.document
    private let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private func operations() -> [(method: String, path: String, operation: Document)] {
        (document["paths"]?.members ?? []).flatMap { path in
            path.value.members.map { ($0.key.uppercased(), path.key, $0.value) }
        }
    }

    private func routes() throws -> [HTTPServer.RouteName] {
        try HTTPServer(service: FakeService(), logger: Logger(label: "test")).routeNames
    }

    /// To renew the file, run the tests with `WEFT_RECORD_SPECS` set and read the diff.
    @Test func theCheckedInDocumentIsTheGeneratedOne() throws {
        let url = root.appending(path: "schemas/openapi.json")
        let generated = CanonicalJSON.encodePretty(document)
        if ProcessInfo.processInfo.environment["WEFT_RECORD_SPECS"] != nil { try Data(generated).write(to: url) }
        #expect(Array(try Data(contentsOf: url)) == generated)
    }

    @Test func everyRouteIsDescribedAndEveryDescriptionHasARoute() throws {
        let described = Set(operations().map { "\($0.method) \($0.path)" })
        let served = Set(try routes().map { "\($0.method) \($0.path.replacing("...}", with: "}"))" })
        #expect(served.subtracting(described).sorted() == [], "describe these in OpenAPI/Operations+….swift")
        #expect(described.subtracting(served).sorted() == [], "these are described, but not served")
        #expect(described.count == operations().count)
    }

    @Test func queryParametersAndAccessAreThoseOfTheRoutes() throws {
        for route in try routes() {
            let operation = try #require(
                document["paths"]?[route.path.replacing("...}", with: "}")]?[route.method.lowercased()])
            let query = (operation["parameters"]?.elements ?? []).filter { $0["in"]?.string == "query" }
            #expect(Set(query.compactMap { $0["name"]?.string }) == route.query, "\(route.method) \(route.path)")
            #expect((operation["security"] != nil) == route.isOpen, "\(route.method) \(route.path)")
        }
    }

    @Test func everyReferenceLeadsSomewhereAndEveryNameIsUnique() throws {
        var open: [Document] = [document]
        var references = 0
        while let next = open.popLast() {
            open += next.elements ?? next.members.map(\.value)
            guard let reference = next["$ref"]?.string else { continue }
            references += 1
            let steps = reference.split(separator: "/").dropFirst()
            #expect(steps.reduce(document as Document?) { $0?[String($1)] } != nil, "\(reference)")
        }
        #expect(references > 100)
        let names = operations().compactMap { $0.operation["operationId"]?.string }
        #expect(Set(names).count == operations().count)
        for link in operations().flatMap({ $0.operation["responses"]?.members ?? [] })
            .flatMap({ $0.value["links"]?.members ?? [] })
        {
            #expect(names.contains(link.value["operationId"]?.string ?? ""), "\(link.key)")
        }
    }

    @Test func theServerServesItToAnybody() async throws {
        let expected = CanonicalJSON.encodePretty(document)
        try await withServer { server in
            let first = try await server.call(.GET, "/openapi.json", as: nil)
            #expect(first.bytes == expected)
            #expect(first.headers["content-type"] == ["application/json"])
            let tag = try #require(first.headers["etag"].first)
            #expect(
                try await server.call(.GET, "/openapi.json", as: nil, headers: [("if-none-match", tag)]).status == 304)
            let page = try await server.call(.GET, "/reference", as: nil)
            #expect(page.status == 200 && page.headers["content-type"] == ["text/html; charset=utf-8"])
        }
    }

    /// Values with everything in them: a property that the document lacks, or has too many of, shows.
    @Test func whatIsServedHasTheDescribedProperties() throws {
        let now = Timestamp(Instant(microseconds: 1))
        let digest = Hashing.sha256(Array("x".utf8))
        let blob = BlobReference(digest: digest, sizeBytes: 1)
        let node = NodeID("n")
        let completion = Completion(
            exitStatus: 0, standardOutput: blob, standardError: blob, outputs: [OutputFile(path: "a", blob: blob)])
        let attempt = AttemptView(
            id: "1.0.0@1", replica: 0, node: node, nodeName: "n", state: .failed, startedAt: now, finishedAt: now,
            answer: digest, agreed: true, completion: completion, failure: AttemptFailure(.refused, "no"),
            usage: Usage(wallMicroseconds: 1, cpuMicroseconds: 1, peakMemoryBytes: 1, diskBytes: 1, outputBytes: 1))
        let counts = TaskCounts(total: 1)
        let amount = Amount(Credits(microCredits: 1_500_000))
        var performance = Performance()
        performance.count(.finished, at: Instant(microseconds: 1))
        performance.ran(for: 1, usual: 1)
        var movement = MovementView(
            Movement(
                sequence: 1, from: .submitter("s"), to: .escrow(JobID(1)), amount: .zero, cause: .escrow(JobID(1)),
                at: now.instant))
        movement.shortfall = amount
        movement.task = "1.0"
        movement.receipt = "/r"
        movement.payment = 1
        movement.reason = "r"
        movement.by = "b"
        movement.key = "k"
        var event = EventView(id: "1", at: now, kind: .missed)
        event.job = JobID(1)
        event.task = "1.0"
        event.attempt = "1.0.0@1"
        event.node = node
        event.name = "n"
        event.state = "s"
        event.verdict = .agreed
        event.counts = counts
        event.reason = "r"
        event.score = 1
        event.missed = 1
        event.submitter = "s"
        event.from = .issuance
        event.to = .submitter("s")
        event.amount = amount
        try check(
            "Job",
            JobView(
                id: JobID(1), name: "n", state: .failed, reason: "r", submitter: "s", submittedAt: now, endedAt: now,
                counts: counts, priority: 0, labels: ["a": "b"], specDigest: digest,
                traceparent: "t", credits: JobCreditsView(reserved: amount, spent: amount, refunded: amount), cached: 1)
        )
        try check(
            "Task",
            TaskView(
                id: TaskID(job: JobID(1), index: 0), state: .failed, verdict: .agreed, answer: digest, alike: [digest],
                reason: "r", dissenters: 0, errorBound: 0.5, endedAt: now, completion: completion, cachedFrom: "1.0",
                attempts: [attempt]))
        let profile = NodeProfile(
            name: "n", operatingSystem: "linux", architecture: "arm64",
            capacity: Resources(devices: [DeviceRequest(kind: "gpu", count: 1)]),
            drivers: [DriverProfile(name: "process", isolation: .vm, architectures: ["a"], enforced: [.cpu])],
            devices: [
                DeviceProfile(
                    id: "gpu0", kind: "gpu", memoryBytes: 1, capability: DeviceCapability("9.0"), backends: ["cuda"])
            ],
            benchmark: HardwareBenchmark(
                fingerprint: "f", measuredAt: now.instant,
                processor: ProcessorBenchmark(
                    singleMegaflops: 1, allMegaflops: 1, memoryBytesPerSecond: 1, diskWriteBytesPerSecond: 1,
                    diskReadBytesPerSecond: 1),
                devices: [
                    DeviceBenchmark(
                        id: "gpu0", backend: "cuda", doubleMegaflops: 1, singleMegaflops: 1, halfMegaflops: 1,
                        memoryBytesPerSecond: 1, uploadBytesPerSecond: 1, downloadBytesPerSecond: 1,
                        launchNanoseconds: 1, allocatableBytes: 1, loadMillidegrees: 1, notes: ["n"])
                ]))
        try check(
            "Node",
            NodeView(
                id: node, name: "n", state: .away, route: .relayed, profile: profile, free: Resources(),
                runningAttempts: 0,
                reputation: Reputation(score: 1), performance: PerformanceView(performance),
                trust: [TrustView(payload: "p", state: .new, checked: 0, wrong: 0, rightInARow: 0)], firstSeenAt: now,
                lastSeenAt: now))
        try check("Token", TokenView(name: "n", role: .admin, createdAt: now, revokedAt: now, secret: "s"))
        try check("Event", event)
        try check(
            "Stats",
            Stats(
                coordinator: node, version: "1", startedAt: now, uptimeSeconds: 1,
                credits: CreditStats(granted: amount, paid: amount, reversed: amount, refunded: amount, openEscrows: 1),
                webhooks: WebhookStats(), log: LogExtent(size: 2, minimumIndex: 1))
        )
        try check("Webhook", webhook(at: now.instant))
        try check(
            "WebhookRequest",
            WebhookRequest(url: "https://example.org/", kinds: ["job.ended"], job: JobID(1), name: "n"))
        try check("WebhookTest", WebhookTestView(delivered: false, status: 500, error: "e", seconds: 1))
        try check(
            "LogPiece", LogPiece(task: "1.0", attempt: "1.0.0@1", stream: .stdout, offset: 0, dropped: 0, bytes: ""))
        try check(
            "Explanation",
            Explanation(
                kind: .notNow, summary: "s",
                reasons: [Explanation.Reason(field: "f", message: "m", nodes: [node], nodeCount: 1)], suggestion: "s"))
        try check(
            "Problem",
            ProblemDocument(
                title: "t", status: 400, detail: "d", errors: [Problem(field: "f", message: "m")],
                shortage: BudgetShortage(available: .zero, needed: Credits(microCredits: 1)), requestID: "r"))
        try check("Account", AccountView(account: .submitter("s"), balance: amount, reserved: amount))
        try check("Movement", movement)
        try check("GrantRequest", GrantRequest(submitter: "s", amount: amount, reason: "r"))
        try check("TokenRequest", TokenRequest(name: "n", role: .viewer))
        try check("DrainRequest", DrainRequest(draining: true))
    }

    private func webhook(at now: Instant) -> WebhookView {
        var record = WebhookRecord(
            id: WebhookID(random: 1), owner: "o", seesAll: false, url: "https://example.org/", name: "n",
            kinds: ["job.ended"], job: JobID(1), secret: WebhookSecret("whsec_c2VjcmV0"), createdAt: now)
        record.status.deliveredAt = now
        record.status.attemptedAt = now
        record.status.error = "e"
        record.status.failingSince = now
        record.status.disabledAt = now
        record.status.disabledReason = "r"
        var view = WebhookView(record, pending: 1)
        view.secret = record.secret.text
        return view
    }

    private func check(_ name: String, _ value: some Encodable) throws {
        let schema = try #require(document["components"]?["schemas"]?[name], "\(name)")
        compare(try JSONText.parse(try APICoder.encode(value)), schema, at: name)
    }

    private func compare(_ value: Document, _ schema: Document, at path: String) {
        if let reference = schema["$ref"]?.string {
            let name = String(reference.dropFirst("#/components/schemas/".count))
            guard let target = document["components"]?["schemas"]?[name] else { return }
            return compare(value, target, at: path)
        }
        if let items = schema["items"], let first = value[0] { return compare(first, items, at: path + "[0]") }
        guard case .object(let members) = value, let properties = schema["properties"] else { return }
        #expect(Set(members.map(\.key)) == Set(properties.members.map(\.key)), "\(path)")
        for member in members {
            if let inner = properties[member.key] { compare(member.value, inner, at: path + "." + member.key) }
        }
    }
}
