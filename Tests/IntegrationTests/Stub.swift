import Testing

@Suite struct IntegrationTestsStub { @Test func placeholder() {} }
