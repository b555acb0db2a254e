#if os(Linux)
    import Synchronization

    /// The calls of the Docker Engine API that a worker needs, against Docker or Podman.
    ///
    /// Each throws ``EngineError``; cancelling the calling task ends a call with ``EngineError/interrupted``, except where
    /// it says that it is done in any case.
    package struct EngineAPI: Sendable {
        let client: EngineClient
        /// Whether Podman's own calls are there.
        var isPodman = false

        private static let version = "/v1.41"
        /// Calls that ask, or that do a little.
        private static let short = Duration.seconds(30)
        /// Calls behind which programs start or files move.
        static let long = Duration.seconds(120)
        static let tar = "application/x-tar"

        package init(socketPath: String) { client = EngineClient(socketPath: socketPath) }

        func version(timeout: Duration = .seconds(5)) async throws -> EngineTypes.Version {
            try await client.value(
                EngineTypes.Version.self, EngineRequest("GET", Self.version + "/version"), timeout: timeout)
        }

        func info() async throws -> EngineTypes.Info {
            try await client.value(
                EngineTypes.Info.self, EngineRequest("GET", Self.version + "/info"), timeout: Self.short)
        }

        // MARK: images

        /// Nil when the engine does not have it.
        func image(_ name: String) async throws -> EngineTypes.ImageDetails? {
            do {
                // A reference's slashes stay; nothing else in it may end the path.
                let path = "/images/\(EngineRequest.escaped(name))/json"
                return try await client.value(
                    EngineTypes.ImageDetails.self, EngineRequest("GET", Self.version + path), timeout: Self.short)
            } catch EngineError.refused(404, _) { return nil }
        }

        /// `authorization` is what the registry wants to know (`X-Registry-Auth`), never to be shown to anybody.
        func pull(_ reference: String, authorization: String?, timeout: Duration) async throws {
            var request = EngineRequest(
                "POST", Self.version + "/images/create", query: [("fromImage", reference)])
            if let authorization { request.fields.append(("X-Registry-Auth", authorization)) }
            try await client.values(EngineTypes.Progress.self, request, timeout: timeout) {
                progress throws(EngineError) in
                if let error = progress.error { throw .refused(status: 500, message: error) }
            }
        }

        /// Loads what `docker save` would have written.
        func load(timeout: Duration, _ produce: @escaping @Sendable (ContentWriter) throws -> Void) async throws {
            let request = EngineRequest(
                "POST", Self.version + "/images/load", query: [("quiet", "1")],
                content: .stream(type: Self.tar, produce))
            try await client.values(EngineTypes.Progress.self, request, timeout: timeout) {
                progress throws(EngineError) in
                if let error = progress.error { throw .refused(status: 500, message: error) }
            }
        }

        func tag(_ image: String, repository: String, tag: String) async throws {
            _ = try await client.send(
                EngineRequest(
                    "POST", Self.version + "/images/\(EngineRequest.escaped(image))/tag",
                    query: [("repo", repository), ("tag", tag)]), timeout: Self.short)
        }

        /// One image that consists of a root file system.
        func importImage(rootTar: [UInt8], repository: String, tag: String) async throws -> String {
            if isPodman {
                // Its version of Docker's call leaves a copy of what it is sent in the machine's /var/tmp each time.
                return try await client.value(
                    EngineTypes.Created.self,
                    EngineRequest(
                        "POST", "/v4.0.0/libpod/images/import", query: [("reference", "\(repository):\(tag)")],
                        content: .bytes(rootTar, type: Self.tar)), timeout: Self.long
                ).Id
            }
            let request = EngineRequest(
                "POST", Self.version + "/images/create",
                query: [("fromSrc", "-"), ("repo", repository), ("tag", tag)],
                content: .bytes(rootTar, type: Self.tar))
            let identity = LastText()
            try await client.values(EngineTypes.Progress.self, request, timeout: Self.long) {
                progress throws(EngineError) in
                if let error = progress.error { throw .refused(status: 500, message: error) }
                if let status = progress.status, status.hasPrefix("sha256:") { identity.set(status) }
            }
            guard let text = identity.text else { throw EngineError.malformed("an import without an image") }
            return text
        }

        func images(named repository: String) async throws -> [EngineTypes.ImageSummary] {
            try await client.value(
                [EngineTypes.ImageSummary].self,
                EngineRequest(
                    "GET", Self.version + "/images/json",
                    query: [("filters", try Self.filters(["reference": [repository]]))]), timeout: Self.short)
        }

        /// By tag or digest; one that is not there is no error.
        func removeImage(_ name: String) async throws {
            do {
                _ = try await client.send(
                    EngineRequest(
                        "DELETE", Self.version + "/images/\(EngineRequest.escaped(name))", query: [("force", "1")]),
                    timeout: Self.long)
            } catch EngineError.refused(404, _) {}
        }

        // MARK: containers

        func create(_ container: EngineTypes.ContainerCreation) async throws -> String {
            let body = try EngineClient.encode(container)
            let created = try await client.value(
                EngineTypes.Created.self,
                EngineRequest(
                    "POST", Self.version + "/containers/create", content: .bytes(body, type: "application/json")),
                timeout: Self.long)
            guard !created.Id.isEmpty,
                created.Id.utf8.allSatisfy({ $0 < 128 && Character(UnicodeScalar($0)).isHexDigit })
            else { throw EngineError.malformed("a container is called \(created.Id.prefix(80).debugDescription)") }
            return created.Id
        }

        func attach(_ id: String, withInput: Bool) async throws -> AttachedStreams {
            var query = [("stream", "1"), ("stdout", "1"), ("stderr", "1")]
            if withInput { query.append(("stdin", "1")) }
            let (stream, first) = try await client.upgrade(
                EngineRequest("POST", Self.version + "/containers/\(id)/attach", query: query), timeout: Self.long)
            return AttachedStreams(stream: stream, first: first)
        }

        func start(_ id: String) async throws {
            _ = try await client.send(
                EngineRequest("POST", Self.version + "/containers/\(id)/start"), timeout: Self.long)
        }

        /// Returns once it has ended, with its exit status. To be asked once it has been started.
        func waitForEnd(_ id: String, timeout: Duration? = nil) async throws -> Int32 {
            if isPodman {
                // The call that both know looks every quarter of a second only.
                let request = EngineRequest(
                    "POST", "/v4.0.0/libpod/containers/\(id)/wait",
                    query: [("condition", "stopped"), ("condition", "exited"), ("interval", "5ms")])
                return try await client.value(Int32.self, request, timeout: timeout)
            }
            let answer = try await client.value(
                EngineTypes.WaitAnswer.self,
                EngineRequest(
                    "POST", Self.version + "/containers/\(id)/wait", query: [("condition", "not-running")]),
                timeout: timeout)
            if let message = answer.Error?.Message { throw EngineError.refused(status: 500, message: message) }
            return answer.StatusCode
        }

        func details(_ id: String) async throws -> EngineTypes.ContainerDetails {
            try await client.value(
                EngineTypes.ContainerDetails.self, EngineRequest("GET", Self.version + "/containers/\(id)/json"),
                timeout: Self.short)
        }

        /// Has everything in it stand still. Throws where the engine cannot, as without a control group to freeze.
        func pause(_ id: String) async throws {
            _ = try await client.send(
                EngineRequest("POST", Self.version + "/containers/\(id)/pause"), timeout: Self.short)
        }

        /// One that does not stand still is no error.
        func unpause(_ id: String) async throws {
            do {
                _ = try await client.send(
                    EngineRequest("POST", Self.version + "/containers/\(id)/unpause"), timeout: Self.short)
            } catch EngineError.refused(let status, _) where status == 404 || status == 409 || status == 500 {}
        }

        /// What a container that has been created is run by, as the engine says: what was asked for may have been ignored.
        func runtime(of id: String) async throws -> String? {
            if isPodman {
                let request = EngineRequest("GET", "/v4.0.0/libpod/containers/\(id)/json")
                return try await client.value(EngineTypes.PodmanDetails.self, request, timeout: Self.short).OCIRuntime
            }
            return try await details(id).HostConfig?.Runtime
        }

        func kill(_ id: String) async throws {
            do {
                _ = try await client.send(
                    EngineRequest("POST", Self.version + "/containers/\(id)/kill", query: [("signal", "KILL")]),
                    timeout: Self.short)
            } catch EngineError.refused(let status, _) where status == 404 || status == 409 {}
        }

        /// Ends it if it runs, and removes it with its volumes; one that is not there is no error.
        func remove(_ id: String) async throws {
            do {
                _ = try await client.send(
                    EngineRequest(
                        "DELETE", Self.version + "/containers/\(id)", query: [("force", "1"), ("v", "1")]),
                    timeout: Self.long)
            } catch EngineError.refused(404, _) {}
        }

        /// Of any state, by one label.
        func containers(label: String, value: String) async throws -> [EngineTypes.ContainerSummary] {
            try await client.value(
                [EngineTypes.ContainerSummary].self,
                EngineRequest(
                    "GET", Self.version + "/containers/json",
                    query: [("all", "1"), ("filters", try Self.filters(["label": ["\(label)=\(value)"]]))]),
                timeout: Self.short)
        }

        func upload(
            _ id: String, to path: String, _ produce: @escaping @Sendable (ContentWriter) throws -> Void
        ) async throws {
            _ = try await client.send(
                EngineRequest(
                    "PUT", Self.version + "/containers/\(id)/archive", query: [("path", path)],
                    content: .stream(type: Self.tar, produce)), timeout: Self.long)
        }

        func download(
            _ id: String, from path: String, limitBytes: Int,
            take: @escaping @Sendable (ArraySlice<UInt8>) throws(EngineError) -> Void
        ) async throws {
            try await client.download(
                EngineRequest("GET", Self.version + "/containers/\(id)/archive", query: [("path", path)]),
                timeout: Self.long, limitBytes: limitBytes, take: take)
        }

        private static func filters(_ filters: [String: [String]]) throws(EngineError) -> String {
            String(decoding: try EngineClient.encode(filters), as: UTF8.self)
        }
    }

    /// The last text that a stream of answers gave.
    private final class LastText: Sendable {
        private let held = Mutex<String?>(nil)
        var text: String? { held.withLock { $0 } }
        func set(_ text: String) { held.withLock { $0 = text } }
    }
#endif
