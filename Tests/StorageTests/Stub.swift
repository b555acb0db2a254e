import Testing

@Suite struct StorageTestsStub { @Test func placeholder() {} }
