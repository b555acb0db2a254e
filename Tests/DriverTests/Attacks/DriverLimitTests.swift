#if os(Linux)
    import Testing
    import WeftDrivers
    import WeftModel

    /// Every limit, on every driver that claims it; and what drivers say was used.
    @Suite(.serialized) struct DriverLimitTests {
        private static let mebibyte: Int64 = 1 << 20

        private func run(
            _ kind: AttackedDriver, _ arguments: [String], cpuMillis: Int64 = 1000, memoryMebibytes: Int64 = 128,
            diskMebibytes: Int64 = 16, timeout: Duration = .seconds(60)
        ) async throws -> AttackHost.Outcome {
            let host = try await AttackHost.shared(kind)
            let outcome = try await host.run(
                ["strain"] + arguments,
                resources: Resources(
                    cpuMillis: cpuMillis, memoryBytes: memoryMebibytes << 20, diskBytes: diskMebibytes << 20),
                timeout: timeout)
            try await host.root.remove(outcome.workspace)
            return outcome
        }

        @Test(arguments: AttackedDriver.present) func limitsAreClaimedThatAreShownHere(kind: AttackedDriver)
            async throws
        {
            let answer = await (try await AttackHost.shared(kind)).driver.probe()
            guard case .available(let version, let startup, let enforced, _, _) = answer else {
                return #expect(Bool(false), "\(answer)")
            }
            print("limit tests: \(kind): \(version), starts in \(startup)")
            #expect(Set(enforced) == kind.limits)
        }

        @Test(arguments: AttackedDriver.present) func usageIsReported(kind: AttackedDriver) async throws {
            let used = try await run(kind, ["use", "48", "5", "300000"])
            #expect(used.end == .exited(0), "\(used.end) \(used.errors)")
            let usage = try #require(used.report.usage)
            let peak = try #require(usage.peakMemoryBytes)
            #expect((48 * Self.mebibyte...128 * Self.mebibyte).contains(peak), "\(kind): peak \(peak)")
            // The program itself and its source are there, too.
            let disk = try #require(usage.diskBytes)
            #expect((5 * Self.mebibyte...8 * Self.mebibyte).contains(disk), "\(kind): disk \(disk)")
            #expect(usage.cpuMicroseconds ?? 0 > 0)
            // Every hundredth byte on standard error, too.
            #expect(usage.outputBytes == 303_000, "\(kind): \(usage.outputBytes ?? -1)")
            #expect(used.report.standardOutput.sizeBytes == 300_000)
        }

        @Test(arguments: AttackedDriver.present) func memoryIsLimited(kind: AttackedDriver) async throws {
            let hog = try await run(kind, ["hog"])
            if kind == .wasm {
                // The engine does not let a module grow, which the module sees.
                #expect(hog.end == .exited(12), "\(hog.end) \(hog.errors)")
            } else {
                #expect(hog.failure == .outOfMemory, "\(kind): \(hog.end) \(hog.errors)")
            }
            let peak = hog.report.usage?.peakMemoryBytes ?? 0
            // The kernel lets a group have some pages more while it ends what is in it.
            #expect((64 * Self.mebibyte...129 * Self.mebibyte).contains(peak), "\(kind): peak \(peak)")
        }

        @Test(arguments: AttackedDriver.present) func processorTimeIsLimited(kind: AttackedDriver) async throws {
            // A machine has whole processors, and counts its time by its own clock.
            let share = kind == .vm ? 1.0 : 0.5
            let spin = try await run(kind, ["spin", "1200", "4"], cpuMillis: Int64(share * 1000))
            #expect(spin.end == .exited(0), "\(kind): \(spin.end) \(spin.errors)")
            let usage = try #require(spin.report.usage)
            let cpu = Double(try #require(usage.cpuMicroseconds)) / 1e6
            let wall = Double(usage.wallMicroseconds) / 1e6
            #expect(wall >= 1.1)
            #expect(cpu >= 0.1, "\(kind): \(cpu) s")
            // A period of slack at either end, and what starting takes.
            #expect(cpu <= wall * share * 1.2 + 0.3, "\(kind): \(cpu) s in \(wall) s")
        }

        @Test(arguments: AttackedDriver.present.filter { $0.limits.contains(.processes) && $0 != .wasm })
        func processesAreLimited(kind: AttackedDriver) async throws {
            let forks = try await run(kind, ["forks", "4000"], memoryMebibytes: 256)
            #expect(forks.end == .exited(0), "\(kind): \(forks.end) \(forks.errors)")
            let made = Int64(forks.output.split(separator: "\n").first ?? "") ?? .max
            let limit = kind == .vm ? VMDriver.processCount : AttackHost.processCount
            #expect((limit / 4...limit).contains(made), "\(kind): \(made)")
        }

        @Test(arguments: AttackedDriver.present) func diskIsLimited(kind: AttackedDriver) async throws {
            // A machine takes its time to start, and its disk is a file system of its size.
            for way in kind == .vm ? ["fill-many"] : ["fill-one", "fill-many"] {
                let full = try await run(kind, [way])
                if kind == .vm {
                    // Its disk has no more room, which the payload sees.
                    #expect(full.end == .exited(28), "\(kind): \(full.end) \(full.errors)")
                } else {
                    #expect(full.failure == .outOfDisk, "\(kind), \(way): \(full.end) \(full.errors)")
                }
                #expect(full.report.usage?.diskBytes ?? 0 < 200 * Self.mebibyte)
            }
        }

        @Test(arguments: AttackedDriver.present) func timeIsLimited(kind: AttackedDriver) async throws {
            let slept = try await run(kind, ["sleep", "60"], timeout: .milliseconds(600))
            #expect(slept.failure == .timedOut, "\(kind): \(slept.end)")
            #expect((600_000..<20_000_000).contains(slept.report.usage?.wallMicroseconds ?? 0))
        }
    }

    extension AttackedDriver {
        /// What its driver claims to hold here, and the tests above show.
        var limits: Set<Limit> { Set(Limit.allCases) }
    }
#endif
