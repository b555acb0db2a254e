import Testing
import WebhookReceiver
import WeftClient
import WeftCoordinator
import WeftFormats
import WeftModel

@testable import WeftWebhooks

@Suite struct RouteTests {
    private func refusal(_ body: () async throws -> Void) async throws -> ProblemDocument {
        do {
            try await body()
        } catch ClientError.refused(let problem) {
            return problem
        }
        throw NotInTime(description: "it was accepted")
    }

    @Test func aHostThatTheOperatorDidNotAllowIsRefusedAndTheErrorNamesTheSetting() async throws {
        try await Bench.run(hosts: []) { bench in
            for url in ["https://example.org/", "http://localhost/", "http://127.0.0.1:\(bench.port)/"] {
                let problem = try await refusal {
                    _ = try await bench.client.createWebhook(WebhookRequest(url: url))
                }
                #expect(problem.status == 422 && problem.errors?.map(\.field) == ["url"])
                #expect(problem.detail?.contains("coordinator.webhook_hosts") == true)
            }
        }
    }

    @Test func everyWrongFieldIsNamed() async throws {
        try await Bench.run(hosts: ["example.org"]) { bench in
            let problem = try await refusal {
                _ = try await bench.client.createWebhook(
                    WebhookRequest(
                        url: "https://example.org/a b", kinds: ["job.ended", "missed", "x"],
                        name: String(repeating: "n", count: 101)))
            }
            #expect(problem.errors?.map(\.field) == ["url", "name", "kinds[1]", "kinds[2]"])
            let missing = try await refusal {
                _ = try await bench.client.createWebhook(
                    WebhookRequest(url: "https://example.org/", job: JobID(99)))
            }
            #expect(missing.errors?.map(\.field) == ["job"])
            let job = try await bench.cancelledJob()
            let ended = try await refusal {
                _ = try await bench.client.createWebhook(WebhookRequest(url: "https://example.org/", job: job))
            }
            #expect(ended.detail?.contains("cancelled already") == true)
        }
    }

    /// The name is allowed, and is one of this machine.
    @Test func anAllowedNameThatStandsForThisMachineIsNotConnectedTo() async throws {
        try await withReceiver { receiver in
            try await Bench.run(hosts: ["localhost:\(receiver.port)"]) { bench in
                let id = try await bench.client.createWebhook(
                    WebhookRequest(url: "http://localhost:\(receiver.port)/")
                ).id
                let test = try await bench.client.testWebhook(id.text)
                #expect(!test.delivered && test.status == nil)
                #expect(test.error?.contains("which is not a public address") == true)
                #expect(test.error?.contains("coordinator.webhook_hosts") == true)
                #expect(receiver.deliveries.isEmpty)
            }
            // The operator means it.
            try await Bench.run(hosts: ["localhost:\(receiver.port)", "127.0.0.1"]) { bench in
                let id = try await bench.client.createWebhook(
                    WebhookRequest(url: "http://localhost:\(receiver.port)/")
                ).id
                #expect(try await bench.client.testWebhook(id.text).delivered)
                #expect(receiver.deliveries.first?.headers["host"] == "localhost:\(receiver.port)")
            }
        }
    }

    @Test func aRedirectIsAFailureAndNotFollowed() async throws {
        try await withReceiver { target in
            try await withReceiver { _, _ in
                .answer(307, headers: [("location", target.url)])
            } _: { receiver in
                try await Bench.run(hosts: [receiver.host, target.host]) { bench in
                    let id = try await bench.client.createWebhook(WebhookRequest(url: receiver.url)).id
                    let test = try await bench.client.testWebhook(id.text)
                    #expect(!test.delivered && test.status == 307)
                    #expect(target.deliveries.isEmpty)
                }
            }
        }
    }

