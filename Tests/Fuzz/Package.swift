// swift-tools-version: 6.2
// Fuzz targets for whatever decodes bytes from outside. A package of its own, because what is fuzzed is compiled with counters.
// `scripts/fuzz.sh` builds and runs it.
import PackageDescription

let house: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .unsafeFlags(["-sanitize=fuzzer,address", "-parse-as-library", "-enable-testing"]),
]
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let protobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")

/// The modules whose decoders are fuzzed and those that they need, each with the folder of its layer.
let modules: [(layer: String, name: String, dependencies: [Target.Dependency])] = [
    ("Network", "LibP2P", [crypto, logging, nioCore, nioPosix, protobuf]),
    ("Network", "LibP2PDiscovery", ["LibP2P", crypto, logging, nioCore, nioPosix, protobuf]),
    ("Network", "LibP2PPubSub", ["LibP2P", crypto, logging, nioCore, protobuf]),
    ("Network", "LibP2PRelay", ["LibP2P", crypto, logging, nioCore, protobuf]),
    ("Core", "WeftModel", []),
    ("Formats", "WeftFormats", ["WeftModel", crypto, yams]),
    ("Network", "WeftWire", ["WeftModel", "WeftFormats", protobuf]),
    ("Network", "LibP2PLink", ["LibP2P", "WeftWire", nioCore]),
    ("Storage", "WeftStorage", ["WeftModel", "WeftFormats"]),
    ("Network", "LibP2PBlobs", ["WeftModel", "WeftFormats", "WeftStorage", "LibP2P", logging, nioCore, protobuf]),
    (
        "Services", "WeftPeers",
        [
            "WeftModel", "WeftWire", "LibP2P", "LibP2PDiscovery", "LibP2PPubSub", "LibP2PRelay", "LibP2PLink", logging,
            nioCore, protobuf,
        ]
    ),
]

let package = Package(
    name: "weft-fuzz", platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-crypto.git", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log.git", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio.git", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-protobuf.git", exact: "1.39.0", traits: []),
        .package(url: "https://github.com/jpsim/Yams.git", exact: "6.2.2"),
    ],
    targets: modules.map { module in
        .target(
            name: module.name, dependencies: module.dependencies, path: "\(module.layer)/\(module.name)",
            swiftSettings: house)
    } + [
        .executableTarget(
            name: "weft-fuzz",
            dependencies: modules.map { .init(stringLiteral: $0.name) } + [nioCore, crypto, protobuf],
            swiftSettings: house, linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address"])])
    ])
