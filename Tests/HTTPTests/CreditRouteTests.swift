import NIOHTTP1
import Synchronization
import Testing
import WeftCoordinator
import WeftFormats
import WeftModel

@Suite struct CreditRouteTests {
    private static func grant(_ submitter: String, _ amount: String) -> String {
        #"{"submitter":"\#(submitter)","amount":"\#(amount)","reason":"a start"}"#
    }

    @Test func aGrantWithAKeyIsMadeOnce() async throws {
        try await withServer { server in
            let headers = [("idempotency-key", "k1")]
            let first = try await server.call(
                .POST, "/api/v1/credits/grants", headers: headers, body: Self.grant("s", "12.000001"))
            #expect(first.status == 201)
            #expect(first.text.contains(#""amount":"12.000001""#))
            let again = try await server.call(
                .POST, "/api/v1/credits/grants", headers: headers, body: Self.grant("s", "12.000001"))
            #expect(again.status == 200)
            #expect(try again.json(MovementView.self) == first.json(MovementView.self))
            #expect(try first.json(MovementView.self).by == "a")
            #expect(try await server.call(.GET, "/api/v1/credits/grants").status == 405)
        }
    }

    @Test func amountsAreTexts() async throws {
        try await withServer { server in
            for body in [
                #"{"submitter":"s","amount":12,"reason":"x"}"#, #"{"submitter":"s","amount":"1e3","reason":"x"}"#,
                #"{"submitter":"s","amount":"0.0000001","reason":"x"}"#, #"{"submitter":"s","reason":"x"}"#,
            ] {
                let answer = try await server.call(.POST, "/api/v1/credits/grants", body: body)
                #expect(answer.status == 422, "\(body)")
                #expect(try answer.problem().errors?.first?.field == "amount")
            }
        }
    }

    @Test func submittersSeeTheirOwnAndThoseOfTheirJobs() async throws {
        try await withServer { server in
            _ = try await server.call(.POST, "/api/v1/credits/grants", body: Self.grant("s", "5"))
            _ = try await server.call(.POST, "/api/v1/credits/grants", body: Self.grant("o", "7"))
            let job = try await server.submitted()
            let escrow = "/api/v1/credits/escrow:\(job.id)"
            let own = try await server.call(.GET, "/api/v1/credits/submitter:s", as: "submitter")
            #expect(try own.json(AccountView.self).balance.description == "5")
            #expect(try await server.call(.GET, escrow, as: "submitter").status == 200)
            for path in ["/api/v1/credits/submitter:o", "/api/v1/credits/node:n", "/api/v1/credits/issuance"] {
                #expect(try await server.call(.GET, path, as: "submitter").status == 403, "\(path)")
                #expect(try await server.call(.GET, path + "/statement", as: "submitter").status == 403, "\(path)")
                #expect(try await server.call(.GET, path).status == 200, "\(path)")
            }
            #expect(try await server.call(.GET, escrow, as: "other").status == 403)
            #expect(try await server.call(.GET, "/api/v1/credits/escrow:99", as: "other").status == 404)
            #expect(try await server.call(.GET, "/api/v1/credits/what:ever").status == 404)
            let list = try await server.call(.GET, "/api/v1/credits", as: "submitter").json(Page<AccountView>.self)
            #expect(list.items.map(\.account) == [.submitter("s")])
            let all = try await server.call(.GET, "/api/v1/credits?limit=2").json(Page<AccountView>.self)
            #expect(all.items.map(\.account.description) == ["issuance", "submitter:o"])
            let rest = try await server.call(.GET, "/api/v1/credits?limit=2&cursor=\(all.next ?? "")")
            #expect(try rest.json(Page<AccountView>.self).items.map(\.account.description) == ["submitter:s"])
        }
    }

    @Test func aStatementComesInPagesAndPeriods() async throws {
        try await withServer { server in
            for amount in 1...5 {
                _ = try await server.call(.POST, "/api/v1/credits/grants", body: Self.grant("s", "\(amount)"))
            }
            let path = "/api/v1/credits/submitter:s/statement"
            var balances: [String] = []
            var cursor = ""
            repeat {
                let page = try await server.call(.GET, "\(path)?limit=2\(cursor)").json(StatementView.self)
                balances += page.items.map(\.balance.description)
                cursor = page.next.map { "&cursor=\($0)" } ?? ""
            } while !cursor.isEmpty
            #expect(balances == ["1", "3", "6", "10", "15"])
            let part = try await server.call(.GET, "\(path)?from=1970-01-02&to=1970-01-04T00:00:00Z")
            let page = try part.json(StatementView.self)
            #expect(page.opening.description == "1")
            #expect(page.items.map(\.balance.description) == ["3", "6"])
            for wrong in ["from=yesterday", "to=1970-01-04T00:00:00", "limit=0", "cursor=x", "unknown=1"] {
                #expect(try await server.call(.GET, "\(path)?\(wrong)").status == 400, "\(wrong)")
            }
        }
    }

    @Test func aJobThatCannotBePaidForIsAProblemWithNumbers() async throws {
        let service = FakeService()
        let shortage = BudgetShortage(available: Credits(text: "1.5")!, needed: Credits(text: "4")!)
        service.state.withLock { $0.refusal = .unaffordable("2.5 are missing", shortage) }
        try await withServer(service) { server in
            let answer = try await server.call(.POST, "/api/v1/jobs", body: Running.job)
            #expect(answer.status == 402)
            #expect(answer.headers["content-type"] == ["application/problem+json"])
            let problem = try answer.problem()
            #expect(problem.type == "/problems/budget")
            #expect(
                [problem.available, problem.needed, problem.missing].map { $0?.description } == ["1.5", "4", "2.5"])
        }
    }
}
