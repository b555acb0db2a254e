/// Everything that can be configured, once. Flags, environment variables, the configuration file, `weft config show`
/// and the table in `docs/configuration.md` all come from here.
package enum Setting: String, Sendable, CaseIterable {
    case dataDirectory = "data_dir"
    case url
    case tokenFile = "token_file"
    case token
    case caFile = "ca_file"
    case output
    case color
    case logLevel = "log_level"
    case signingKey = "signing_key"

    case coordinatorBind = "coordinator.bind"
    case coordinatorTLSCertificate = "coordinator.tls_certificate"
    case coordinatorTLSKey = "coordinator.tls_key"
    case coordinatorPortFile = "coordinator.port_file"
    case coordinatorAllowedHosts = "coordinator.allowed_hosts"
    case coordinatorAllowedOrigins = "coordinator.allowed_origins"
    case coordinatorOpenMetrics = "coordinator.open_metrics"
    case coordinatorFetchHosts = "coordinator.fetch_hosts"
    case coordinatorWebhookHosts = "coordinator.webhook_hosts"
    case coordinatorRetention = "coordinator.retention"
    case coordinatorPruneLog = "coordinator.prune_log"
    case coordinatorPriceCPU = "coordinator.price_cpu"
    case coordinatorPriceMemory = "coordinator.price_memory"
    case coordinatorPriceDevice = "coordinator.price_device"
    case coordinatorPriceMinimum = "coordinator.price_minimum"
    case coordinatorCacheEntries = "coordinator.cache_entries"
    case coordinatorComparatorPrograms = "coordinator.comparator_programs"
    case coordinatorTESFileRoots = "coordinator.tes_file_roots"
    case coordinatorTESNativeImages = "coordinator.tes_native_images"
    case coordinatorTESAnonymous = "coordinator.tes_anonymous"

    case peerListen = "peer.listen"
    case peerBootstrap = "peer.bootstrap"
    case peerMulticast = "peer.multicast"
    case peerRelays = "peer.relays"
    case peerServesRelay = "peer.serves_relay"

    case workerCoordinator = "worker.coordinator"
    case workerTokenFile = "worker.token_file"
    case workerToken = "worker.token"
    case workerName = "worker.name"
    case workerOwner = "worker.owner"
    case workerCPUs = "worker.cpus"
    case workerMemory = "worker.memory"
    case workerDisk = "worker.disk"
    case workerLabels = "worker.labels"
    case workerCache = "worker.cache"
    case workerIsolation = "worker.isolation"
    case workerRegistryCredentials = "worker.registry_credentials"
    case workerRules = "worker.rules"
    case workerReadOnlyPaths = "worker.read_only_paths"
    case workerSharedPaths = "worker.shared_paths"
    case workerBenchmarkAfter = "worker.benchmark_after"

    /// What a value must look like.
    package enum Kind: Sendable, Hashable {
        case text, path, size, count, cpu, duration, list, credits
        case choice([String])
    }

    /// Where the value is taken from when nobody states one.
    package enum Standard: Sendable, Hashable {
        case value(String)
        /// Unset; the words say what happens then.
        case unset(String)
        /// `$XDG_DATA_HOME/weft`, in the user's home by default.
        case dataHome
    }

    package struct Definition: Sendable {
        /// The variable, for example `WEFT_URL`.
        package var environment: String
        /// The flag, for example `--url`; nil where there is none.
        package var flag: String?
        package var kind: Kind
        package var standard: Standard
        package var summary: String
        /// A secret: never shown, and not allowed in the file or as a flag.
        package var isSecret = false
    }

    /// The key in the configuration file, for example `coordinator.bind` (`bind:` under `coordinator:`).
    package var key: String { rawValue }
}

