import Testing

@Suite struct WeftFormatsTestsStub { @Test func placeholder() {} }
