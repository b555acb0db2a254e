import Testing
import WeftFormats
import WeftModel

@testable import WeftTES

@Suite struct DocumentTests {
    @Test func whatIsWrongIsNamedField() {
        let found = problems {
            _ = try task(
                #"{"executors":[{"image":"a","command":[]}],"inputs":[{"path":"/a"}],"outputs":[{"path":1}],"colour":1}"#
            )
        }
        #expect(
            Set(found.map(\.field)) == [
                "executors[0].command", "inputs[0].url", "outputs[0].path", "outputs[0].url", "colour",
            ])
    }

    @Test func whatServersSetIsPassedOverAndNullsAreNothing() throws {
        let task = try task(
            #"{"id":"7","state":"QUEUED","logs":[],"name":null,"executors":[{"image":"a","command":["b"],"env":null}]}"#
        )
        #expect(task.name == nil && task.executors[0].command == ["b"])
    }

    @Test func aTaskIsReadAsItIsWritten() throws {
        let text = #"""
            {"name":"n","inputs":[{"path":"/d/in","content":"x"}],"outputs":[{"path":"/d/*","path_prefix":"/d/","url":"file:///o"}],
            "resources":{"cpu_cores":2,"ram_gb":1.5,"backend_parameters":{"Weft.Replicas":"3"}},"volumes":["/v/"],
            "executors":[{"image":"a","command":["b","c"],"env":{"A":"1"},"ignore_error":true}],"tags":{"k":""}}
            """#
        let first = try task(text)
        #expect(try TaskDocument(document: .object(first.members(for: .full))) == first)
        #expect(first.resources?.backendParameters == ["weft.replicas": "3"])
        let basic = Document.object(first.members(for: .basic))
        #expect(basic["inputs"]?[0]?["content"] == nil && basic["inputs"]?[0]?["type"] == "FILE")
    }

    @Test func statesOfJobsAreStatesOfTasks() {
        #expect(TESState(.waiting, nil) == .queued)
        #expect(TESState(.running, nil) == .running)
        #expect(TESState(.succeeded, nil) == .running)
        #expect(TESState(.succeeded, Settlement(.complete)) == .complete)
        #expect(TESState(.failed, Settlement(.executorError)) == .executorError)
        #expect(TESState(.cancelled, nil) == .canceled)
    }

    @Test func everyStateCanBeFoundByTheJobsThatHaveIt() {
        for job in JobState.allCases {
            for settlement in [nil, Settlement(.complete), Settlement(.systemError), Settlement(.executorError)] {
                let state = TESState(job, settlement)
                let isPossible =
                    !(job == .failed && state == .complete) && !(job == .succeeded && state == .executorError)
                #expect(!isPossible || state.jobStates.contains(job), "\(job) \(state)")
            }
        }
    }
}