extension Setting {
    package var definition: Definition {
        switch self {
        case .dataDirectory, .url, .tokenFile, .token, .caFile, .output, .color, .logLevel, .signingKey: general
        case .coordinatorBind, .coordinatorTLSCertificate, .coordinatorTLSKey, .coordinatorPortFile,
            .coordinatorAllowedHosts, .coordinatorAllowedOrigins, .coordinatorOpenMetrics, .coordinatorFetchHosts,
            .coordinatorRetention, .coordinatorPruneLog, .coordinatorPriceCPU, .coordinatorPriceMemory,
            .coordinatorPriceDevice, .coordinatorPriceMinimum, .coordinatorCacheEntries, .coordinatorTESFileRoots,
            .coordinatorTESNativeImages,
            .coordinatorTESAnonymous, .coordinatorWebhookHosts, .coordinatorComparatorPrograms:
            coordinator
        case .peerListen, .peerBootstrap, .peerMulticast, .peerRelays, .peerServesRelay: peer
        default: worker
        }
    }

    private var general: Definition {
        switch self {
        case .dataDirectory:
            define(
                "WEFT_DATA_DIR", "--data-dir", .path, .dataHome,
                "Where the coordinator and worker of this machine keep keys, tokens, jobs and blobs.")
        case .url:
            define(
                "WEFT_URL", "--url", .text, .unset("the local coordinator's, else http://127.0.0.1:8080"),
                "Address of the coordinator that client commands talk to.")
        case .tokenFile:
            define(
                "WEFT_TOKEN_FILE", "--token-file", .path, .unset("the local coordinator's `admin.token`"),
                "File that holds the API token.")
        case .token:
            Definition(
                environment: "WEFT_TOKEN", flag: nil, kind: .text, standard: .unset("read from `token_file`"),
                summary: "The API token itself; only as an environment variable. `token_file` given as a flag wins.",
                isSecret: true)
        case .caFile:
            define(
                "WEFT_CA_FILE", "--ca-file", .path, .unset("the system's certificates"),
                "PEM file with the certificates to trust for `https` addresses.")
        case .output:
            define(
                "WEFT_OUTPUT", "--output", .choice(["table", "json", "yaml"]), .value("table"),
                "How results are written; JSON and YAML are the API's representations.")
        case .color:
            define(
                "WEFT_COLOR", "--color", .choice(["auto", "always", "never"]), .value("auto"),
                "Colours: `auto` is on a terminal, unless `NO_COLOR` is set.")
        case .signingKey:
            define(
                "WEFT_SIGNING_KEY", "--key", .path, .unset("`signing.key` in the data directory, made when needed"),
                "File with the Ed25519 key that `weft sign` vouches for code with.")
        default:
            define(
                "WEFT_LOG_LEVEL", "--log-level", .choice(Self.logLevels), .unset("`info` for daemons, else `warning`"),
                "The least severe log messages that are written to standard error.")
        }
    }

