import NIOHTTP1
import Synchronization
import Testing
import WeftFormats
import WeftHTTP
import WeftModel

/// Single resources are not sent again to who has them, and requests that say more than is understood are refused.
@Suite struct ResourceTests {
    @Test func resourcesHaveTags() async throws {
        try await withServer { server in
            let job = try await server.submitted()
            server.service.state.withLock { state in
                let task = TaskID(job: job.id, index: 0)
                state.tasks[task] = TaskView(id: task, state: .running)
            }
            for path in [
                "/api/v1/jobs/\(job.id)", "/api/v1/jobs/\(job.id)/spec", "/api/v1/jobs/\(job.id)/tasks/0",
                "/api/v1/schema/job",
            ] {
                let first = try await server.call(.GET, path)
                let tag = try #require(first.headers["etag"].first, "\(path)")
                let again = try await server.call(.GET, path, headers: [("if-none-match", "\"x\", \(tag)")])
                #expect(again.status == 304 && again.bytes.isEmpty, "\(path)")
                #expect(again.headers["etag"] == [tag])
            }
            let before = try await server.call(.GET, "/api/v1/jobs/\(job.id)")
            _ = try await server.call(.POST, "/api/v1/jobs/\(job.id)/cancel")
            let tag = try #require(before.headers["etag"].first)
            let after = try await server.call(.GET, "/api/v1/jobs/\(job.id)", headers: [("if-none-match", tag)])
            #expect(after.status == 200)
        }
    }

    @Test func unknownMembersOfBodiesAreNamed() async throws {
        try await withServer { server in
            let token = try await server.call(
                .POST, "/api/v1/tokens", body: #"{"name": "ci", "role": "viewer", "rôle": "admin"}"#)
            #expect(token.status == 422)
            #expect(try token.problem().errors?.map(\.field) == ["rôle"])
            let twice = try await server.call(
                .POST, "/api/v1/tokens", body: #"{"name": "ci", "role": "viewer", "role": "admin"}"#)
            #expect(twice.status == 422)
            let drained = try await server.call(.POST, "/api/v1/nodes/n/drain", body: #"{"draining": true, "x": 1}"#)
            #expect(drained.status == 422)
        }
    }

    @Test(arguments: [
        "jobs?limit=%2B5", "jobs?limit=", "jobs?state=", "jobs?state=running,", "jobs?submitter=a%20b",
        "jobs?cursor=007",
        "jobs?cursor=9223372036854775808", "jobs?label=a", "jobs?wait=1", "events?after=x", "events?after=1-2-3",
        "events?job=%2B1", "events?wait=10000000", "events?wait=1h", "events?node=",
    ])
    func parametersAreTakenByTheLetter(query: String) async throws {
        try await withServer { server in
            let answer = try await server.call(.GET, "/api/v1/" + query)
            #expect(answer.status == 400)
            #expect(try answer.problem().errors?.count == 1)
        }
    }

    @Test func flagsAreTrueOrFalse() async throws {
        try await withServer { server in
            let job = try await server.submitted()
            for (value, status) in [("true", 200), ("false", 200), ("1", 400), ("", 400), ("True", 400)] {
                let answer = try await server.call(.GET, "/api/v1/jobs/\(job.id)/tasks?disagreed=\(value)")
                #expect(answer.status == status, "\(value)")
            }
        }
    }
}
