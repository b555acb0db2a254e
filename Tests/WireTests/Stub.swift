import Testing

@Suite struct WireTestsStub { @Test func placeholder() {} }