    private var coordinator: Definition {
        switch self {
        case .coordinatorBind:
            define(
                "WEFT_BIND", "--bind", .text, .value("127.0.0.1:8080"),
                "Address and port to serve on; port 0 takes a free one.")
        case .coordinatorTLSCertificate:
            define(
                "WEFT_TLS_CERTIFICATE", "--tls-certificate", .path, .unset("plain HTTP"),
                "PEM file with the certificate chain to serve HTTPS with.")
        case .coordinatorTLSKey:
            define(
                "WEFT_TLS_KEY", "--tls-key", .path, .unset("plain HTTP"),
                "PEM file with the certificate's private key.")
        case .coordinatorPortFile:
            define(
                "WEFT_PORT_FILE", "--port-file", .path, .unset("none"),
                "File that gets the port once requests are served, for scripts.")
        case .coordinatorAllowedHosts:
            define(
                "WEFT_ALLOWED_HOSTS", "--allowed-host", .list, .unset("loopback names and the bound address"),
                "More `Host` names under which requests are served.")
        case .coordinatorAllowedOrigins:
            define(
                "WEFT_ALLOWED_ORIGINS", "--allowed-origin", .list, .unset("none: pages of other servers are refused"),
                "Origins whose pages may call the API from a browser (CORS), for example `https://app.example`.")
        case .coordinatorFetchHosts:
            define(
                "WEFT_FETCH_HOSTS", "--fetch-host", .list, .unset("none: URL inputs are refused"),
                "Hosts that inputs given as URLs are fetched from, with the port where it is not the usual one.")
        case .coordinatorWebhookHosts:
            define(
                "WEFT_WEBHOOK_HOSTS", "--webhook-host", .list, .unset("none: webhooks are refused"),
                "Hosts that events may be sent to, with the port where it is not the usual one, and their addresses where these are not public."
            )
        case .coordinatorRetention:
            define(
                "WEFT_RETENTION", "--retention", .duration, .unset("kept for ever"),
                "How long ended jobs are kept, for example `30d`.")
        case .coordinatorPruneLog:
            define(
                "WEFT_PRUNE_LOG", "--prune-log", .choice(["true", "false"]), .value("false"),
                "Whether entries of the log of receipts go with the jobs that they are of, after `retention`.")
        case .coordinatorPriceCPU:
            define(
                "WEFT_PRICE_CPU", "--price-cpu", .credits, .unset("0; without any price, jobs cost nothing"),
                "Credits for a second of processor time.")
        case .coordinatorPriceMemory:
            define(
                "WEFT_PRICE_MEMORY", "--price-memory", .credits, .unset("0"),
                "Credits for a GiB of memory for a second.")
        case .coordinatorPriceDevice:
            define(
                "WEFT_PRICE_DEVICE", "--price-device", .credits, .unset("0"), "Credits for a device for a second.")
        case .coordinatorPriceMinimum:
            define(
                "WEFT_PRICE_MINIMUM", "--price-minimum", .credits, .unset("0"),
                "The least that a verified answer costs, in credits.")
        case .coordinatorCacheEntries:
            define(
                "WEFT_CACHE_ENTRIES", "--cache-entries", .count, .value("100000"),
                "How many verified answers are kept for identical tasks; 0 keeps and uses none.")
        case .coordinatorComparatorPrograms:
            define(
                "WEFT_COMPARATOR_PROGRAMS", "--comparator-programs", .choice(["true", "false"]),
                .unset("`true` for `weft up`, which runs submitters' programs anyway, else `false`"),
                "Whether comparators that need a program (`video`, `command`) may run it here, in a sandbox.")
        case .coordinatorTESFileRoots:
            define(
                "WEFT_TES_FILE_ROOTS", "--tes-file-root", .list, .unset("none: `file://` is refused"),
                "Directories of the coordinator's machine below which TES tasks may read and write `file://` URLs.")
        case .coordinatorTESNativeImages:
            define(
                "WEFT_TES_NATIVE_IMAGES", "--tes-native-image", .list, .unset("none: every image is a container's"),
                "Images whose TES tasks run as native programs in a sandbox; `*` stands for any text.")
        case .coordinatorTESAnonymous:
            define(
                "WEFT_TES_ANONYMOUS", "--tes-anonymous", .text, .unset("nobody: TES needs a token, too"),
                "The submitter as whom TES requests without credentials act.")
        default:
            define(
                "WEFT_OPEN_METRICS", "--open-metrics", .choice(["true", "false"]), .value("false"),
                "Whether `/metrics` answers without a token.")
        }
    }

    private var peer: Definition {
        switch self {
        case .peerListen:
            define(
                "WEFT_PEER_LISTEN", "--listen", .list, .value("/ip4/0.0.0.0/tcp/0"),
                "Multiaddrs at which peers are let in; port 0 takes a free one.")
        case .peerBootstrap:
            define(
                "WEFT_PEER_BOOTSTRAP", "--bootstrap", .list, .unset("none: only the local network is searched"),
                "Multiaddrs of peers to begin with, each with the peer's id: `/ip4/192.0.2.1/tcp/4001/p2p/12D3KooW…`.")
        case .peerMulticast:
            define(
                "WEFT_PEER_MULTICAST", "--multicast", .choice(["true", "false"]), .value("true"),
                "Whether peers of the local network are looked for, and find this one.")
        case .peerRelays:
            define(
                "WEFT_PEER_RELAYS", "--relay", .list, .unset("none"),
                "Multiaddrs of peers that forward for this one, which cannot be reached from outside, each with the peer's id."
            )
        default:
            define(
                "WEFT_PEER_SERVES_RELAY", "--serve-relay", .choice(["true", "false"]), .value("false"),
                "Whether this peer forwards for others that cannot be reached.")
        }
    }

