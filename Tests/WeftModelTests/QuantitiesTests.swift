import Testing
import WeftModel

@Suite struct QuantitiesTests {
    @Test(arguments: [
        ("0", 0), ("4096", 4096), ("1B", 1), ("1kB", 1000), ("1KiB", 1024), ("256MiB", 256 << 20),
        ("1.5GB", 1_500_000_000), ("1.5 GiB", 3 << 29), ("0.5TiB", 1 << 39), ("0.1KiB", 102), ("10Gi", 10 << 30),
        ("9223372036854775807", Int64.max),
    ])
    func sizesAreRead(_ text: String, _ bytes: Int64) { #expect(Quantities.bytes(text) == bytes) }

    @Test(arguments: [
        "", "MiB", "1.MiB", ".5MiB", "1 gig", "-1MiB", "1e3", "9223372036854775808", "99999999TiB", "1.2.3", "١MiB",
    ])
    func otherTextsAreNoSizes(_ text: String) { #expect(Quantities.bytes(text) == nil) }

    @Test(arguments: [("2", 2000), ("0.5", 500), ("1500m", 1500), ("0.125", 125), ("1.250", 1250)])
    func processorsAreRead(_ text: String, _ millis: Int64) { #expect(Quantities.cpuMillis(text) == millis) }

    @Test(arguments: ["", "m", "0.0001", "1.5m", "-1", "1,5"])
    func otherTextsAreNoProcessors(_ text: String) { #expect(Quantities.cpuMillis(text) == nil) }

    @Test(arguments: [("90", 90), ("90s", 90), ("10m", 600), ("1h30m", 5400), ("2d", 172_800), ("1d1h1m1s", 90_061)])
    func durationsAreRead(_ text: String, _ seconds: Int64) { #expect(Quantities.seconds(text) == seconds) }

    @Test(arguments: ["", "h", "30m1h", "1h1h", "1.5h", "-5", "5 m", "9223372036854775807d", "1w"])
    func otherTextsAreNoDurations(_ text: String) { #expect(Quantities.seconds(text) == nil) }
}

@Suite struct Base64Tests {
    /// RFC 4648, section 10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func theVectorsOfTheRFC(_ plain: String, _ text: String) {
        #expect(Base64.encode(Array(plain.utf8)) == text)
        #expect(Base64.decode(text) == Array(plain.utf8))
    }

    @Test(arguments: ["Zg", "Zg=", "Zh==", "Zm9=", "Z g=", "====", "Zg==Zg==", "Zm9v\n", "_w=="])
    func otherSpellingsAreRefused(_ text: String) { #expect(Base64.decode(text) == nil) }

    @Test func everyByteSurvives() {
        for count in 0...300 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        }
    }
}
