import Foundation

/// The figures, for people and for the documentation.
struct PeersReport {
    let figures: Figures
    let bench: Measure

    private struct Goal {
        let what: String
        let value: String
        let wanted: String
        let isMet: Bool
    }

    /// What the project holds itself to.
    private var goals: [Goal] {
        var goals = [
            Goal(
                what: "a stream to plain TCP, per core, encryption taken off",
                value: spread(figures.streamToPlainPerCore), wanted: "at least 0.5",
                isMet: median(figures.streamToPlainPerCore) >= 0.5),
            Goal(
                what: "memory of one end of an idle connection", value: "\(number(kibibytesPerEnd)) KiB",
                wanted: "less than 64 KiB", isMet: kibibytesPerEnd < 64),
        ]
        if !figures.weftToGo.isEmpty {
            goals.append(
                Goal(
                    what: "a bridged stream to go's", value: spread(figures.weftToGo), wanted: "at least 1",
                    isMet: median(figures.weftToGo) >= 1))
        }
        return goals
    }

    private var kibibytesPerEnd: Double { figures.bytesPerConnection / 1024 / 2 }

    private var rates: [(name: String, rates: [Rate])] {
        [
            ("plain TCP", figures.plain), ("one stream", figures.stream),
            ("ChaChaPoly, sealed and opened", figures.cipher), ("one stream, bridged", figures.bridged),
            ("the same by two daemons of go", figures.bridgedGo),
        ].filter { !$0.1.isEmpty }
    }

    private var times: [(name: String, seconds: [Double])] {
        [("Weft and Weft", figures.handshakes), ("Weft and a daemon of go", figures.handshakesWithGo)]
            .filter { !$0.1.isEmpty }
    }

    var text: String {
        var lines = rates.map { row in
            "\(row.name): \(number(row.rates.perSecond / 1e6)) MB/s, "
                + "\(number(row.rates.processorSecondsPerByte * 1e9)) processor seconds for a GB"
        }
        lines += times.map { "handshake, \($0.name): \(number(median($0.seconds) * 1e3)) ms" }
        lines.append("other programs: \(number(figures.shareOfOthers * 100)) % of the processors' time")
        if !figures.weftToGoPerCore.isEmpty {
            lines.append("bridged, to go's, per core: \(spread(figures.weftToGoPerCore))")
        }
        lines += goals.map { "\($0.what): \($0.value), \($0.wanted): \($0.isMet ? "met" : "NOT met")" }
        return lines.joined(separator: "\n")
    }

    var page: String {
        let date = ISO8601DateFormatter().string(from: Date()).prefix(10)
        var parts = [
            """
            # What a connection between peers costs

            Streams of Weft's libp2p (Noise over TCP, Yamux) on one machine, over loopback. This page is made by \
            `make bench-peers`; do not edit it.

            Measured on \(date) on \(ProcessInfo.processInfo.activeProcessorCount) processors (\(processor)), \
            \(system)\(bench.go == nil ? "" : ", beside \(bench.goVersion)"). All take turns, \(bench.rounds) rounds; \
            medians, and ratios are taken within a round; in brackets the least and the greatest of all rounds. \
            Meanwhile other programs took \(Int((figures.shareOfOthers * 100).rounded())) % of the processors' \
            time\(figures.shareOfOthers > 0.1 ? ", so these are figures of a busy machine" : "").

            ## One stream

            \(bench.mebibytes) MiB are sent to somebody who sends them back at the same time. Megabytes of one way; a megabyte \
            is a million bytes. Processor time is that of both ends, kernel and user, for a gigabyte there and back. *Plain \
            TCP* is NIO's channels with the same options as a host's. ChaChaPoly is one thread that encrypts and decrypts \
            each byte once, which an echo needs twice. *Bridged* is what the daemon p2pd of go-libp2p can be measured by: \
            client and echo are programs of this page, and two daemons join their sockets by a stream, each a process of \
            its own; the processor time is that of the two daemons only.
            """
        ]
        var rows = ["| | MB/s | processor seconds for a GB |", "|---|---|---|"]
        rows += rates.map {
            "| \($0.name) | \(number($0.rates.perSecond / 1e6)) | \(number($0.rates.processorSecondsPerByte * 1e9)) |"
        }
        parts.append(rows.joined(separator: "\n"))
        parts.append(
            """
            Without the encryption a stream takes \(number(figures.processorSecondsWithoutEncryption * 1e9)) processor \
            seconds for a gigabyte.\(perCore)

            ## Connections

            From the first packet to a proven peer, a new host each time, \(bench.handshakes) of them.
            """)
        rows = ["| handshake | median, ms | slowest of ten, ms |", "|---|---|---|"]
        rows += times.map { row in
            let slow = row.seconds.sorted()[row.seconds.count * 9 / 10]
            return "| \(row.name) | \(number(median(row.seconds) * 1e3)) | \(number(slow * 1e3)) |"
        }
        parts.append(rows.joined(separator: "\n"))
        parts.append(
            """
            \(bench.connections) idle connections within one process, after both ends have identified each other, take \
            \(number(figures.bytesPerConnection / 1024)) KiB each, both ends together.

            ## Goals
            """)
        rows = ["| | | wanted | |", "|---|---|---|---|"]
        rows += goals.map { "| \($0.what) | \($0.value) | \($0.wanted) | \($0.isMet ? "met" : "NOT met") |" }
        parts.append(rows.joined(separator: "\n"))
        return parts.joined(separator: "\n\n") + "\n"
    }

    private var perCore: String {
        guard !figures.weftToGoPerCore.isEmpty else { return "" }
        return
            " For one processor second Weft's bridges carry \(spread(figures.weftToGoPerCore)) times as much as go's."
    }

    private var processor: String {
        let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
        return line.flatMap { $0.split(separator: ":").last }
            .map { String($0).trimmingCharacters(in: .whitespaces) } ?? "of an unknown kind"
    }

    private var system: String {
        let kernel = (try? String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)) ?? ""
        return "Linux \(kernel.trimmingCharacters(in: .whitespacesAndNewlines))"
    }

    private func spread(_ values: [Double]) -> String {
        "\(number(median(values))) (\(number(values.min() ?? 0))..\(number(values.max() ?? 0)))"
    }

    private func number(_ value: Double) -> String {
        String(format: abs(value) < 10 ? "%.2f" : abs(value) < 100 ? "%.1f" : "%.0f", value)
    }
}
