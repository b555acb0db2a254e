import Foundation
import WeftDevices

/// A directory with the files of a machine that does not exist, and libraries that were built for a test.
final class FakeMachine: Sendable {
    let root: String

    init() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("weft-devices-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        root = folder.path
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    /// Writes files by their paths on that machine.
    func write(_ files: [String: String]) throws {
        for (path, text) in files {
            let url = URL(fileURLWithPath: root + path)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: url)
        }
    }

    /// An executable script.
    func script(_ name: String, _ body: String) throws -> String {
        try write(["/\(name)": "#!/bin/sh\n" + body])
        let path = root + "/" + name
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        return path
    }

    /// A shared library of that name, built of C.
    func library(_ name: String, _ source: String) throws {
        try write(["/library.c": source])
        let build = ChildProgram(
            [
                "/bin/sh", "-c", "cc \"$@\" || clang \"$@\"", "sh", "-shared", "-fPIC", "-w", "-o", "\(root)/\(name)",
                "\(root)/library.c",
            ],
            environment: ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"], limit: .seconds(60)
        ).runHere()
        guard build.end == .exited(0) else { throw CompilerFailed(complaint: build.complaint) }
    }

    struct CompilerFailed: Error { var complaint: String }

    func inspector(_ probes: [DeviceProbes.Probe] = []) -> HardwareInspector {
        HardwareInspector(root: root, probes: DeviceProbes(probes), environment: [:]) {
            HostHardware(
                operatingSystem: "linux", architecture: "x86_64", hostName: "fake", cpuMillis: 8000,
                memoryBytes: 1 << 34, loadAverage: 0.5, processor: "Fake CPU")
        }
    }

    static let amdGPU: [String: String] = [
        "/sys/bus/pci/devices/0000:03:00.0/class": "0x030000\n", "/sys/bus/pci/devices/0000:03:00.0/vendor": "0x1002\n",
        "/sys/bus/pci/devices/0000:03:00.0/device": "0x744c\n", "/sys/bus/pci/devices/0000:03:00.0/numa_node": "1\n",
        "/sys/bus/pci/devices/0000:03:00.0/mem_info_vram_total": "25753026560\n",
        "/sys/bus/pci/devices/0000:03:00.0/mem_info_vram_used": "1048576\n",
        "/sys/bus/pci/devices/0000:03:00.0/gpu_busy_percent": "7\n",
        "/sys/bus/pci/devices/0000:03:00.0/hwmon/hwmon2/temp1_input": "41000\n",
        "/sys/bus/pci/devices/0000:03:00.0/hwmon/hwmon2/power1_average": "18000000\n",
    ]
}
