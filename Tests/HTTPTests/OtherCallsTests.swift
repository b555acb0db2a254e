import NIOHTTP1
import Synchronization
import Testing
import WeftFormats
import WeftHTTP
import WeftModel

/// Calls as other systems have them.
@Suite struct OtherCallsTests {
    @Test func aCommandInAnImageIsAContainerJob() async throws {
        try await withServer { server in
            let body = """
                {"name": "hello", "docker_image": "alpine:3.20", "command": "echo hi", "required_cpu": 2,
                 "required_memory": 512}
                """
            let job = try await server.call(.POST, "/api/v1/jobs", body: body).json(JobView.self)
            #expect(job.name == "hello")
            let spec = try #require(server.service.state.withLock { $0.specs[job.id] })
            #expect(
                spec
                    == (try JobSpec.parse(
                        yamlOrJSON: Array(
                            """
                            name: hello
                            payload: {container: {image: "alpine:3.20", command: echo hi}}
                            resources: {cpus: 2, memory: 512MiB}
                            """.utf8))))
        }
    }

    @Test func memoryOfSuchAJobCanBeBytesOrAText() async throws {
        try await withServer { server in
            for (memory, bytes) in [("1048575", 1_048_575 << 20), ("1048576", 1 << 20), ("\"1GiB\"", 1 << 30)]
                as [(String, Int64)]
            {
                let body = #"{"docker_image": "a", "required_memory": \#(memory)}"#
                let job = try await server.call(.POST, "/api/v1/jobs", body: body).json(JobView.self)
                #expect(server.service.state.withLock { $0.specs[job.id]?.resources.memoryBytes } == bytes, "\(memory)")
            }
        }
    }

    @Test func problemsOfSuchAJobNameTheFieldsAsTheyWereSent() async throws {
        try await withServer { server in
            let wrong = try await server.call(
                .POST, "/api/v1/jobs", body: #"{"docker_image": 3, "required_cpu": -1, "required_memory": "x"}"#)
            #expect(wrong.status == 422)
            #expect(
                Set(try wrong.problem().errors?.map(\.field) ?? []) == [
                    "docker_image", "required_cpu", "required_memory",
                ])
            let unknown = try await server.call(.POST, "/api/v1/jobs", body: #"{"docker_image": "a", "array": 3}"#)
            #expect(try unknown.problem().errors?.map(\.field) == ["array"])
        }
    }

    @Test func trainingIsRefusedWithTheReason() async throws {
        try await withServer { server in
            let answer = try await server.call(
                .POST, "/submit_job", body: #"{"model": "mlp", "dataset": "digits", "epochs": 3}"#)
            #expect(answer.status == 501)
            #expect(try answer.problem().detail?.contains("cannot train") == true)
            let wrong = try await server.call(
                .POST, "/submit_job", body: #"{"model": "", "dataset": "digits", "epochs": 0}"#)
            #expect(wrong.status == 422)
            #expect(try wrong.problem().errors?.map(\.field) == ["model", "epochs"])
            let unknown = try await server.call(
                .POST, "/submit_job", body: #"{"model": "m", "dataset": "d", "epochs": 1, "seed": 1}"#)
            #expect(try unknown.problem().errors?.map(\.field) == ["seed"])
        }
    }

    @Test func statusAndResultsAreShort() async throws {
        struct Status: Decodable { var status: JobState, progress: Double }
        struct Results: Decodable { var status: JobState, metrics: [String: Double], hash: Digest? }
        try await withServer { server in
            let job = try await server.submitted()
            let status = try await server.call(.GET, "/job_status?id=\(job.id)").json(Status.self)
            #expect(status.status == .waiting && status.progress == 0)
            #expect(try await server.call(.GET, "/results?id=\(job.id)").status == 409)
            let answer = Hashing.sha256(Array("answer".utf8))
            server.service.state.withLock { state in
                state.jobs[job.id]?.state = .succeeded
                state.jobs[job.id]?.counts.succeeded = 1
                state.jobs[job.id]?.endedAt = Timestamp(Instant(microseconds: 2_500_000))
                let task = TaskID(job: job.id, index: 0)
                state.tasks[task] = TaskView(id: task, state: .succeeded, verdict: .agreed, answer: answer)
            }
            let results = try await server.call(.GET, "/results?id=\(job.id)").json(Results.self)
            #expect(results.hash == answer && results.status == .succeeded)
            #expect(results.metrics["seconds"] == 2.5 && results.metrics["succeeded"] == 1)
            #expect(try await server.call(.GET, "/job_status?id=\(job.id)").json(Status.self).progress == 100)
            #expect(try await server.call(.GET, "/job_status").status == 400)
            #expect(try await server.call(.GET, "/job_status?id=0").status == 400)
            #expect(try await server.call(.GET, "/job_status?id=99").status == 404)
            #expect(try await server.call(.GET, "/stats").status == 200)
        }
    }
}
