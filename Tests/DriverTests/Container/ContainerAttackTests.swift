#if os(Linux)
    import Glibc
    import TestEngines
    import Testing
    import WeftDrivers
    import WeftModel

    extension ContainerSuite {
        /// Attempts at getting out by what an image holds: a shell, a setuid program of root's. The attacks that any program
        /// may try are those of ``AttackTests``.
        @Suite(.serialized) struct ImageAttackTests {
            static let scripts: [(name: String, script: String)] = [
                (
                    "the root is read-only",
                    "touch /x && echo ESCAPED; touch /bin/x && echo ESCAPED; rm /bin/ls && echo ESCAPED"
                ),
                ("a setuid program gives nothing", "[ $(setuid-busybox id -u) = 0 ] && echo ESCAPED"),
                ("root's files stay closed", "cat /etc/shadow && echo ESCAPED"),
                (
                    "there is no way out",
                    "wget -q -T 2 -O- http://1.1.1.1 && echo ESCAPED; ping -c1 -W1 1.1.1.1 && echo ESCAPED"
                ),
                ("there are no interfaces", "ip link | grep -v lo: | grep -q 'state UP' && echo ESCAPED"),
                ("no engine's socket is there", "ls /var/run/docker.sock /run/podman/podman.sock && echo ESCAPED"),
                ("no capability is left", "grep -q '^CapEff:.*[1-9a-f]' /proc/self/status && echo ESCAPED"),
                ("privileges cannot be had", "grep -q '^NoNewPrivs:.*0' /proc/self/status && echo ESCAPED"),
                ("system calls are filtered", "grep -q '^Seccomp:.*0' /proc/self/status && echo ESCAPED"),
                ("other processes are not seen", "[ $(ls /proc | grep -c '^[0-9]') -gt 20 ] && echo ESCAPED"),
                (
                    "the machine's files are not there",
                    "cat /work/../root/.ssh/* /proc/1/root/home/* 2>/dev/null && echo ESCAPED"
                ),
                ("the worker's secrets are not seen", "env | grep -q WEFT_TEST_SECRET && echo ESCAPED"),
                (
                    "hosts cannot be changed",
                    "echo x >> /etc/hosts && echo ESCAPED; echo x >> /etc/resolv.conf && echo ESCAPED"
                ),
            ]

            @Test(arguments: TestedEngine.present) func scriptsDoNotEscape(engine: TestedEngine) async throws {
                setenv("WEFT_TEST_SECRET", "secret", 1)
                let host = try ContainerHost(engine)
                // One container for all, since none of them is in another's way.
                let script = Self.scripts.map { "echo \"\($0.name)\"; (\($0.script))" }.joined(separator: "\n")
                let outcome = try await host.script(script + "\necho over")
                #expect(outcome.output.hasSuffix("over\n"), "\(outcome.end) \(outcome.errors)")
                #expect(!outcome.output.contains("ESCAPED"), "\(outcome.output)")
                for (name, _) in Self.scripts { #expect(outcome.output.contains(name)) }
            }

            @Test(arguments: TestedEngine.present) func outputsThatAreLinksAreNotFollowed(engine: TestedEngine)
                async throws
            {
                let host = try ContainerHost(engine)
                let outcome = try await host.script(
                    "ln -s /etc/passwd a; ln -s / b; mkfifo c; mkdir d; ln -s ../../../../etc d/e; echo over")
                #expect(outcome.output == "over\n")
                for path in ["a", "b/etc/passwd", "c", "d/e/passwd"] {
                    let found = try outcome.workspace.findOutput(path)
                    guard case .unsuitable = found else {
                        Issue.record("\(path) was taken for an output")
                        continue
                    }
                }
                try await host.root.remove(outcome.workspace)
            }

            @Test(arguments: TestedEngine.present) func aDeepTreeAndManyFilesAreOverTheDiskLimit(
                engine: TestedEngine
            ) async throws {
                let host = try ContainerHost(engine)
                let files = try await host.script(
                    "i=0; while [ $i -lt 20000 ]; do : > f$i; i=$((i+1)); done; sleep 5", timeout: .seconds(60))
                #expect(files.failure == .outOfDisk, "\(files.end)")
                let deep = try await host.script(
                    "i=0; while [ $i -lt 300 ]; do mkdir d && cd d; i=$((i+1)); done; sleep 5")
                #expect(deep.failure == .outOfDisk, "\(deep.end)")
                try await host.root.remove(files.workspace)
                try await host.root.remove(deep.workspace)
            }
        }
    }
#endif
