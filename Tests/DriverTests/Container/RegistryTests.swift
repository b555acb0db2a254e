#if os(Linux)
    import Glibc
    import TestEngines
    import Testing
    import WeftDrivers
    import WeftModel

    extension ContainerSuite {
        /// Images that come from a private registry.
        @Suite(.serialized, .enabled(if: TestRegistry.isPresent, "it takes docker-registry and python3"))
        struct RegistryTests {
            private static func registry() throws -> TestRegistry {
                try TestRegistry.start(in: try ContainerTestFolder.shared.get().path)
            }

            /// Puts the tests' image into the registry, and takes it away from the engine. Returns its reference by
            /// digest.
            private func publish(_ engine: TestedEngine) throws -> String {
                _ = try engine.start()
                let registry = try Self.registry()
                let command = try #require(engine.daemon?.command)
                let name = "\(TestRegistry.address)/team/\(engine.rawValue)"
                let image = try ContainerTestFolder.savedImage
                // What is pushed is compressed: the registry's digest is not the engine's.
                let push =
                    engine == .docker
                    ? """
                    docker --config $(dirname \(registry.credentialsPath)) \(command.dropFirst("docker ".count)) push \
                    \(name):1 | sed -n 's/.*digest: \\(sha256:[0-9a-f]*\\).*/\\1/p'
                    """
                    : """
                    \(command) push -q --authfile \(registry.credentialsPath) --digestfile /dev/stdout \(name):1
                    """
                try containerShell(
                    """
                    set -e; \(command) load -qi \(image) >/dev/null
                    \(command) tag \(engine == .docker ? "" : "localhost/")weft-evil:latest \(name):1
                    """)
                let digest = containerShellOutput(push).prefix { !$0.isNewline }
                try #require(Digest(text: String(digest)) != nil, "\(engine) pushed nothing: \(digest)")
                try remove(engine)
                return "\(name)@\(digest)"
            }

            private func remove(_ engine: TestedEngine) throws {
                let command = try #require(engine.daemon?.command)
                try containerShell("\(command) image rm -f $(\(command) images -q) >/dev/null 2>&1 || true")
            }

            @Test(arguments: TestedEngine.present) func anImageIsPulledWithTheOwnersCredentials(engine: TestedEngine)
                async throws
            {
                let reference = try publish(engine)
                let tag = "\(TestRegistry.address)/team/\(engine.rawValue):1"
                let credentials = try Self.registry().credentialsPath
                let host = try ContainerHost(engine, credentialsPath: credentials)
                let stranger = try ContainerHost(engine, owner: "stranger")

                let refused = try await stranger.run(["true"], image: .reference(reference, pull: .missing))
                #expect(refused.failure == .inputUnavailable)
                let never = try await host.run(["true"], image: .reference(reference, pull: .never))
                #expect(never.failure == .inputUnavailable)

                let ran = try await host.run(["echo", "pulled"], image: .reference(reference, pull: .missing))
                #expect(ran.end == .exited(0) && ran.output == "pulled\n", "\(ran.end) \(ran.errors)")
                // It is there now; asking again takes no registry, unless that is asked for.
                #expect(try await stranger.run(["true"], image: .reference(reference, pull: .never)).end == .exited(0))
                let always = try await stranger.run(["true"], image: .reference(tag, pull: .always))
                #expect(always.failure == .inputUnavailable)
                #expect(try await host.run(["true"], image: .reference(tag, pull: .always)).end == .exited(0))
                try remove(engine)
            }

            @Test(arguments: TestedEngine.present) func theDigestThatWasAskedForIsTheOneThatRuns(engine: TestedEngine)
                async throws
            {
                let reference = try publish(engine)
                let host = try ContainerHost(engine, credentialsPath: try Self.registry().credentialsPath)
                let other = reference.prefix { $0 != "@" } + "@sha256:" + String(repeating: "0", count: 64)
                let missing = try await host.run(["true"], image: .reference(String(other), pull: .missing))
                #expect(missing.failure == .inputUnavailable)
                try remove(engine)
            }

            @Test(arguments: TestedEngine.present) func credentialsThatOthersCanReadAreNotUsed(engine: TestedEngine)
                async throws
            {
                let reference = try publish(engine)
                let loose = try ContainerTestFolder.shared.get().makeDirectory() + "/config.json"
                try containerShell("cp \(try Self.registry().credentialsPath) \(loose); chmod 644 \(loose)")
                let host = try ContainerHost(engine, credentialsPath: loose)
                let refused = try await host.run(["true"], image: .reference(reference, pull: .missing))
                guard case .failed(let failure) = refused.end else {
                    Issue.record("\(refused.end)")
                    return
                }
                #expect(failure.kind == .inputUnavailable && failure.message.contains("chmod 600"))
                #expect(!failure.message.contains(TestRegistry.password))
            }
        }
    }
#endif
