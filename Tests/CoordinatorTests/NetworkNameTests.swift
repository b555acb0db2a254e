import Testing
import WeftCoordinator

@Suite struct NetworkNameTests {
    @Test(arguments: [
        ("203.0.113.7:4711", "203.0.113.0/24"), ("[2001:db8:1:2::7]:80", "2001:db8:1::/48"),
        ("[::ffff:203.0.113.9]:80", "203.0.113.0/24"),
    ])
    func aPublicAddressHasANetwork(remote: String, network: String) {
        #expect(NetworkName.of(remote: remote) == network)
    }

    @Test(arguments: [
        "127.0.0.1:5", "10.1.2.3:5", "172.20.0.1:5", "192.168.1.1:5", "169.254.1.1:5", "100.70.0.1:5", "0.0.0.0:5",
        "224.0.0.1:5", "[::1]:5", "[fe80::1%eth0]:5", "[fd00::1]:5", "unknown", "", ":", "host.example:5", "1.2.3:4",
    ])
    func othersHaveNone(remote: String) {
        #expect(NetworkName.of(remote: remote) == nil)
    }
}
