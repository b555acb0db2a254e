// swift-tools-version: 6.2
// Folders under Sources/ are layers; a target lists only what it may import (docs/architecture.md).

import PackageDescription

let house: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let asyncHTTPClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
// The modules of swift-collections one by one: together they take a minute to compile, for what nobody here uses.
let bitCollections: Target.Dependency = .product(name: "BitCollections", package: "swift-collections")
let dequeModule: Target.Dependency = .product(name: "DequeModule", package: "swift-collections")
let heapModule: Target.Dependency = .product(name: "HeapModule", package: "swift-collections")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let hummingbirdCore: Target.Dependency = .product(name: "HummingbirdCore", package: "hummingbird")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let nioWebSocket: Target.Dependency = .product(name: "NIOWebSocket", package: "swift-nio")
let nioHTTPTypesHTTP1: Target.Dependency = .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
let protobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")

/// One library target in a layer's folder.
func layer(
    _ folder: String, _ name: String, _ dependencies: [Target.Dependency] = [], flags: [String] = []
) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Sources/\(folder)/\(name)",
        swiftSettings: flags.isEmpty ? house : house + [.unsafeFlags(flags)])
}

/// One whose tests look at its parts, also in a release build.
func openLayer(_ folder: String, _ name: String, _ dependencies: [Target.Dependency]) -> Target {
    layer(folder, name, dependencies, flags: ["-enable-testing"])
}

/// One that reads arguments and prints, or wires others: optimized it runs no faster, and takes four minutes more to compile.
func quickLayer(_ folder: String, _ name: String, _ dependencies: [Target.Dependency]) -> Target {
    layer(folder, name, dependencies, flags: ["-Onone"])
}

func kit(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, path: "TestKits/\(name)", swiftSettings: house)
}

/// A kit that mostly waits for others, as ``waitingTests(_:_:exclude:)`` do.
func waitingKit(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "TestKits/\(name)", exclude: exclude,
        swiftSettings: house + [.unsafeFlags(["-Onone"])])
}

func tool(_ name: String, _ path: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: path, swiftSettings: house)
}

/// Tests that compute much are optimized, like what they test.
func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, path: "Tests/\(name)", exclude: exclude, swiftSettings: house)
}

/// Tests that mostly wait for others are not: they compile in a third of the time.
func waitingTests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, path: "Tests/\(name)", exclude: exclude,
        swiftSettings: house + [.unsafeFlags(["-Onone"])])
}

