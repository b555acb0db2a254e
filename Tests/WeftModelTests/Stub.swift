import Testing

@Suite struct WeftModelTestsStub { @Test func placeholder() {} }