    @Test func submittersSeeAndAreToldOfTheirOwnAlone() async throws {
        try await withReceiver { receiver in
            try await Bench.run(hosts: [receiver.host]) { bench in
                let all = try await bench.client.createWebhook(WebhookRequest(url: receiver.url + "/all"))
                try await bench.with("ann", .submitter) { ann in
                    let mine = try await ann.createWebhook(WebhookRequest(url: receiver.url + "/ann", name: "mine"))
                    #expect(mine.owner == "ann" && mine.secret?.hasPrefix("whsec_") == true)
                    #expect(try await ann.webhooks().map(\.id) == [mine.id])
                    #expect(try await ann.webhook(mine.id.text).secret == nil)
                    #expect(try await ann.webhooks().first?.secret == nil)
                    #expect(try await bench.client.webhooks().map(\.id) == [all.id, mine.id])
                    let others: [() async throws -> Void] = [
                        { _ = try await ann.webhook(all.id.text) }, { try await ann.deleteWebhook(all.id.text) },
                        { _ = try await ann.testWebhook(all.id.text) }, { _ = try await ann.webhook("wh_x") },
                    ]
                    for call in others { #expect(try await refusal(call).status == 404) }
                    let nodes = try await refusal {
                        _ = try await ann.createWebhook(WebhookRequest(url: receiver.url, kinds: ["node.joined"]))
                    }
                    #expect(nodes.errors?.map(\.field) == ["kinds[0]"])
                    let other = try await bench.cancelledJob(by: "bob")
                    let own = try await bench.cancelledJob(by: "ann")
                    try await eventually("three") { receiver.deliveries.count == 3 }
                    let told = Dictionary(grouping: zip(receiver.deliveries, try receiver.jobs()), by: { $0.0.path })
                    #expect(told["/hook/ann"]?.map { $0.1 } == [Int64(own.number)])
                    #expect(told["/hook/all"]?.map { $0.1 } == [Int64(other.number), Int64(own.number)])
                    try await ann.deleteWebhook(mine.id.text)
                    #expect(try await refusal { _ = try await ann.webhook(mine.id.text) }.status == 404)
                }
            }
        }
    }

    @Test func aJobsWebhookIsToldOfItAlone() async throws {
        try await withReceiver { receiver in
            try await Bench.run(hosts: [receiver.host]) { bench in
                let spec = JobSpec(name: "one", payload: .process(ProcessPayload(command: ["true"])))
                let job = try await bench.coordinator.submit(spec, submitter: "ann").job.id
                _ = try await bench.client.createWebhook(WebhookRequest(url: receiver.url, job: job))
                try await bench.cancelledJob()
                _ = try await bench.coordinator.cancel(job, reason: "x")
                try await eventually("one") { !receiver.deliveries.isEmpty }
                #expect(try receiver.jobs() == [Int64(job.number)])
            }
        }
    }

    @Test func aRevokedTokensWebhooksAreToldNothingMore() async throws {
        try await withReceiver { receiver in
            try await Bench.run(hosts: [receiver.host]) { bench in
                let id = try await bench.with("ann", .submitter) { ann in
                    try await ann.createWebhook(WebhookRequest(url: receiver.url)).id
                }
                try await bench.client.revokeToken(name: "ann")
                try await bench.cancelledJob()
                let view = try await bench.client.webhook(id.text)
                #expect(view.state == .disabled && view.disabledReason?.contains("revoked") == true)
                #expect(receiver.deliveries.isEmpty)
            }
        }
    }

    @Test func thereIsABoundForEachOwner() async throws {
        try await Bench.run(hosts: ["example.org"]) { bench in
            try await bench.with("ann", .submitter) { ann in
                for _ in 0..<50 { _ = try await ann.createWebhook(WebhookRequest(url: "https://example.org/")) }
                let problem = try await refusal {
                    _ = try await ann.createWebhook(WebhookRequest(url: "https://example.org/"))
                }
                #expect(problem.status == 409)
            }
        }
    }

    @Test func secretsAreInNoListAndNoLog() async throws {
        try await Bench.run(hosts: ["example.org"]) { bench in
            let made = try await bench.client.createWebhook(WebhookRequest(url: "https://example.org/"))
            let secret = try #require(made.secret)
            let text = try await String(
                decoding: APICoder.encode(bench.client.webhooks()), as: UTF8.self)
            #expect(!text.contains(secret))
        }
    }
}
