import Testing
import WeftClient
import WeftFormats
import WeftModel

@testable import WeftWebhooks

@Suite struct PartTests {
    /// The example of Standard Webhooks' own libraries.
    @Test func aSignatureIsThatOfTheSpecification() {
        let body = Array(#"{"test": 2432232314}"#.utf8)
        let secret = WebhookSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        let signature = WebhookSignature.sign(
            body, id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330, with: secret)
        #expect(signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
        for wrong in ["", "whsec_", "whsec_%", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] {
            #expect(WebhookSignature.sign(body, id: "x", timestamp: 1, with: WebhookSecret(wrong)) == nil)
        }
    }

    @Test func aSecretIsNewEachTimeAndDoesNotShowItself() {
        let secret = WebhookSignature.makeSecret()
        #expect(secret.text.hasPrefix("whsec_") && secret.text.utf8.count == 6 + 44)
        #expect(secret != WebhookSignature.makeSecret())
        let record = WebhookRecord(
            id: WebhookID(random: 1), owner: "a", seesAll: false, url: "u", kinds: [], secret: secret,
            createdAt: Instant(microseconds: 0))
        var dumped = ""
        dump(record, to: &dumped)
        #expect(!"\(record) \(String(reflecting: record)) \(dumped)".contains(secret.text))
    }

    @Test func waitsDoubleUpToABoundAndHeedWhatTheReceiverAsks() {
        let backoff = WebhookBackoff()
        #expect(backoff.pause(after: 1, asked: nil, chance: 1) == .seconds(1))
        #expect(backoff.pause(after: 1, asked: nil, chance: 0) == .milliseconds(500))
        #expect(backoff.pause(after: 5, asked: nil, chance: 1) == .seconds(16))
        #expect(backoff.pause(after: 10_000, asked: nil, chance: 1) == .seconds(3600))
        #expect(backoff.pause(after: 1, asked: .seconds(7200), chance: 0) == .seconds(7200))
        #expect(backoff.pause(after: 5, asked: .seconds(1), chance: 1) == .seconds(16))
        #expect(backoff.pause(after: 1, asked: .seconds(1_000_000), chance: 0) == .seconds(86_400))
    }

    @Test func retryAfterIsSecondsOrAMoment() {
        let now = Timestamp(text: "1994-11-06T08:49:00.000000Z")!.instant
        #expect(RetryAfter.duration("120", now: now) == .seconds(120))
        #expect(RetryAfter.duration("Sun, 06 Nov 1994 08:49:37 GMT", now: now) == .seconds(37))
        #expect(RetryAfter.duration("Sun, 06 Nov 1994 08:48:37 GMT", now: now) == .zero)
        for wrong in ["", "-1", "+1", "soon", "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37"] {
            #expect(RetryAfter.duration(wrong, now: now) == nil)
        }
    }

    @Test(arguments: [
        ("8.8.8.8", true), ("1.1.1.1", true), ("127.0.0.1", false), ("127.8.9.1", false), ("10.0.0.1", false),
        ("172.16.0.1", false), ("172.32.0.1", true), ("192.168.1.1", false), ("169.254.169.254", false),
        ("100.64.0.1", false), ("0.0.0.0", false), ("224.0.0.1", false), ("255.255.255.255", false),
        ("198.18.0.1", false), ("::1", false), ("::", false), ("fe80::1", false), ("fc00::1", false),
        ("ff02::1", false), ("::ffff:127.0.0.1", false), ("::ffff:8.8.8.8", true), ("64:ff9b::7f00:1", false),
        ("2002:7f00:1::", false), ("2001:db8::1", false), ("2001:0:1::", false), ("2606:4700::1111", true),
    ])
    func onlyAddressesOfThePublicInternetArePublic(_ text: String, _ isPublic: Bool) throws {
        let address = try #require(try Resolver.addresses(of: text).first)
        #expect(address.isPublic == isPublic)
    }

    @Test func hostsAreAllowedByNameAndPort() throws {
        let hosts = AllowedHosts(
            ["Hooks.example.org", "127.0.0.1:9000"], does: "sends events to", setting: "coordinator.webhook_hosts")
        #expect(try hosts.checked("https://hooks.EXAMPLE.org/x?y=1").host == "hooks.example.org")
        #expect(try hosts.checked("https://hooks.example.org").port == 443)
        #expect(try hosts.checked("http://127.0.0.1:9000/").port == 9000)
        for wrong in [
            "https://hooks.example.org:8443/", "http://127.0.0.1/", "https://hooks.example.org.evil.org/",
            "https://user@hooks.example.org/", "ftp://hooks.example.org/", "//hooks.example.org/", "", "https://",
            "https://evil.org/#hooks.example.org", "https://evil.org\\@hooks.example.org/",
        ] {
            #expect(throws: AllowedHosts.Refusal.self, "\(wrong)") { try hosts.checked(wrong) }
        }
    }

    @Test func anEventIsACloudEvent() throws {
        var event = EventView(id: "3-17", at: Timestamp(Instant(microseconds: 5)), kind: .jobMoved)
        event.job = JobID(7)
        event.state = "failed"
        let text = String(
            decoding: try APICoder.encode(CloudEvent(event, of: NodeID("12D3"))), as: UTF8.self)
        #expect(
            text
                == #"{"data":{"at":"1970-01-01T00:00:00.000005Z","id":"3-17","job":7,"kind":"job.moved","state":"failed"},"#
                + #""datacontenttype":"application/json","id":"3-17","source":"weft:coordinator:12D3","specversion":"1.0","#
                + #""subject":"7","time":"1970-01-01T00:00:00.000005Z","type":"org.weft.job.moved"}"#)
    }
}
