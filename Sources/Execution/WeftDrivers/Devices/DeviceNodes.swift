import WeftDevices
package import WeftSandbox

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

extension [GrantedDevice] {
    /// What a sandbox has to show of `/dev` so that these devices can be used in it, and nothing of other devices.
    ///
    /// - Parameter root: where the machine's files are; tests have their own.
    package func nodes(root: String = "") -> [SandboxBind] {
        var nodes: [String] = []
        var folders: [String] = []
        for grant in self {
            let address = grant.device.pciAddress ?? ""
            let place = "\(root)/sys/bus/pci/devices/\(address)"
            switch grant.device.vendor {
            case "nvidia":
                nodes += ["nvidiactl", "nvidia-uvm", "nvidia-uvm-tools"]
                if let minor = Self.minor(address, root: root) { nodes.append("nvidia\(minor)") }
            case "amd":
                nodes += ["kfd"] + Self.renderNodes(place)
                // The runtime learns from here which GPUs there are.
                folders += ["/sys/devices/virtual/kfd", "/sys/class/kfd"]
            default: nodes += Self.renderNodes(place)
            }
        }
        var seen: Set<String> = []
        let devices = nodes.map { "/dev/\($0)" }.filter { access(root + $0, F_OK) == 0 && seen.insert($0).inserted }
            .map { SandboxBind(hostPath: root + $0, sandboxPath: $0, access: .device) }
        let facts = folders.filter { access(root + $0, F_OK) == 0 && seen.insert($0).inserted }
            .map { SandboxBind(hostPath: root + $0, sandboxPath: $0) }
        return devices + facts
    }

    /// `Device Minor:  0` in /proc/driver/nvidia/gpus/ADDRESS/information; there it is what the node is called by.
    private static func minor(_ address: String, root: String) -> Int? {
        guard let file = try? ProducedFile(reading: "\(root)/proc/driver/nvidia/gpus/\(address)/information"),
            let bytes = try? file.read(offset: 0, length: 4096)
        else { return nil }
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") where line.hasPrefix("Device Minor") {
            return line.split(separator: ":").last.flatMap { Int($0.filter(\.isNumber)) }
        }
        return nil
    }

    private static func renderNodes(_ place: String) -> [String] {
        FileTree.names(in: place + "/drm", limit: 64).filter { $0.hasPrefix("renderD") }.map { "dri/\($0)" }
    }
}
