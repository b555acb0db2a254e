#if os(Linux)
    import Glibc
    import Testing
    import WeftSandbox

    extension SandboxSuite {
        /// Each test is one way a payload might try to get out, to see more than its own, or to take more than its share.
        @Suite
        struct SandboxAttackTests {
            let sandbox: SandboxFixture

            init() async throws { sandbox = try await SandboxFixture.shared.value }

            // MARK: files

            @Test func aPayloadCannotReadTheHostsFiles() async throws {
                let secret = "\(sandbox.folder)/secret"
                try writeFile(secret, "secret")
                sandbox.expectHeld(
                    try await sandbox.attack(
                        "read", secret, "/etc/shadow", "/root", "/home", "/var/log", "/sys/kernel",
                        "/work/../..\(secret)", "/..\(secret)",
                        "/proc/1/root\(secret)", "/proc/self/root\(secret)", "/proc/kcore", "/.dockerenv", "/boot"))
            }

            @Test func aPayloadCannotFollowALinkToTheHostsFiles() async throws {
                let secret = "\(sandbox.folder)/secret-linked"
                try writeFile(secret, "secret")
                let outcome = try await sandbox.shell("ln -s \(secret) link; cat link; ln -s /proc/1/root up; ls up/")
                #expect(outcome.output == "")
            }

            @Test func aPayloadCannotWriteOutsideItsDirectory() async throws {
                // Held by the mount alone: everyone may write to this one.
                try writeFile("\(sandbox.programFolder)/open", "")
                chmod("\(sandbox.programFolder)/open", 0o666)
                sandbox.expectHeld(
                    try await sandbox.attack(
                        "write", "/file", "/usr/file", "/usr/bin/true", "/etc/passwd", "/etc/file", "/bin/file",
                        "/dev/file",
                        "/proc/file", "/program/file", "/program/attack", "/program/open", "/usr/share/file",
                        "/lib/file",
                        "/var/tmp/file"))
            }

            @Test func aPayloadCannotWriteKernelSettings() async throws {
                sandbox.expectHeld(
                    try await sandbox.attack(
                        "write", "/proc/sys/kernel/hostname", "/proc/sys/kernel/core_pattern",
                        "/proc/sys/vm/drop_caches",
                        "/proc/sys/net/ipv4/ip_forward", "/proc/sysrq-trigger", "/proc/self/uid_map",
                        "/proc/self/oom_score_adj", "/proc/self/mem", "/proc/1/oom_score_adj", "/sys/power/state"))
            }

            @Test func initShowsNothingOfItself() async throws {
                sandbox.expectHeld(
                    try await sandbox.attack(
                        "read", "/proc/1/root", "/proc/1/environ", "/proc/1/mem", "/proc/1/maps", "/proc/1/fd",
                        "/proc/1/cwd",
                        "/proc/1/exe", "/proc/1/ns/mnt"))
            }

            @Test func noDescriptorIsInherited() async throws {
                let open = open("\(sandbox.folder)", O_RDONLY)  // without close-on-exec, as a careless library would
                defer { close(open) }
                sandbox.expectHeld(try await sandbox.attack("descriptors"))
            }

            @Test func devicesCannotBeMadeOrOpened() async throws {
                let directory = sandbox.makeDirectory()
                // A node that was left in the directory is of no use either.
                if isRoot { mknod("\(directory)/planted", S_IFCHR | 0o666, 0x103) }
                sandbox.expectHeld(try await sandbox.attack("devices", directory: directory))
            }

            @Test func aSetuidProgramGivesNoPrivilege() async throws {
                let program = "\(sandbox.programFolder)/setuid"
                #expect(system("cp \(sandbox.programFolder)/attack \(program) && chmod 6755 \(program)") == 0)
                defer { unlink(program) }
                let outcome = try await sandbox.run(["/program/setuid", "setuid"])
                sandbox.expectHeld(outcome)
                #expect(outcome.output.contains("no new privileges 1"))
            }

            @Test func aPayloadHasNoCapabilities() async throws {
                sandbox.expectHeld(try await sandbox.attack("capabilities"))
            }

            @Test func filesCannotBeOpenedByHandle() async throws {
                sandbox.expectHeld(try await sandbox.attack("handles"))
            }

            // MARK: other processes

            @Test func aPayloadSeesOnlyItsOwnProcesses() async throws {
                sandbox.expectHeld(try await sandbox.attack("processes"))
            }

            @Test func aPayloadCanSignalNobodyElse() async throws {
                sandbox.expectHeld(try await sandbox.attack("signals", "\(getpid())"))
            }

            @Test func aPayloadCannotTraceOrReadOthers() async throws {
                sandbox.expectHeld(try await sandbox.attack("ptrace"))
            }

            // MARK: network

            @Test func aPayloadCannotOpenSockets() async throws {
                sandbox.expectHeld(try await sandbox.attack("socket"))
            }

            @Test func theHostsAbstractSocketsAreOutOfReach() async throws {
                let name = "weft-test-\(getpid())"
                let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
                defer { close(listener) }
                var address = sockaddr_un()
                address.sun_family = sa_family_t(AF_UNIX)
                withUnsafeMutableBytes(of: &address.sun_path) { path in
                    for (index, byte) in name.utf8.enumerated() { path[index + 1] = byte }
                }
                let length = socklen_t(MemoryLayout<sa_family_t>.size + 1 + name.utf8.count)
                let bound = withUnsafePointer(to: &address) {
                    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, length) }
                }
                #expect(bound == 0)
                #expect(listen(listener, 1) == 0)
                sandbox.expectHeld(try await sandbox.attack("abstract", name))
            }

            // MARK: kernel

            @Test func mountsAndRootsCannotBeChanged() async throws {
                sandbox.expectHeld(try await sandbox.attack("mount"))
            }

            @Test func namespacesCannotBeMade() async throws {
                sandbox.expectHeld(try await sandbox.attack("namespaces"))
            }

            @Test func modulesCannotBeLoaded() async throws { sandbox.expectHeld(try await sandbox.attack("modules")) }

            @Test func theKeyringIsOutOfReach() async throws { sandbox.expectHeld(try await sandbox.attack("keyring")) }

            @Test func ringsProgramsAndCountersOfTheKernelAreOutOfReach() async throws {
                sandbox.expectHeld(try await sandbox.attack("kernel-surface"))
            }

            @Test func theMachineCannotBeReconfigured() async throws {
                sandbox.expectHeld(try await sandbox.attack("machine"))
            }

            @Test func theTerminalCannotBeTypedInto() async throws {
                sandbox.expectHeld(try await sandbox.attack("terminal"))
            }

            #if arch(x86_64)
                @Test(arguments: ["x32", "i386"]) func otherSystemCallTablesAreFatal(table: String) async throws {
                    #expect(try await sandbox.attack(table).end == .signalled(signal: SIGSYS))
                }
            #endif

            // MARK: more than its share

            @Test func forkingStopsAtTheLimit() async throws {
                var limits = SandboxFixture.limits
                limits.processCount = 20
                let outcome = try await sandbox.attack("fork", limits: limits)
                sandbox.expectHeld(outcome)
                let children = outcome.output.split(separator: " ").first.flatMap { Int($0) }
                #expect((children ?? .max) <= 18)
                #expect((children ?? 0) >= 10)
            }

            @Test func aForkBombIsGoneWhenItsTimeIsUp() async throws {
                var limits = SandboxFixture.limits
                limits.wallTime = .milliseconds(500)
                limits.processCount = 200
                let outcome = try await sandbox.attack("fork-bomb", limits: limits)
                #expect(outcome.end == .timedOut)
            }

            @Test func aClockThatIsStarvedIsKeptAllTheSame() async throws {
                var limits = SandboxFixture.limits
                limits.cpuMillis = 10
                limits.processCount = 200
                limits.wallTime = .milliseconds(700)
                let outcome = try await sandbox.run(["/program/attack", "fork-bomb"], limits: limits)
                #expect(outcome.end == .timedOut)
                #expect(outcome.report.usage.wall < .seconds(6))
            }

            @Test func fillingMemoryEndsTheSandbox() async throws {
                guard await sandbox.launcher.probe().enforces(.memory) else {
                    // Without a control group nothing holds it. Then that must be said; the attack itself would hurt the host.
                    let outcome = try await sandbox.run(["/bin/true"])
                    #expect(outcome.report.unenforced.contains(.memory), "what is not enforced must be named")
                    return
                }
                var limits = SandboxFixture.limits
                limits.memoryBytes = 32 << 20
                let outcome = try await sandbox.attack("memory", limits: limits)
                #expect(outcome.end == .outOfMemory)
                #expect(outcome.report.usage.peakMemoryBytes ?? 0 <= 32 << 20)
            }

            @Test func aFileGrowsNoLargerThanItsLimit() async throws {
                var limits = SandboxFixture.limits
                limits.fileSizeBytes = 8 << 20
                sandbox.expectHeld(try await sandbox.attack("big-file", limits: limits))
                sandbox.expectHeld(try await sandbox.attack("sparse-file", limits: limits))
            }

            @Test(arguments: ["many-big-files", "many-files", "hidden-files", "unlinked-files", "deep-directories"])
            func fillingTheDiskEndsTheSandbox(way: String) async throws {
                var limits = SandboxFixture.limits
                limits.diskBytes = 32 << 20
                if way == "unlinked-files" && !isRoot && controlGroups(ofWorker: getpid()).isEmpty {
                    // A walk cannot see deleted files; without a control group there is no list of processes to ask.
                    limits.wallTime = .milliseconds(400)
                    #expect(try await sandbox.attack(way, limits: limits).end == .timedOut)
                    return
                }
                #expect(try await sandbox.attack(way, limits: limits).end == .outOfDisk)
            }

            @Test(arguments: ["/tmp", "/dev/shm"]) func temporaryFoldersAreBounded(folder: String) async throws {
                sandbox.expectHeld(try await sandbox.attack("fill", folder))
            }

            @Test(arguments: ["daemon", "stubborn"]) func nothingOutlivesItsSandbox(way: String) async throws {
                var limits = SandboxFixture.limits
                limits.wallTime = .milliseconds(300)
                let marker = "marker-\(way)-\(getpid())"
                let outcome = try await sandbox.attack(way, marker, limits: limits)
                #expect(outcome.end == (way == "daemon" ? .exited(code: 0) : .timedOut))
                #expect(processes(marked: marker).isEmpty)
            }

            @Test func theDeadlineIsKept() async throws {
                var limits = SandboxFixture.limits
                limits.wallTime = .milliseconds(200)
                let outcome = try await sandbox.run(["/bin/sleep", "30"], limits: limits)
                #expect(outcome.end == .timedOut)
                #expect(outcome.report.usage.wall >= .milliseconds(200))
                #expect(outcome.report.usage.wall < .seconds(5))
            }
        }
    }
#endif
