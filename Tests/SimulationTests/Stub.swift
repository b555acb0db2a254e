import Testing

@Suite struct SimulationTestsStub { @Test func placeholder() {} }
