import Testing
import WeftCoordinator
import WeftFormats
import WeftModel

@Suite struct EventHubTests {
    private let start = Instant(microseconds: 1_000_000)

    private func notices(_ jobs: ClosedRange<UInt64>) -> [Notice] {
        jobs.map { .jobSubmitted(JobID($0), name: "n", submitter: "s") }
    }

    /// What one subscriber got, after the hub has let go of it.
    private func read(_ mailbox: Mailbox<EventBatch>) async -> [EventBatch] {
        mailbox.close()
        return await mailbox.next() ?? []
    }

    @Test func aFewSubscribersAreToldAtOnce() async {
        var hub = EventHub(epoch: 1)
        let (_, mailbox, _) = hub.subscribe(after: nil, filter: EventFilter(), at: start)
        #expect(hub.publish(notices(1...2), at: start) == nil)
        #expect(hub.publish(notices(3...3), at: start) == nil)
        #expect(await read(mailbox).map { $0.events.compactMap(\.job?.number) } == [[1, 2], [3]])
    }

    @Test func whoWantsTheSameGetsTheSameBatch() async throws {
        var hub = EventHub(epoch: 1)
        let filter = EventFilter(job: JobID(2))
        let first = hub.subscribe(after: nil, filter: filter, at: start).mailbox
        let second = hub.subscribe(after: nil, filter: filter, at: start).mailbox
        let other = hub.subscribe(after: nil, filter: EventFilter(job: JobID(9)), at: start).mailbox
        _ = hub.publish(notices(1...3), at: start)
        let (left, right) = (try #require(await read(first).first), try #require(await read(second).first))
        #expect(left === right)
        #expect(left.events.map(\.job) == [JobID(2)])
        #expect(await read(other).isEmpty)
    }

    @Test func creditsAreSeenByThoseWhoMay() async throws {
        var hub = EventHub(epoch: 1)
        var read: [EventFilter.Purses: Mailbox<EventBatch>] = [:]
        for purses in [EventFilter.Purses.none, .of("ann"), .of("bob"), .all] {
            read[purses] = hub.subscribe(after: nil, filter: EventFilter(purses: purses), at: start).mailbox
        }
        let payment = Movement(
            sequence: 7, from: .escrow(JobID(1)), to: .node(NodeID("n")), amount: Credits(microCredits: 1_500_000),
            cause: .payment(
                PaidWork(task: TaskID(job: JobID(1), index: 0), node: NodeID("n"), lease: LeaseID(1), payer: "ann"),
                asked: Credits(microCredits: 1_500_000)), at: start)
        _ = hub.publish([.creditsMoved(payment)], at: start)
        for (purses, mailbox) in read {
            let events = await self.read(mailbox).flatMap(\.events)
            #expect(events.count == (purses == .all || purses == .of("ann") ? 1 : 0), "\(purses)")
            guard let event = events.first else { continue }
            #expect(event.state == "payment" && event.submitter == "ann" && event.amount?.description == "1.5")
            #expect(event.from == .escrow(JobID(1)) && event.to == .node(NodeID("n")) && event.task == "1.0")
        }
    }

    @Test func oneEncodingServesAll() throws {
        struct Count { var value: Int }
        let batch = EventBatch([EventView(id: "1-1", at: Timestamp(start), kind: .jobSubmitted)])
        var made = 0
        for _ in 0..<3 {
            let form = try batch.form { events in
                made += 1
                return Count(value: events.count)
            }
            #expect(form.value == 1)
        }
        #expect(made == 1)
    }

    @Test func manySubscribersAreToldInTurnsAndMissNothing() async {
        var hub = EventHub(epoch: 1)
        var mailboxes: [Mailbox<EventBatch>] = []
        for _ in 0..<1000 { mailboxes.append(hub.subscribe(after: nil, filter: EventFilter(), at: start).mailbox) }
        #expect(hub.publish(notices(1...1), at: start) == nil)
        #expect(hub.publish(notices(2...5), at: start + .milliseconds(10)) == .milliseconds(90))
        // One turn is planned already.
        #expect(hub.publish(notices(6...6), at: start + .milliseconds(20)) == nil)
        // Who joins in between gets only what comes later; the others get what there is before it.
        let late = hub.subscribe(after: nil, filter: EventFilter(), at: start + .milliseconds(30)).mailbox
        #expect(hub.publish(notices(7...7), at: start + .milliseconds(40)) == nil)
        hub.handOutAsPlanned(at: start + .milliseconds(130))
        // So many at once do not wait.
        #expect(hub.publish(notices(8...3000), at: start + .milliseconds(131)) == nil)
        for mailbox in [mailboxes[0], mailboxes[500], mailboxes[999]] {
            let batches = await read(mailbox)
            #expect(batches.count == 4)
            #expect(batches.flatMap(\.events).compactMap(\.job?.number) == Array(1...3000))
        }
        #expect(await read(late).flatMap(\.events).compactMap(\.job?.number) == Array(7...3000))
    }

    @Test func aSlowReaderKeepsABoundedNumberAndTheRestIsCounted() async {
        var hub = EventHub(epoch: 1)
        let mailbox = hub.subscribe(after: nil, filter: EventFilter(), at: start).mailbox
        let total = UInt64(EventHub.pending) * 3
        for job in 1...total { _ = hub.publish(notices(job...job), at: start) }
        #expect(await read(mailbox).count == EventHub.pending)
        #expect(mailbox.takeDropped() == EventHub.pending * 2)
    }

    /// More at once than are kept for those who resume.
    @Test func aFloodIsHandedOutWhole() async {
        var hub = EventHub(epoch: 1)
        let mailbox = hub.subscribe(after: nil, filter: EventFilter(), at: start).mailbox
        let total = UInt64(EventHub.kept) + 5
        _ = hub.publish(notices(1...total), at: start)
        #expect(await read(mailbox).flatMap(\.events).count == Int(total))
        #expect(mailbox.takeDropped() == 0)
        let (_, _, backlog) = hub.subscribe(after: "1-0", filter: EventFilter(), at: start)
        #expect(backlog.first?.missed == 5 && backlog.count == EventHub.kept + 1)
    }

    @Test func whoIsGoneIsForgotten() {
        var hub = EventHub(epoch: 1)
        let (key, _, _) = hub.subscribe(after: nil, filter: EventFilter(), at: start)
        let other = hub.subscribe(after: nil, filter: EventFilter(), at: start).mailbox
        hub.unsubscribe(key)
        hub.unsubscribe(key)
        other.close()
        #expect(hub.subscriberCount == 0)
        #expect(hub.publish(notices(1...1), at: start) == nil)
    }
}
