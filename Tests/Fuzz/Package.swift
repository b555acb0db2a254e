// swift-tools-version: 6.2
// Fuzz targets for whatever decodes bytes from outside. A package of its own, because what is fuzzed is compiled with counters.
// `scripts/fuzz.sh` builds and runs it.
import Foundation
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

/// The modules that are there, and what each needs besides.
let modules: [(name: String, dependencies: [Target.Dependency])] = [
    ("LibP2P", [crypto, logging, nioCore, nioPosix, protobuf]),
    ("LibP2PDiscovery", ["LibP2P", crypto, logging, nioCore, nioPosix, protobuf]),
    ("LibP2PPubSub", ["LibP2P", crypto, logging, nioCore, protobuf]),
    ("LibP2PRelay", ["LibP2P", crypto, logging, nioCore, protobuf]),
].filter { FileManager.default.fileExists(atPath: "\(Context.packageDirectory)/Network/\($0.0)") }

let package = Package(
    name: "weft-fuzz", platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-crypto.git", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log.git", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio.git", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-protobuf.git", exact: "1.39.0", traits: []),
    ],
    targets: modules.map { module in
        .target(
            name: module.name, dependencies: module.dependencies, path: "Network/\(module.name)", swiftSettings: house)
    } + [
        .executableTarget(
            name: "weft-fuzz",
            dependencies: modules.map { .init(stringLiteral: $0.name) } + [nioCore, crypto, protobuf],
            swiftSettings: house, linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address"])])
    ])
