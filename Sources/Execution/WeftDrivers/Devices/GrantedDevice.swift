package import WeftDevices
import WeftModel

/// What an attempt has of a device of this machine.
package struct GrantedDevice: Sendable, Hashable {
    package var device: DeviceReport
    /// How much of its memory; all of it if nil.
    package var shareBytes: Int64?

    package init(_ device: DeviceReport, shareBytes: Int64? = nil) {
        self.device = device
        self.shareBytes = shareBytes
    }

    /// How much of its memory the attempt may use; nil where it is not known.
    package var memoryBytes: Int64? { shareBytes ?? device.memoryBytes }

    /// Its number among the devices of a library; nil where that does not reach it.
    package func index(in backend: String) -> Int? { device.backends.first { $0.name == backend }?.index }
}

extension [GrantedDevice] {
    /// What tells libraries of GPUs to use these devices and no others. Names that a library has for its devices come
    /// before numbers, which change with what it sees.
    package var variables: [String: String] {
        guard !isEmpty else { return [:] }
        var variables = ["WEFT_DEVICES": map(\.device.id).joined(separator: ",")]
        let shares = compactMap { grant in grant.shareBytes.map { "\(grant.device.id)=\($0)" } }
        if !shares.isEmpty { variables["WEFT_DEVICE_MEMORY"] = shares.joined(separator: ",") }
        let nvidia = filter { $0.device.vendor == "nvidia" }
        // With this order a number is the same for CUDA and for the management library.
        variables["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"
        variables["CUDA_VISIBLE_DEVICES"] = list(nvidia, "cuda")
        variables["ROCR_VISIBLE_DEVICES"] = list(filter { $0.device.vendor == "amd" }, "hip")
        let levelZero = compactMap { $0.index(in: "level-zero") }
        if !levelZero.isEmpty {
            variables["ZE_AFFINITY_MASK"] = levelZero.map(String.init).joined(separator: ",")
            // The numbers are those of whole cards, not of their tiles.
            variables["ZE_FLAT_DEVICE_HIERARCHY"] = "COMPOSITE"
        }
        return variables
    }

    /// -1 is a device that there never is: none.
    private func list(_ grants: [GrantedDevice], _ backend: String) -> String {
        let names = grants.compactMap { $0.device.uuid ?? $0.index(in: backend).map(String.init) }
        return names.isEmpty ? "-1" : names.joined(separator: ",")
    }
}
