/// What runs here, and on what.
struct SystemDetection {
    let tree: HostTree
    private(set) var absent: [HardwareReport.Absence] = []

    init(tree: HostTree) { self.tree = tree }

    mutating func report() -> SystemReport {
        let names = SystemNames.read()
        var report = SystemReport(
            hostName: names.host, operatingSystem: names.operatingSystem, architecture: names.architecture)
        report.kernel = names.release.isEmpty ? nil : names.release
        report.distribution = distribution()
        report.container = container()
        report.hypervisor = hypervisor()
        report.vendor =
            tree.line("/sys/class/dmi/id/sys_vendor") ?? tree.line("/sys/firmware/devicetree/base/compatible")
        report.model = tree.line("/sys/class/dmi/id/product_name") ?? tree.line("/sys/firmware/devicetree/base/model")
        report.uptimeSeconds = tree.line("/proc/uptime")
            .flatMap { $0.split(separator: " ").first.flatMap { Double($0) } }.map { Int64($0) }
        if report.distribution == nil { note("system.distribution", "/etc/os-release is not there") }
        if report.vendor == nil, report.model == nil {
            note("system.model", "the firmware's tables (/sys/class/dmi/id) are not shown here")
        }
        if report.uptimeSeconds == nil { note("system.uptime_seconds", "/proc/uptime cannot be read") }
        return report
    }

    private mutating func note(_ field: String, _ reason: String) { absent.append(.init(field, reason)) }

    private func distribution() -> String? {
        for path in ["/etc/os-release", "/usr/lib/os-release"] {
            guard let text = tree.text(path) else { continue }
            for line in text.split(separator: "\n") where line.hasPrefix("PRETTY_NAME=") {
                return line.dropFirst("PRETTY_NAME=".count).filter { $0 != "\"" }.trimmed
            }
        }
        return nil
    }

    /// By the marks that engines leave for who runs in their containers.
    private func container() -> String? {
        if tree.exists("/run/.containerenv") { return "podman" }
        if tree.exists("/var/run/secrets/kubernetes.io") { return "kubernetes" }
        if tree.exists("/.dockerenv") { return "docker" }
        if let said = tree.line("/run/systemd/container") { return said }
        let groups = tree.text("/proc/1/cgroup") ?? ""
        for (mark, name) in [("/docker/", "docker"), ("/lxc/", "lxc"), ("/kubepods", "kubernetes")]
        where groups.contains(mark) {
            return name
        }
        return nil
    }

    private func hypervisor() -> String? {
        if let kind = tree.line("/sys/hypervisor/type") { return kind }
        let model = (tree.line("/sys/class/dmi/id/product_name") ?? "").lowercased()
        let vendor = (tree.line("/sys/class/dmi/id/sys_vendor") ?? "").lowercased()
        for (mark, name) in [
            ("kvm", "kvm"), ("qemu", "kvm"), ("vmware", "vmware"), ("virtualbox", "virtualbox"), ("xen", "xen"),
            ("microsoft", "microsoft"), ("amazon", "kvm"), ("google", "kvm"), ("firecracker", "kvm"),
        ] where model.contains(mark) || (vendor.contains(mark) && model.contains("virtual")) {
            return name
        }
        let isVirtual =
            (tree.text("/proc/cpuinfo") ?? "").split(separator: "\n")
            .first { $0.hasPrefix("flags") }?.split(separator: " ").contains("hypervisor") ?? false
        return isVirtual ? "unknown" : nil
    }
}
