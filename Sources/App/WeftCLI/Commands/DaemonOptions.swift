import ArgumentParser

/// How a coordinator is served.
struct ServeOptions: ParsableArguments {
    @Option(help: .init("Address and port to serve on; port 0 takes a free one.", valueName: "host:port"))
    var bind: String?

    @Option(help: .init("PEM file with the certificate chain, for HTTPS.", valueName: "file"))
    var tlsCertificate: String?

    @Option(help: .init("PEM file with the certificate's private key.", valueName: "file"))
    var tlsKey: String?

    @Option(help: .init("Write the port here once requests are served.", valueName: "file"))
    var portFile: String?

    @Option(
        parsing: .singleValue, help: .init("One more name under which requests are served.", valueName: "host"))
    var allowedHost: [String] = []

    @Option(
        parsing: .singleValue,
        help: .init(
            "One more origin whose pages may call the API, for example https://app.example.", valueName: "origin"))
    var allowedOrigin: [String] = []

    @Option(
        parsing: .singleValue,
        help: .init("One more host that inputs given as URLs are fetched from.", valueName: "host"))
    var fetchHost: [String] = []

    @Option(
        parsing: .singleValue,
        help: .init("One more host that events of webhooks may be sent to.", valueName: "host"))
    var webhookHost: [String] = []

    @Option(help: .init("How long ended jobs are kept, for example 30d.", valueName: "duration"))
    var retention: String?

    @Flag(help: "Let entries of the log of receipts go with the jobs that they are of.")
    var pruneLog = false

    @Option(help: .init("Credits for a second of processor time; with any price, jobs cost.", valueName: "credits"))
    var priceCPU: String?

    @Option(help: .init("Credits for a GiB of memory for a second.", valueName: "credits"))
    var priceMemory: String?

    @Option(help: .init("Credits for a device for a second.", valueName: "credits"))
    var priceDevice: String?

    @Option(help: .init("Least credits for a verified answer.", valueName: "credits"))
    var priceMinimum: String?

    @Option(help: .init("How many verified answers are kept for identical tasks; 0 for none.", valueName: "n"))
    var cacheEntries: String?

    @Option(
        help: .init(
            "Whether comparators that need a program may run it here, in a sandbox: true or false.", valueName: "bool"))
    var comparatorPrograms: String?

    @Option(
        parsing: .singleValue,
        help: .init("One more directory for the file:// URLs of TES tasks.", valueName: "directory"))
    var tesFileRoot: [String] = []

    @Option(
        parsing: .singleValue,
        help: .init("One more image whose TES tasks run as native programs; * is any text.", valueName: "image"))
    var tesNativeImage: [String] = []

    @Option(help: .init("As whom TES requests without credentials act.", valueName: "submitter"))
    var tesAnonymous: String?

    @Flag(help: "Let /metrics answer without a token.")
    var openMetrics = false

    var overrides: [Setting: String] {
        var values: [Setting: String] = [:]
        values[.coordinatorBind] = bind
        values[.coordinatorTLSCertificate] = tlsCertificate
        values[.coordinatorTLSKey] = tlsKey
        values[.coordinatorPortFile] = portFile
        if !allowedHost.isEmpty { values[.coordinatorAllowedHosts] = allowedHost.joined(separator: ",") }
        if !allowedOrigin.isEmpty { values[.coordinatorAllowedOrigins] = allowedOrigin.joined(separator: ",") }
        if !fetchHost.isEmpty { values[.coordinatorFetchHosts] = fetchHost.joined(separator: ",") }
        if !webhookHost.isEmpty { values[.coordinatorWebhookHosts] = webhookHost.joined(separator: ",") }
        values[.coordinatorRetention] = retention
        if pruneLog { values[.coordinatorPruneLog] = "true" }
        values[.coordinatorPriceCPU] = priceCPU
        values[.coordinatorPriceMemory] = priceMemory
        values[.coordinatorPriceDevice] = priceDevice
        values[.coordinatorPriceMinimum] = priceMinimum
        values[.coordinatorCacheEntries] = cacheEntries
        values[.coordinatorComparatorPrograms] = comparatorPrograms
        if !tesFileRoot.isEmpty { values[.coordinatorTESFileRoots] = tesFileRoot.joined(separator: ",") }
        if !tesNativeImage.isEmpty { values[.coordinatorTESNativeImages] = tesNativeImage.joined(separator: ",") }
        values[.coordinatorTESAnonymous] = tesAnonymous
        if openMetrics { values[.coordinatorOpenMetrics] = "true" }
        return values
    }
}

/// What an owner offers.
struct OfferOptions: ParsableArguments {
    @Option(help: .init("The node's name; the host's by default.", valueName: "name"))
    var name: String?

    @Option(help: .init("Whose machine it is; one owner's machines never check each other.", valueName: "name"))
    var owner: String?

    @Option(help: .init("Processors offered, for example 2 or 0.5.", valueName: "n"))
    var cpus: String?

    @Option(help: .init("Memory offered, for example 4GiB.", valueName: "size"))
    var memory: String?

    @Option(help: .init("Disk space offered to working directories.", valueName: "size"))
    var disk: String?

    @Option(
        name: .shortAndLong, parsing: .singleValue,
        help: .init("A label that jobs can require.", valueName: "name=value"))
    var label: [String] = []

    @Option(help: .init("How much the blob cache may hold.", valueName: "size"))
    var cache: String?

    @Option(
        help: .init(
            "Weakest wall accepted around payloads (process, gvisor, vm), or none to run programs without a sandbox.",
            valueName: "wall"))
    var isolation: String?

    @Option(
        help: .init(
            "File with the credentials of container registries, in the form of Docker's config.json.",
            valueName: "file"),
        completion: .file())
    var registryCredentials: String?

    @Option(
        parsing: .singleValue,
        help: .init("One more path that native programs find in their sandbox, to read.", valueName: "path"))
    var readOnlyPath: [String] = []

    @Option(
        parsing: .singleValue,
        help: .init("One more directory that native programs may write to.", valueName: "directory"))
    var sharedPath: [String] = []

    @Option(help: .init("File with the owner's rules.", valueName: "file"))
    var rules: String?

    var overrides: [Setting: String] {
        var values: [Setting: String] = [:]
        values[.workerName] = name
        values[.workerOwner] = owner
        values[.workerCPUs] = cpus
        values[.workerMemory] = memory
        values[.workerDisk] = disk
        if !label.isEmpty { values[.workerLabels] = label.joined(separator: ",") }
        values[.workerCache] = cache
        values[.workerIsolation] = isolation
        values[.workerRegistryCredentials] = registryCredentials
        if !readOnlyPath.isEmpty { values[.workerReadOnlyPaths] = readOnlyPath.joined(separator: ",") }
        if !sharedPath.isEmpty { values[.workerSharedPaths] = sharedPath.joined(separator: ",") }
        values[.workerRules] = rules
        return values
    }
}