    private var worker: Definition {
        switch self {
        case .workerCoordinator:
            define(
                "WEFT_COORDINATOR", "--coordinator", .text, .unset("the local coordinator's address"),
                "Address of the coordinator that the worker joins.")
        case .workerTokenFile:
            define(
                "WEFT_JOIN_TOKEN_FILE", "--token-file", .path, .unset("the local coordinator's `join.token`"),
                "File that holds the token that admits the machine as a node.")
        case .workerToken:
            Definition(
                environment: "WEFT_JOIN_TOKEN", flag: nil, kind: .text, standard: .unset("read from `token_file`"),
                summary: "The join token itself; only as an environment variable. `--token-file` wins.",
                isSecret: true)
        case .workerName:
            define(
                "WEFT_WORKER_NAME", "--name", .text, .unset("the host's name"), "The node's name, for people.")
        case .workerOwner:
            define(
                "WEFT_WORKER_OWNER", "--owner", .text, .unset("none"),
                "Whose machine it is; machines of one owner never check each other's answers.")
        case .workerCPUs:
            define("WEFT_WORKER_CPUS", "--cpus", .cpu, .unset("all"), "Processors offered, for example `2` or `0.5`.")
        case .workerMemory:
            define(
                "WEFT_WORKER_MEMORY", "--memory", .size, .unset("what the machine can spare"),
                "Memory offered, for example `4GiB`.")
        case .workerDisk:
            define(
                "WEFT_WORKER_DISK", "--disk", .size, .unset("what the file system can spare"),
                "Disk space offered to working directories.")
        case .workerLabels:
            define(
                "WEFT_WORKER_LABELS", "--label", .list, .unset("none"),
                "`key=value` labels that jobs can require.")
        case .workerCache:
            define("WEFT_WORKER_CACHE", "--cache", .size, .value("4GiB"), "How much the blob cache may hold.")
        case .workerRegistryCredentials:
            define(
                "WEFT_REGISTRY_CREDENTIALS", "--registry-credentials", .path,
                .unset("none: images of public registries"),
                "File with the credentials of container registries, in the form of Docker's `config.json`.")
        case .workerRules:
            define(
                "WEFT_WORKER_RULES", "--rules", .path, .unset("`worker/worker.yaml` in the data directory"),
                "The owner's rules: when, for whom and with how much the machine works. Heeded while the worker runs.")
        case .workerReadOnlyPaths:
            define(
                "WEFT_WORKER_READ_ONLY_PATHS", "--read-only-path", .list, .unset("none"),
                "Paths of the machine that native programs find in their sandbox, to read.")
        case .workerSharedPaths:
            define(
                "WEFT_WORKER_SHARED_PATHS", "--shared-path", .list, .unset("none"),
                "Directories of the machine that native programs find in their sandbox and may write to, as storage that jobs share."
            )
        case .workerBenchmarkAfter:
            Definition(
                environment: "WEFT_BENCHMARK_AFTER", flag: nil, kind: .duration, standard: .value("5m"),
                summary:
                    "How long the worker has had nothing to do when it measures a machine that was not measured yet; "
                    + "0 for never.")
        default:
            define(
                "WEFT_WORKER_ISOLATION", "--isolation", .choice(["process", "none", "gvisor", "vm"]), .value("process"),
                "The weakest wall accepted around payloads; `none` also runs programs where no sandbox can be made.")
        }
    }

    package static let logLevels = ["trace", "debug", "info", "notice", "warning", "error", "critical"]

    private func define(
        _ environment: String, _ flag: String, _ kind: Kind, _ standard: Standard, _ summary: String
    ) -> Definition {
        Definition(environment: environment, flag: flag, kind: kind, standard: standard, summary: summary)
    }
}
