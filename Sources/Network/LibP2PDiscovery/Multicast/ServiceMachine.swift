package import LibP2P

/// What a peer says and asks by multicast DNS, and what it learns there (RFC 6762; libp2p specification "Multicast DNS").
///
/// A value: messages and the time come in, messages to send and peers that came and went come out. Answers go to the group only,
/// never to who asked, so that nobody can have them sent to a third; and once a second at most.
package struct ServiceMachine: Sendable {
    package struct Limits: Sendable, Hashable {
        /// Peers that are remembered.
        package var peers = 512
        package var addressesPerPeer = 16
        /// Messages that are looked at in a second.
        package var messagesPerSecond = 200
        /// The first question is repeated after this long, then after twice that, and so on.
        package var firstQueryInterval: Duration = .seconds(1)
        package var longestQueryInterval: Duration = .seconds(60)
        /// The longest that a record is remembered, whatever it says.
        package var longestLifetime: Duration = .seconds(600)
        /// At least this long between two answers.
        package var answerInterval: Duration = .seconds(1)
        /// Answers to the same question come at random times within this, so that not all come at once (RFC 6762, 6).
        package var answerDelayMilliseconds: ClosedRange<Int> = 20...120

        package init() {}
    }

    package enum Action: Sendable, Hashable {
        case send(DNSMessage)
        /// A peer says where it is. It is new unless it has said the same before.
        case found(PeerAddresses, lifetime: Duration, isNew: Bool)
        /// A peer said good-bye, or has not been heard of for as long as it said.
        case lost(PeerID)
    }

    private struct Known: Sendable {
        var peer: PeerAddresses
        var learnt: Duration
        var expires: Duration
    }

    package var own: ServiceRecords
    package let limits: Limits
    private var known: [DNSName: Known] = [:]
    private var nextQuery: Duration
    private var queryInterval: Duration
    private var nextAnnouncement: Duration?
    private var announcementsLeft = 2
    private var lastAnswer: Duration?
    private var pendingAnswer: (message: DNSMessage, due: Duration)?
    private var second: (start: Duration, messages: Int)
    /// Names that were asked for once because they came without addresses.
    private var askedFor: Set<DNSName> = []

    package init(own: ServiceRecords, limits: Limits = Limits(), at now: Duration) {
        self.own = own
        self.limits = limits
        nextQuery = now
        nextAnnouncement = now
        queryInterval = limits.firstQueryInterval
        second = (now, 0)
    }

    package var peers: [PeerID] { known.values.map(\.peer.peer) }

    /// When there is something to do, unless a message comes before.
    package var nextWake: Duration {
        let times = [nextAnnouncement, pendingAnswer?.due, known.values.map(\.expires).min()]
        return times.compactMap { $0 }.reduce(nextQuery, min)
    }

    /// What is due by now.
    package mutating func tick(at now: Duration) -> [Action] {
        var actions: [Action] = []
        if let due = nextAnnouncement, due <= now {
            actions.append(.send(own.announcement(timeToLiveSeconds: ServiceRecords.timeToLiveSeconds)))
            lastAnswer = now
            announcementsLeft -= 1
            nextAnnouncement = announcementsLeft > 0 ? now + .seconds(1) : nil
        }
        if nextQuery <= now {
            actions.append(.send(query(at: now)))
            nextQuery = now + queryInterval
            queryInterval = min(queryInterval * 2, limits.longestQueryInterval)
            askedFor.removeAll()
        }
        if let (message, due) = pendingAnswer, due <= now {
            pendingAnswer = nil
            lastAnswer = now
            actions.append(.send(message))
        }
        for (name, entry) in known where entry.expires <= now { actions += forget(name) }
        return actions
    }

    /// A message came, from a machine of the same network.
    /// - Parameter isOfThisMachine: Whether it is this one; only then do addresses of loopback mean anything.
    package mutating func received(
        _ message: DNSMessage, isOfThisMachine: Bool, at now: Duration, using random: inout some RandomNumberGenerator
    ) -> [Action] {
        if now - second.start >= .seconds(1) { second = (now, 0) }
        second.messages += 1
        guard second.messages <= limits.messagesPerSecond else { return [] }
        guard message.isResponse else {
            prepareAnswer(to: message, at: now, using: &random)
            return []
        }
        return learn(from: message, isOfThisMachine, at: now)
    }

    /// Where this peer can be reached has changed: it is announced anew.
    package mutating func changed(_ records: ServiceRecords, at now: Duration) {
        guard records != own else { return }
        own = records
        announcementsLeft = 2
        nextAnnouncement = max(now, (lastAnswer ?? now) + limits.answerInterval)
    }

    /// The network has changed: peers are asked for anew.
    package mutating func askAgain(at now: Duration) {
        nextQuery = now
        queryInterval = limits.firstQueryInterval
        announcementsLeft = 2
        nextAnnouncement = max(now, (lastAnswer ?? now) + limits.answerInterval)
    }

    /// What to say on leaving.
    package var farewell: DNSMessage { own.announcement(timeToLiveSeconds: 0) }

    // MARK: - Answering

    private mutating func prepareAnswer(
        to query: DNSMessage, at now: Duration, using random: inout some RandomNumberGenerator
    ) {
        let isKnown = query.answers.contains {
            $0.name == own.service && $0.data == .pointer(own.instance)
                && $0.timeToLiveSeconds >= ServiceRecords.timeToLiveSeconds / 2
        }
        let questions = query.questions.filter { !(isKnown && $0.name == own.service) }
        guard
            let answer = own.answer(to: questions, timeToLiveSeconds: ServiceRecords.timeToLiveSeconds)
        else { return }
        if let (message, due) = pendingAnswer {
            // Whoever asks next gets the whole with what is on its way already.
            pendingAnswer = (merge(message, answer), due)
            return
        }
        let delay = Duration.milliseconds(Int.random(in: limits.answerDelayMilliseconds, using: &random))
        let earliest = lastAnswer.map { $0 + limits.answerInterval } ?? now
        pendingAnswer = (answer, max(now + delay, earliest))
    }

    private func merge(_ first: DNSMessage, _ second: DNSMessage) -> DNSMessage {
        var merged = first
        for record in second.answers where !merged.answers.contains(record) { merged.answers.append(record) }
        let additional = merged.additional + second.additional.filter { !merged.additional.contains($0) }
        merged.additional = additional.filter { !merged.answers.contains($0) }
        return merged
    }

    // MARK: - Asking and learning

    /// The question for all peers, with those that are known and need not answer (RFC 6762, 7.1).
    private func query(at now: Duration) -> DNSMessage {
        let fresh = known.filter { ($0.value.expires - now) * 2 > $0.value.expires - $0.value.learnt }
        return DNSMessage(
            isResponse: false,
            questions: [DNSMessage.Question(name: own.service, kind: DNSRecordKind.pointer)],
            answers: fresh.prefix(16).map { name, entry in
                let left = UInt32(clamping: (entry.expires - now).components.seconds)
                return DNSMessage.Record(name: own.service, data: .pointer(name), timeToLiveSeconds: left)
            })
    }

    private mutating func learn(from message: DNSMessage, _ isOfThisMachine: Bool, at now: Duration) -> [Action] {
        var actions: [Action] = []
        var unexplained: [DNSName] = []
        for record in message.answers + message.additional {
            switch record.data {
            case .pointer(let name) where record.name == own.service && name != own.instance:
                if record.timeToLiveSeconds == 0 {
                    actions += forget(name)
                } else if known[name] == nil {
                    unexplained.append(name)
                }
            case .text(let texts) where isOther(record.name):
                unexplained.removeAll { $0 == record.name }
                if record.timeToLiveSeconds == 0 {
                    actions += forget(record.name)
                } else {
                    actions += learn(record, texts, isOfThisMachine, at: now)
                }
            default:
                break
            }
        }
        for name in unexplained.prefix(4) where isOther(name) && askedFor.count < 32 {
            guard askedFor.insert(name).inserted else { continue }
            actions.append(
                .send(
                    DNSMessage(
                        isResponse: false,
                        questions: [DNSMessage.Question(name: name, kind: DNSRecordKind.text)])))
        }
        return actions
    }

    private func isOther(_ name: DNSName) -> Bool { name.split?.parent == own.service && name != own.instance }

    private mutating func learn(
        _ record: DNSMessage.Record, _ texts: [[UInt8]], _ isOfThisMachine: Bool, at now: Duration
    ) -> [Action] {
        guard var peer = ServiceRecords.peer(in: texts, maxAddresses: limits.addressesPerPeer) else { return [] }
        peer.addresses.removeAll { AddressReach(of: $0) == .machine && !isOfThisMachine }
        guard peer.peer != own.peer, !peer.addresses.isEmpty,
            known[record.name] != nil || known.count < limits.peers
        else { return [] }
        let lifetime = min(.seconds(Int64(record.timeToLiveSeconds)), limits.longestLifetime)
        let isNew = !known.values.contains { $0.peer == peer }
        known[record.name] = Known(peer: peer, learnt: now, expires: now + lifetime)
        return [.found(peer, lifetime: lifetime, isNew: isNew)]
    }

    /// A peer that began anew has another name; it is lost when the last of its names is.
    private mutating func forget(_ name: DNSName) -> [Action] {
        guard let peer = known.removeValue(forKey: name)?.peer.peer else { return [] }
        return peers.contains(peer) ? [] : [.lost(peer)]
    }
}