let package = Package(
    name: "weft",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "weft", targets: ["weft"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections.git", exact: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto.git", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types.git", exact: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log.git", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio.git", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", exact: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", exact: "2.37.6"),
        .package(url: "https://github.com/apple/swift-protobuf.git", exact: "1.39.0", traits: []),
        .package(url: "https://github.com/groue/GRDB.swift.git", exact: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", exact: "2.28.1", traits: []),
        .package(url: "https://github.com/jpsim/Yams.git", exact: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client.git", exact: "1.37.0"),
    ],
    targets: [
        // Core: values and decisions. The standard library and swift-collections only; zlib unpacks pictures.
        layer("Core", "WeftModel"),
        layer("Core", "WeftLedger", ["WeftModel"]),
        .systemLibrary(name: "CZlib", path: "Sources/Core/CZlib"),
        openLayer("Core", "WeftComparators", ["WeftModel", "CZlib"]),
        layer("Core", "WeftTrust", ["WeftModel"]),
        layer(
            "Core", "WeftEngine",
            ["WeftModel", "WeftTrust", "WeftLedger", bitCollections, dequeModule, heapModule]),

        // Formats: documents, digests, keys and signatures.
        layer("Formats", "WeftFormats", ["WeftModel", crypto, yams]),

        // Storage: where jobs and bytes are kept.
        layer("Storage", "WeftStorage", ["WeftModel", "WeftFormats"]),
        layer("Storage", "SQLiteStorage", ["WeftModel", "WeftFormats", "WeftStorage", grdb]),
        layer("Storage", "FileBlobs", ["WeftModel", "WeftFormats", "WeftStorage"]),

        // Network: how coordinator and worker talk.
        layer("Network", "WeftWire", ["WeftModel", "WeftFormats", protobuf]),
        layer(
            "Network", "WebSocketLink",
            ["WeftWire", protobuf, logging, nioCore, nioPosix, nioHTTP1, nioWebSocket, nioSSL]),

        // Peers: libp2p, which knows nothing of Weft.
        openLayer("Network", "LibP2P", [crypto, logging, nioCore, nioPosix, protobuf]),
        openLayer("Network", "LibP2PDiscovery", ["LibP2P", crypto, logging, nioCore, nioPosix, protobuf]),
        openLayer("Network", "LibP2PPubSub", ["LibP2P", crypto, logging, nioCore, protobuf]),
        openLayer("Network", "LibP2PRelay", ["LibP2P", crypto, logging, nioCore, protobuf]),
        layer("Network", "LibP2PLink", ["LibP2P", "WeftWire", nioCore]),
        openLayer(
            "Network", "LibP2PBlobs", ["WeftModel", "WeftFormats", "WeftStorage", "LibP2P", logging, nioCore, protobuf]),

        // Execution: how a payload runs, walled off.
        .executableTarget(
            name: "weft-sandbox", path: "Sources/Execution/SandboxLauncher",
            cSettings: [.unsafeFlags(["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O2"])]),
        .executableTarget(
            name: "weft-wasm", path: "Sources/Execution/WasmRunner",
            cSettings: [.unsafeFlags(["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O2"])],
            // Without Swift's shared libraries: it starts inside sandboxes, which do not have them.
            linkerSettings: [.unsafeFlags(["-nostartfiles", "-static-stdlib"], .when(platforms: [.linux]))]),
        .executableTarget(
            name: "weft-hardware", path: "Sources/Execution/HardwareBench",
            cSettings: [.unsafeFlags(["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O2"])],
            // Without Swift's shared libraries: it starts inside sandboxes, too.
            linkerSettings: [.unsafeFlags(["-nostartfiles", "-static-stdlib"], .when(platforms: [.linux]))]),
        // Alone in its machine, so it brings its C library with it. Without "-nostartfiles" it would bring the runtime of
        // Swift, too, which does not start there.
        .executableTarget(
            name: "weft-guest", path: "Sources/Execution/GuestInit",
            cSettings: [.unsafeFlags(["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O2"])],
            linkerSettings: [
                .unsafeFlags(
                    ["-static-executable", "-nostartfiles", "-Xlinker", "-s"], .when(platforms: [.linux]))
            ]),
        .executableTarget(
            name: "weft-kernel", path: "Sources/Execution/KernelRunner", resources: [.copy("emulation")],
            cSettings: [.unsafeFlags(["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O2"])],
            linkerSettings: [.unsafeFlags(["-nostartfiles", "-static-stdlib"], .when(platforms: [.linux]))]),
        layer("Execution", "WeftSandbox", ["WeftModel"]),
        layer("Execution", "WeftDevices", ["WeftModel"]),
        layer("Execution", "WeftDrivers", ["WeftModel", "WeftSandbox", "WeftDevices"]),
        layer("Execution", "WeftKernels", ["WeftModel", "WeftFormats"]),

        // Services: the running parts.
        layer(
            "Services", "WeftWorker",
            [
                "WeftModel", "WeftFormats", "WeftWire", "WeftStorage", "FileBlobs", "WeftSandbox", "WeftDevices",
                "WeftDrivers", logging, protobuf,
            ]),
        layer(
            "Services", "WeftCoordinator",
            [
                "WeftModel", "WeftComparators", "WeftLedger", "WeftEngine", "WeftFormats", "WeftWire", "WeftStorage",
                dequeModule, logging, protobuf,
            ]),
        layer(
            "Services", "SandboxedComparators",
            [
                "WeftModel", "WeftComparators", "WeftStorage", "WeftSandbox", "WeftDrivers", "WeftCoordinator", logging,
            ]),
        openLayer(
            "Services", "WeftTES", ["WeftModel", "WeftFormats", "WeftStorage", "WeftCoordinator", logging]),
        openLayer(
            "Services", "WeftWebhooks",
            [
                "WeftModel", "WeftFormats", "WeftStorage", "WeftCoordinator", "WeftClient", asyncHTTPClient, logging,
                nioCore, nioPosix, nioHTTP1, nioSSL,
            ]),
        layer(
            "Services", "WeftHTTP",
            [
                "WeftModel", "WeftFormats", "WeftWire", "WebSocketLink", "WeftStorage", "WeftCoordinator", "WeftTES",
                "WeftWebhooks", hummingbirdCore, httpTypes, logging, nioCore, nioPosix, nioHTTP1, nioWebSocket, nioSSL,
                nioHTTPTypesHTTP1,
            ]),
        layer(
            "Services", "WeftPeers",
            [
                "WeftModel", "WeftWire", "LibP2P", "LibP2PDiscovery", "LibP2PPubSub", "LibP2PRelay", "LibP2PLink",
                logging, nioCore, protobuf,
            ]),
        layer("Services", "WeftClient", ["WeftModel", "WeftFormats", asyncHTTPClient, nioCore, nioSSL]),

        // App: commands and the wiring of everything above.
        quickLayer(
            "App", "WeftCLI",
            [
                "WeftModel", "WeftLedger", "WeftFormats", "WeftWire", "WebSocketLink", "WeftStorage", "SQLiteStorage",
                "FileBlobs",
                "WeftSandbox", "WeftDevices", "WeftDrivers", "WeftKernels", "WeftWorker", "WeftCoordinator",
                "SandboxedComparators", "WeftTES",
                "WeftWebhooks", "WeftHTTP", "WeftClient", "LibP2P", "LibP2PBlobs", "LibP2PLink", "WeftPeers",
                argumentParser, logging, nioCore, nioPosix,
            ]),
        tool(
            "weft", "Sources/App/weft",
            ["WeftCLI", "weft-sandbox", "weft-wasm", "weft-kernel", "weft-guest", "weft-hardware"]),

        // Test kits.
        kit("SeededNumbers", []),
        waitingKit("Conformance", ["WeftModel", "WeftFormats", "WeftStorage", "WeftWire"]),
        kit("Simulation", ["WeftModel", "WeftLedger", "WeftEngine", heapModule]),
        tool("weft-sim", "TestKits/weft-sim", ["Simulation", argumentParser]),
        kit("TrustSimulation", ["WeftModel", "WeftTrust", "SeededNumbers", heapModule]),
        tool("weft-sim-trust", "TestKits/weft-sim-trust", ["TrustSimulation", argumentParser]),
        tool(
            "weft-saboteur", "TestKits/weft-saboteur",
            [
                "WeftModel", "WeftFormats", "WeftWire", "WebSocketLink", "WeftDrivers", "WeftDevices", "WeftSandbox",
                "WeftWorker", "SeededNumbers", argumentParser, logging, nioPosix,
            ]),

        tool(
            "weft-swarm", "TestKits/weft-swarm",
            [
                "WeftModel", "WeftFormats", "WeftWire", "WebSocketLink", "WeftWorker", argumentParser, nioCore,
                nioPosix,
            ]),

        tool(
            "weft-peer", "TestKits/weft-peer",
            [
                "LibP2P", "LibP2PDiscovery", "LibP2PPubSub", "LibP2PRelay", argumentParser, crypto, logging, nioCore,
                nioPosix,
            ]),
        tool(
            "weft-peer-bench", "TestKits/weft-peer-bench", ["LibP2P", argumentParser, crypto, nioCore, nioPosix]),

        waitingKit("LocalCluster", ["WeftFormats", "WeftClient"]),
        kit("PeersInMemory", ["LibP2P", nioCore]),
        waitingKit("WebhookReceiver", [nioCore, nioPosix, nioHTTP1]),
        waitingKit("MachineState", []),
        waitingKit("TestEngines", []),
        waitingKit("FakeLevelZero", [], exclude: ["device"]),

        // Benchmarks.
        tool(
            "weft-bench", "benchmarks/weft-bench",
            [
                "WeftModel", "WeftFormats", "WeftClient", "WeftSandbox", "WeftDrivers", "LocalCluster", "TestEngines",
                argumentParser, nioCore, nioPosix,
            ]),

        // Tests.
        tests("LedgerTests", ["WeftModel", "WeftLedger", "SeededNumbers"]),
        waitingTests("WeftModelTests", ["WeftModel"]),
        tests(
            "ComparatorTests", ["WeftModel", "WeftComparators", "WeftEngine", "SeededNumbers", "CZlib"],
            exclude: ["Fixtures"]),
        waitingTests("WeftEngineTests", ["WeftModel", "WeftLedger", "WeftEngine", dequeModule]),
        waitingTests("TrustTests", ["WeftModel", "WeftTrust", "TrustSimulation"]),
        waitingTests("WeftFormatsTests", ["WeftModel", "WeftFormats", "SeededNumbers"], exclude: ["Specs"]),
        waitingTests(
            "StorageTests",
            ["WeftModel", "WeftFormats", "WeftStorage", "SQLiteStorage", "FileBlobs", "Conformance", grdb]),
        waitingTests(
            "WireTests",
            [
                "WeftModel", "WeftFormats", "WeftWire", "WebSocketLink", "LibP2P", "LibP2PLink", "PeersInMemory",
                "Conformance", "SeededNumbers", nioCore, nioPosix,
            ]),
        waitingTests(
            "LibP2PTests", ["LibP2P", "SeededNumbers", "PeersInMemory", crypto, logging, nioCore, nioPosix]),
        waitingTests(
            "LibP2PDiscoveryTests",
            ["LibP2P", "LibP2PDiscovery", "SeededNumbers", "PeersInMemory", logging, nioCore, nioPosix]),
        waitingTests(
            "LibP2PPubSubTests", ["LibP2P", "LibP2PPubSub", "SeededNumbers", "PeersInMemory", nioCore, nioPosix]),
        waitingTests(
            "LibP2PRelayTests", ["LibP2P", "LibP2PRelay", "SeededNumbers", "PeersInMemory", nioCore, nioPosix]),
        waitingTests(
            "PeersTests",
            [
                "WeftModel", "WeftWire", "WeftPeers", "LibP2P", "LibP2PLink", "PeersInMemory", logging,
            ]),
        waitingTests(
            "LibP2PBlobsTests",
            [
                "WeftModel", "WeftFormats", "WeftStorage", "FileBlobs", "LibP2P", "LibP2PBlobs", "PeersInMemory",
                "SeededNumbers", logging, nioCore,
            ]),
        waitingTests("SandboxTests", ["WeftModel", "WeftSandbox", "weft-sandbox"]),
        waitingTests(
            "DeviceTests",
            ["WeftModel", "WeftFormats", "WeftDevices", "FakeLevelZero", "weft-hardware", "weft-kernel"]),
        waitingTests(
            "DriverTests",
            [
                "WeftModel", "WeftSandbox", "WeftDevices", "WeftDrivers", "MachineState", "SeededNumbers",
                "TestEngines", "FakeLevelZero", "weft-sandbox", "weft-wasm", "weft-kernel", "weft-guest",
            ]),
        waitingTests("KernelTests", ["WeftModel", "WeftFormats", "WeftKernels"], exclude: ["Emulation"]),
        tests("SimulationTests", ["WeftModel", "WeftEngine", "Simulation"]),
        waitingTests("CLITests", ["WeftModel", "WeftFormats", "WeftClient", "WeftCLI", argumentParser, logging]),
        waitingTests(
            "HTTPTests",
            [
                "WeftModel", "WeftFormats", "WeftWire", "WebSocketLink", "WeftStorage", "WeftCoordinator",
                "WeftWebhooks", "WeftHTTP", "WeftClient", "SeededNumbers", asyncHTTPClient, logging, nioCore, nioPosix,
                nioHTTP1,
            ]),
        waitingTests(
            "TESTests",
            [
                "WeftModel", "WeftFormats", "WeftStorage", "WeftCoordinator", "WeftTES", "WeftHTTP", logging,
            ]),
        waitingTests(
            "WebhookTests",
            [
                "WeftModel", "WeftFormats", "WeftStorage", "WeftCoordinator", "WeftClient", "WeftWebhooks", "WeftHTTP",
                "WebhookReceiver", logging,
            ]),
        waitingTests(
            "CoordinatorTests",
            ["WeftModel", "WeftLedger", "WeftFormats", "WeftWire", "WeftStorage", "WeftCoordinator", logging, protobuf]),
        waitingTests(
            "SandboxedComparatorsTests",
            [
                "WeftModel", "WeftStorage", "WeftCoordinator", "SandboxedComparators", "weft-sandbox", logging,
            ]),
        waitingTests(
            "WorkerTests",
            [
                "WeftModel", "WeftFormats", "WeftWire", "WeftStorage", "FileBlobs", "WeftDevices", "WeftDrivers",
                "WeftSandbox", "WeftWorker", "SeededNumbers", "weft-sandbox", logging,
            ]),
        waitingTests(
            "IntegrationTests",
            [
                "WeftModel", "WeftFormats", "WeftClient", "LocalCluster", "WebhookReceiver", "MachineState",
                "TestEngines",
                "weft",
                "weft-saboteur", "weft-sandbox", asyncHTTPClient,
            ]),
    ]
)

// Micro-benchmarks of the engine. Only `make bench-micro` asks for them: no other build resolves or compiles what they
// need.
if Context.environment["WEFT_MICRO_BENCHMARKS"] == "1" {
    package.dependencies.append(
        .package(url: "https://github.com/ordo-one/benchmark.git", exact: "1.38.1", traits: []))
    package.targets += [
        .target(
            name: "AllocationCounter", path: "benchmarks/micro/AllocationCounter",
            cSettings: [.unsafeFlags(["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O2", "-fno-builtin"])]),
        tool(
            "weft-micro", "benchmarks/micro/weft-micro",
            ["WeftModel", "WeftEngine", "AllocationCounter", .product(name: "Benchmark", package: "benchmark")]),
    ]
}
