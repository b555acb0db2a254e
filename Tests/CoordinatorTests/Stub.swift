import Testing

@Suite struct CoordinatorTestsStub { @Test func placeholder() {} }
