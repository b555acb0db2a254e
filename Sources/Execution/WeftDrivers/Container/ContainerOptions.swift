#if os(Linux)
    package import WeftModel

    /// What a worker decides about all of its containers.
    package struct ContainerOptions: Sendable {
        /// Stands for the worker: its containers and images bear it, so that what a killed one left can be told from
        /// what belongs to others. Lower-case letters and digits.
        package var owner: String
        /// A directory of the worker's own, for short-lived files.
        package var stateDirectory: String
        /// Whom payloads run as.
        package var user: UInt32
        /// Bounds the processes and threads of one payload.
        package var processCount: Int64
        package var bounds: OutputBounds
        /// How long a pull or a load may take.
        package var imageTimeout: Duration
        /// What an archive may hold, unpacked.
        package var imageBytesMax: Int64
        /// How many images from archives are kept for the next payload.
        package var keptImages: Int
        /// A file in the form of Docker's `config.json` with the credentials of registries; nil for none. Read anew at
        /// each pull. Nobody but its owner may be able to read it.
        package var credentialsPath: String?
        /// The digest of a file's content; nil: archives are loaded anew each time.
        package var digest: (@Sendable (String) async throws -> Digest)?

        package init(
            owner: String, stateDirectory: String, user: UInt32 = ProcessDriver.payloadUser, processCount: Int64 = 1024,
            bounds: OutputBounds = OutputBounds(), imageTimeout: Duration = .seconds(600),
            imageBytesMax: Int64 = 16 << 30, keptImages: Int = 8, credentialsPath: String? = nil,
            digest: (@Sendable (String) async throws -> Digest)? = nil
        ) {
            precondition(
                !owner.isEmpty && owner.utf8.count <= 64
                    && owner.utf8.allSatisfy { (48...57).contains($0) || (97...122).contains($0) },
                "an owner is 1 to 64 lower-case letters and digits")
            self.owner = owner
            self.stateDirectory = stateDirectory
            self.user = user
            self.processCount = processCount
            self.bounds = bounds
            self.imageTimeout = imageTimeout
            self.imageBytesMax = imageBytesMax
            self.keptImages = keptImages
            self.credentialsPath = credentialsPath
            self.digest = digest
        }

        /// The label by which containers are found again.
        static let label = "weft.worker"

        private var probePrefix: String { "probe-\(owner)-" }

        /// For a directory that a driver is tried out with; nobody can guess its name.
        func makeProbePath() -> String { "\(stateDirectory)/\(probePrefix)\(UInt64.random(in: .min ... .max))" }

        /// Removes those that a killed worker left in the middle of it. While none is in use.
        func sweepProbes() throws(SystemError) {
            for name in FileTree.names(in: stateDirectory, limit: 100_000) where name.hasPrefix(probePrefix) {
                try FileTree.remove("\(stateDirectory)/\(name)")
            }
        }
    }
#endif
