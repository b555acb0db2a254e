package import LibP2P

/// What one peer says of itself by multicast DNS (libp2p specification "Multicast DNS"): its name, where it can be reached,
/// and what tools that browse for services want to know besides.
package struct ServiceRecords: Sendable, Hashable {
    /// How long records may be remembered.
    package static let timeToLiveSeconds: UInt32 = 120
    /// Bytes of the answer, so that it fits one frame of Ethernet.
    static let maxAnswerBytes = 1_400
    static let metaName = DNSName("_services._dns-sd._udp.local")!

    /// `_p2p._udp.local`, or that of a private network.
    package let service: DNSName
    /// Told apart from all others; means nothing.
    package let instance: DNSName
    package let host: DNSName
    package var addresses: [Multiaddr] = []
    package var hostAddresses: [DNSRecordData] = []
    package var port: UInt16 = 0
    package let peer: PeerID

    /// - Parameters:
    ///   - service: As in `_p2p._udp.local`.
    ///   - label: What this peer is called in the service: 32 ... 63 letters and digits, drawn at random.
    package init?(service: String, label: String, peer: PeerID) {
        guard let service = DNSName(service), let label = DNSName(label), let local = DNSName("local"),
            let instance = label.appending(service), let host = label.appending(local)
        else { return nil }
        self.service = service
        self.instance = instance
        self.host = host
        self.peer = peer
    }

    /// The answer to a question, if it is about this peer; everything else that the asker may want is in `additional`.
    func answer(to questions: [DNSMessage.Question], timeToLiveSeconds: UInt32) -> DNSMessage? {
        var answers: [DNSMessage.Record] = []
        for question in questions {
            for record in all(timeToLiveSeconds)
            where record.name == question.name && matches(record, question.kind) && !answers.contains(record) {
                answers.append(record)
            }
        }
        guard !answers.isEmpty else { return nil }
        let named = answers.contains { $0.data == .pointer(instance) }
        let additional = named ? details(timeToLiveSeconds).filter { !answers.contains($0) } : []
        return DNSMessage(isResponse: true, answers: answers, additional: additional)
    }

    /// What a peer says unasked: the same as the answer to a question for all peers.
    func announcement(timeToLiveSeconds: UInt32) -> DNSMessage {
        DNSMessage(
            isResponse: true, answers: [pointer(timeToLiveSeconds)], additional: details(timeToLiveSeconds))
    }

    func pointer(_ timeToLiveSeconds: UInt32) -> DNSMessage.Record {
        DNSMessage.Record(name: service, data: .pointer(instance), timeToLiveSeconds: timeToLiveSeconds)
    }

    private func matches(_ record: DNSMessage.Record, _ kind: UInt16) -> Bool {
        kind == DNSRecordKind.any || kind == record.data.kind
    }

    private func all(_ timeToLiveSeconds: UInt32) -> [DNSMessage.Record] {
        let meta = DNSMessage.Record(
            name: Self.metaName, data: .pointer(service), timeToLiveSeconds: timeToLiveSeconds)
        return [pointer(timeToLiveSeconds), meta] + details(timeToLiveSeconds)
    }

    private func details(_ timeToLiveSeconds: UInt32) -> [DNSMessage.Record] {
        func record(_ name: DNSName, _ data: DNSRecordData) -> DNSMessage.Record {
            DNSMessage.Record(name: name, data: data, timeToLiveSeconds: timeToLiveSeconds, flushesCache: true)
        }
        return [record(instance, .text(texts)), record(instance, .service(port: port, host: host))]
            + hostAddresses.prefix(8).map { record(host, $0) }
    }

    /// The addresses as `dnsaddr=`, as many as fit. The second and later ones are numbered: a browser of services keeps one
    /// attribute of a name (RFC 6763, 6.4), and so would find only the first.
    private var texts: [[UInt8]] {
        var left = Self.maxAnswerBytes - 400
        var texts: [[UInt8]] = []
        for address in addresses {
            let number = texts.isEmpty ? "" : String(texts.count + 1)
            let text = Array("dnsaddr\(number)=\(address)".utf8)
            guard text.count <= 255, text.count < left else { continue }
            left -= text.count + 1
            texts.append(text)
        }
        return texts
    }

    // MARK: - Those of others

    /// The peer and the addresses in a text record; nil when it has none that are understood.
    ///
    /// Of addresses that name different peers, those of the first count: a record is about one.
    static func peer(in texts: [[UInt8]], maxAddresses: Int) -> PeerAddresses? {
        var found: PeerAddresses?
        for text in texts.prefix(64) {
            guard let address = address(in: text), !address.isRelayed, let peer = address.peerID,
                let bare = address.removingOwnName(of: peer)
            else { continue }
            if found == nil { found = PeerAddresses(peer: peer, addresses: []) }
            guard found?.peer == peer, found.map({ $0.addresses.count < maxAddresses }) == true else { continue }
            if found?.addresses.contains(bare) == false { found?.addresses.append(bare) }
        }
        return found
    }

    private static func address(in text: [UInt8]) -> Multiaddr? {
        guard let equals = text.firstIndex(of: UInt8(ascii: "=")) else { return nil }
        let name = String(decoding: text[..<equals], as: UTF8.self).lowercased()
        guard name.hasPrefix("dnsaddr"), name.dropFirst(7).allSatisfy(\.isWholeNumber) else { return nil }
        return try? Multiaddr(parsing: String(decoding: text[(equals + 1)...], as: UTF8.self))
    }
}
