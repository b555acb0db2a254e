#if os(Linux)
    import Glibc
    import Testing
    import WeftDrivers
    import WeftModel

    /// All attacks, behind every driver that claims a wall around programs of this machine.
    @Suite(.serialized) struct AttackTests {
        @Test func thereAreAtLeastFortyAttacksAndEachHasANameOfItsOwn() {
            #expect(Attack.all.count >= 40)
            #expect(Set(Attack.all.map(\.name)).count == Attack.all.count)
        }

        @Test func thePageOfAttacksHasThemAll() throws {
            let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
            let page = try #require(readContainerText("/\(root)/docs/attacks.md"))
            let lines = Set(page.split(separator: "\n").map(String.init))
            let rows = (Attack.all + Attack.ofModules).map(\.row) + HostileModule.all.map(\.row)
            for row in rows { #expect(lines.contains(row), "docs/attacks.md lacks: \(row)") }
        }

        @Test(arguments: AttackedDriver.native) func noAttackGetsThrough(kind: AttackedDriver) async throws {
            let host = try await AttackHost.shared(kind)
            let program = try AttackBinary.bytes()
            let witness = try HostWitness()
            defer { witness.close() }
            let reuse = "attacks"
            let outcome = try await host.run(["try"] + witness.arguments(data: host.data), reuse: reuse)
            #expect(outcome.end == .exited(0), "\(outcome.end) \(outcome.errors)")
            let verdicts = Self.verdicts(outcome.output)
            let broken = Self.broken(Attack.all, verdicts, hasOwnKernel: kind.hasOwnKernel)
            #expect(broken.isEmpty, "\(broken)")
            let complaints = witness.complaints(output: outcome.output + outcome.errors, in: outcome.workspace)
            #expect(complaints.isEmpty, "\(complaints)")
            try await host.root.remove(outcome.workspace)
            #expect(access(outcome.workspace.payloadDirectory, F_OK) != 0, "the workspace is gone")
            // Under the same key, so that a driver that uses walls again does so now.
            let next = try await host.run(["find"], reuse: reuse)
            #expect(next.end == .exited(0), "\(next.end) \(next.output)")
            #expect(try AttackBinary.bytes() == program, "the program itself is as it was")
            try await host.root.remove(next.workspace)
        }

        struct Verdict: CustomStringConvertible {
            var word: String
            var detail: String
            var description: String { "\(word) \(detail)" }
        }

        static func verdicts(_ output: String) -> [String: Verdict] {
            var verdicts: [String: Verdict] = [:]
            for line in output.split(separator: "\n") {
                let parts = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
                if parts.count == 3 { verdicts[parts[0]] = Verdict(word: parts[1], detail: parts[2]) }
            }
            return verdicts
        }

        /// The attacks that got through, or did not run, and what they said.
        static func broken(
            _ attacks: [Attack], _ verdicts: [String: Verdict], hasOwnKernel: Bool
        ) -> [String] {
            attacks.compactMap { attack in
                let verdict = verdicts[attack.name] ?? Verdict(word: "it did not run", detail: "")
                return isHeld(attack, verdict, hasOwnKernel: hasOwnKernel) ? nil : "\(attack.name): \(verdict)"
            }
        }

        private static func isHeld(_ attack: Attack, _ verdict: Verdict, hasOwnKernel: Bool) -> Bool {
            switch (attack.holds, verdict.word) {
            case (.blocked, "held"), (.harmless, "done"): true
            // By the system call filter.
            case (.blockedByTheMachine, "held"), (.blockedByTheMachine, "killed"): true
            case (.blockedByTheMachine, "OPEN"): hasOwnKernel
            default: false
            }
        }
    }
#endif
