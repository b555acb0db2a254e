import ArgumentParser
import Foundation

/// Measures LibP2P on this machine, beside what it cannot be quicker than.
@main struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "weft-peer-bench", abstract: "What a stream over Noise and Yamux costs, beside plain TCP.")

    @Option(help: "MiB that go there and come back.") var mebibytes = 512
    @Option(help: "How often each is measured; the median counts.") var rounds = 5
    @Option(help: "Connections whose handshakes are timed.") var handshakes = 100
    @Option(help: "Idle connections whose memory is measured.") var connections = 500

    func run() async throws {
        let size = mebibytes * 1024 * 1024
        var plain: [Double] = []
        var host: [Double] = []
        var cipher: [Double] = []
        for _ in 0..<rounds {
            plain.append(try await PlainEcho.measure(sizeBytes: size, pieceBytes: 65_507))
            host.append(try await HostEcho.measure(sizeBytes: size, pieceBytes: 65_507))
            cipher.append(try Cipher.measure(sizeBytes: size))
        }
        // Each byte is encrypted and decrypted twice on its way there and back, by two threads at best.
        let accounted = 1 / (1 / median(plain) + 2 / median(cipher) / 2)
        let times = try await HostEcho.handshakes(handshakes)
        let results = [
            Measured(name: "plain TCP echo", value: median(plain) / 1e6, unit: "MB/s"),
            Measured(name: "one stream echo", value: median(host) / 1e6, unit: "MB/s"),
            Measured(name: "ChaChaPoly seal and open, one core", value: median(cipher) / 1e6, unit: "MB/s"),
            Measured(name: "stream to plain", value: median(host) / median(plain), unit: "ratio"),
            Measured(name: "stream to plain after encryption", value: median(host) / accounted, unit: "ratio"),
            Measured(name: "handshake, median", value: median(times) * 1e3, unit: "ms"),
            Measured(
                name: "idle connection, both ends", value: try await HostEcho.memoryPerConnection(connections) / 1024,
                unit: "KiB"),
        ]
        let encoder = JSONEncoder()
        for result in results { print(String(decoding: try encoder.encode(result), as: UTF8.self)) }
    }
}
