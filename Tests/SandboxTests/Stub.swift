import Testing

@Suite struct SandboxTestsStub { @Test func placeholder() {} }
