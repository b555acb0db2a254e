import Testing
import WeftDevices
import WeftModel

@Suite struct ReportTests {
    @Test func aMachineIsReadFromItsFiles() async throws {
        let machine = try FakeMachine()
        try machine.write(FakeMachine.amdGPU)
        try machine.write([
            "/etc/os-release": "ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 12\"\n",
            "/proc/cpuinfo":
                "processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: X\ncpu MHz\t\t: 2100.5\nflags\t\t: sse2 avx2 fma\n\nprocessor\t: 1\n",
            "/proc/meminfo": "MemTotal:       16384 kB\nMemAvailable:    8192 kB\nSwapTotal:       1024 kB\n",
            "/sys/devices/system/cpu/cpu0/topology/physical_package_id": "0\n",
            "/sys/devices/system/cpu/cpu0/topology/core_id": "0\n",
            "/sys/devices/system/cpu/cpu1/topology/physical_package_id": "0\n",
            "/sys/devices/system/cpu/cpu1/topology/core_id": "0\n",
            "/sys/devices/system/cpu/cpu0/cache/index0/level": "1\n",
            "/sys/devices/system/cpu/cpu0/cache/index0/type": "Data\n",
            "/sys/devices/system/cpu/cpu0/cache/index0/size": "48K\n",
            "/sys/devices/system/cpu/cpu0/cache/index0/shared_cpu_list": "0-1\n",
            "/sys/devices/system/node/node0/cpulist": "0-1\n",
            "/sys/devices/system/node/node0/meminfo": "Node 0 MemTotal:       16384 kB\n",
            "/sys/block/nvme0n1/size": "2048\n", "/sys/block/nvme0n1/queue/rotational": "0\n",
            "/sys/block/nvme0n1/device/model": "Fast Disk \n", "/sys/block/loop0/size": "8\n",
            "/sys/class/net/eth0/type": "1\n", "/sys/class/net/eth0/operstate": "up\n",
            "/sys/class/net/eth0/speed": "10000\n", "/sys/class/net/eth0/device/x": "",
            "/sys/class/net/lo/type": "772\n", "/sys/module/amdgpu/version": "6.8.5\n",
            "/opt/rocm/.info/version": "6.2.0-66\n",
            "/usr/lib/python3/dist-packages/torch-2.4.1.dist-info/METADATA": "",
            "/var/lib/dpkg/status":
                "Package: podman\nStatus: install ok installed\nVersion: 4.3.1\n\nPackage: runc\nStatus: deinstall ok config-files\nVersion: 1\n",
        ])
        let report = await machine.inspector().report()
        #expect(report.system.distribution == "Debian GNU/Linux 12")
        #expect(report.processor.vendor == "GenuineIntel" && report.processor.flags == ["avx2", "fma", "sse2"])
        #expect(report.processor.cores == 1 && report.processor.threads == 2 && report.processor.sockets == 1)
        #expect(report.processor.caches == [.init(level: 1, kind: "data", sizeBytes: 48 << 10, count: 1)])
        #expect(report.processor.nodes == [.init(number: 0, processors: "0-1", memoryBytes: 16 << 20)])
        #expect(report.processor.frequency?.current == 2100.5)
        #expect(report.memory.totalBytes == 16 << 20 && report.memory.usableBytes == 1 << 34)
        #expect(report.disks.map(\.name) == ["nvme0n1"] && report.disks.first?.model == "Fast Disk")
        #expect(report.disks.first?.kind == "ssd" && report.disks.first?.sizeBytes == 1 << 20)
        #expect(report.networks.map(\.kind) == ["ethernet", "loopback"])
        #expect(report.networks.first?.megabitsPerSecond == 10_000)
        #expect(report.software.contains(SoftwareReport("PyTorch", kind: "framework", version: "2.4.1")))
        #expect(report.software.contains(SoftwareReport("Podman", kind: "container", version: "4.3.1")))
        #expect(!report.software.contains { $0.name == "runc" })
        #expect(report.software.contains(SoftwareReport("ROCm", kind: "toolkit", version: "6.2.0-66")))
    }

    @Test func aGPUThatNoLibraryReachesIsSeenAndSaidToBeOfNoUse() async throws {
        let machine = try FakeMachine()
        try machine.write(FakeMachine.amdGPU)
        let report = await machine.inspector([.init(backend: "hip", arguments: nil)]).report()
        let device = try #require(report.devices.first)
        #expect(device.id == "gpu0" && device.vendor == "amd" && device.pciAddress == "0000:03:00.0")
        #expect(device.temperatureCelsius == 41 && device.powerWatts == 18 && device.utilizationPercent == 7)
        #expect(device.memoryBytes == 25_753_026_560 && device.memoryNode == 1)
        #expect(device.fault == "no library reaches it (hip: weft-kernel is not installed beside weft)")
        #expect(!device.profile.isUsable)
    }

    @Test func aMachineThatShowsNothingIsExplained() async throws {
        let report = await (try FakeMachine()).inspector().report()
        let fields = Set(report.absent.map(\.field))
        for field in [
            "system.distribution", "system.model", "processor.cores", "processor.caches", "processor.nodes",
            "processor.frequency", "processor.flags", "processor.temperature_celsius", "memory.total_bytes", "disks",
            "networks", "devices",
        ] { #expect(fields.contains(field), "\(field) is absent and nothing says why") }
        #expect(report.absent.allSatisfy { !$0.reason.isEmpty })
        #expect(report.devices.isEmpty)
    }

    @Test func thisMachineIsRead() async throws {
        let probes = DeviceProbes.installed(environment: [:], executableDirectory: "/nonexistent")
        let report = await HardwareInspector(probes: probes, environment: [:]).report()
        #expect(report.system.operatingSystem == "linux" || report.system.operatingSystem == "macos")
        #expect((report.memory.totalBytes ?? 0) > 0 && (report.processor.threads ?? 0) > 0)
        #expect(report.backends.allSatisfy { $0.state == .notAsked && $0.reason != nil })
    }

    @Test func whatABenchmarkDependsOnDoesNotChangeWithTheWeather() async throws {
        let machine = try FakeMachine()
        try machine.write(FakeMachine.amdGPU)
        let before = await machine.inspector().report()
        try machine.write(["/sys/bus/pci/devices/0000:03:00.0/hwmon/hwmon2/temp1_input": "88000\n"])
        let after = await machine.inspector().report()
        #expect(before != after && before.benchmarkSubject == after.benchmarkSubject)
    }
}
