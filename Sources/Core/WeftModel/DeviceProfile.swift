/// What a device can do, as its vendor counts: NVIDIA's compute capability, the major and minor number of AMD's
/// architectures. Compared only between devices of one vendor.
package struct DeviceCapability: Hashable, Sendable, Codable, Comparable {
    /// 0 to 999.
    package let major: Int
    /// 0 to 99.
    package let minor: Int

    /// Nil for numbers that are out of their ranges.
    package init?(major: Int, minor: Int) {
        guard (0...999).contains(major), (0...99).contains(minor) else { return nil }
        self.major = major
        self.minor = minor
    }

    static let pattern = "^[0-9]{1,3}(\\.[0-9]{1,2})?$"

    /// Reads `9`, `9.0`, `8.6`; nil for anything else.
    package init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(\.isASCIIDigit) }),
            parts[0].utf8.count <= 3, parts.last!.utf8.count <= 3, let major = Int(parts[0]),
            let minor = parts.count == 2 ? Int(parts[1]) : 0
        else { return nil }
        self.init(major: major, minor: minor)
    }

    package var text: String { "\(major).\(minor)" }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let capability = DeviceCapability(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a capability such as 9.0")
        }
        self = capability
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    package static func < (left: Self, right: Self) -> Bool { (left.major, left.minor) < (right.major, right.minor) }
}

/// A device of a node besides its processor, for example a GPU. What its node could not find out is nil or empty.
package struct DeviceProfile: Hashable, Sendable, Codable {
    /// Its name on its node, for example `gpu0`: unique there, and the same after a restart while the hardware is.
    package var id: String
    /// `gpu`, `accelerator`.
    package var kind: String
    /// `nvidia`, `amd`, `intel`, `apple`; what its driver says otherwise.
    package var vendor: String
    package var model: String
    package var memoryBytes: Int64?
    package var capability: DeviceCapability?
    /// As compilers name it: `sm_90`, `gfx90a`.
    package var architecture: String
    /// The version of its driver.
    package var driver: String
    /// Its address on the PCI bus, as `0000:65:00.0`.
    package var pciAddress: String
    /// The names of Weft's drivers that reach it: `cuda`, `hip`, `level-zero`, `opencl`.
    package var backends: [String]
    /// Why it is out of use, in one sentence: nothing is given to it. It works if empty.
    package var fault: String

    package init(
        id: String, kind: String, vendor: String = "", model: String = "", memoryBytes: Int64? = nil,
        capability: DeviceCapability? = nil, architecture: String = "", driver: String = "", pciAddress: String = "",
        backends: [String] = [], fault: String = ""
    ) {
        self.id = id
        self.kind = kind
        self.vendor = vendor
        self.model = model
        self.memoryBytes = memoryBytes
        self.capability = capability
        self.architecture = architecture
        self.driver = driver
        self.pciAddress = pciAddress
        self.backends = backends
        self.fault = fault
    }

    /// Reads what other builds wrote: all but id and kind may be missing.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        func text(_ key: CodingKeys) throws -> String { try fields.decodeIfPresent(String.self, forKey: key) ?? "" }
        self.init(
            id: try fields.decode(String.self, forKey: .id), kind: try fields.decode(String.self, forKey: .kind),
            vendor: try text(.vendor), model: try text(.model),
            memoryBytes: try fields.decodeIfPresent(Int64.self, forKey: .memoryBytes),
            capability: try fields.decodeIfPresent(DeviceCapability.self, forKey: .capability),
            architecture: try text(.architecture), driver: try text(.driver), pciAddress: try text(.pciAddress),
            backends: try fields.decodeIfPresent([String].self, forKey: .backends) ?? [], fault: try text(.fault))
    }

    package var isUsable: Bool { fault.isEmpty }

    /// What decides how it rounds: devices of one class are taken to give equal answers.
    var hardwareClass: String {
        let name = architecture.isEmpty ? model : architecture
        return [kind, vendor, name, driver].filter { !$0.isEmpty }.joined(separator: " ")
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { ("0"..."9").contains(self) }
}
