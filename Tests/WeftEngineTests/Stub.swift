import Testing

@Suite struct WeftEngineTestsStub { @Test func placeholder() {} }
