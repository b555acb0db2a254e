/// Versions of drivers, container engines, toolkits and frameworks, from the files that they install. Nothing is run.
struct SoftwareDetection {
    let tree: HostTree
    /// What the owner's environment says of places.
    let environment: [String: String]

    /// Entries of one folder of packages that are looked at.
    private static let packagesMax = 20_000
    /// Names of Python packages, as their folders have them.
    private static let frameworks = [
        "torch": "PyTorch", "tensorflow": "TensorFlow", "jax": "JAX", "onnxruntime": "ONNX Runtime",
        "onnxruntime_gpu": "ONNX Runtime (GPU)", "cupy": "CuPy", "cupy_cuda12x": "CuPy", "numpy": "NumPy",
        "numba": "Numba", "pyopencl": "PyOpenCL", "nvidia_cuda_nvrtc_cu12": "NVRTC", "nvidia_cuda_nvrtc": "NVRTC",
    ]
    /// Debian's names of packages.
    private static let packages: [(name: String, label: String, kind: String)] = [
        ("docker.io", "Docker", "container"), ("docker-ce", "Docker", "container"), ("podman", "Podman", "container"),
        ("runc", "runc", "container"), ("runsc", "gVisor", "container"), ("containerd", "containerd", "container"),
        ("qemu-system-x86", "QEMU", "container"), ("pocl-opencl-icd", "PoCL", "driver"),
        ("intel-opencl-icd", "Intel OpenCL", "driver"), ("mesa-opencl-icd", "Mesa OpenCL", "driver"),
        ("hipcc", "HIP", "toolkit"), ("nvidia-cuda-toolkit", "CUDA", "toolkit"), ("ffmpeg", "FFmpeg", "framework"),
        ("blender", "Blender", "framework"), ("gcc", "GCC", "compiler"), ("clang", "Clang", "compiler"),
    ]

    func all() -> [SoftwareReport] {
        var found = drivers() + toolkits() + debian() + python()
        var seen: Set<SoftwareReport> = []
        found.removeAll { !seen.insert($0).inserted }
        return found.sorted { ($0.kind, $0.name, $0.version) < ($1.kind, $1.name, $1.version) }
    }

    private func drivers() -> [SoftwareReport] {
        ["nvidia", "amdgpu", "i915", "xe", "nouveau"].compactMap { module in
            guard tree.exists("/sys/module/\(module)") else { return nil }
            return SoftwareReport(
                module, kind: "driver", version: tree.line("/sys/module/\(module)/version") ?? "with the kernel")
        }
    }

    private func toolkits() -> [SoftwareReport] {
        var found: [SoftwareReport] = []
        let cuda = ["/usr/local/cuda", environment["CUDA_HOME"] ?? ""].filter { !$0.isEmpty }
        for place in cuda {
            // {"cuda": {"name": …, "version": "12.4.1"}, …}
            guard let text = tree.text("\(place)/version.json"), let start = text.range(of: "\"version\""),
                let version = text[start.upperBound...].split(separator: "\"").dropFirst().first
            else { continue }
            found.append(SoftwareReport("CUDA", kind: "toolkit", version: Text.cut(String(version))))
        }
        if let version = tree.line("/opt/rocm/.info/version") {
            found.append(SoftwareReport("ROCm", kind: "toolkit", version: Text.cut(version)))
        }
        return found
    }

    /// From dpkg's list (deb-status): paragraphs of `Package:`, `Status:` and `Version:`.
    private func debian() -> [SoftwareReport] {
        guard let status = tree.text("/var/lib/dpkg/status", limit: 32 << 20) else { return [] }
        var found: [SoftwareReport] = []
        var package = Self.packages.first
        package = nil
        var isInstalled = false
        for line in status.utf8.split(separator: UInt8(ascii: "\n")) {
            if line.starts(with: "Package: ".utf8) {
                let name = String(decoding: line.dropFirst(9), as: UTF8.self)
                package = Self.packages.first { $0.name == name }
                isInstalled = false
            } else if package != nil, line.starts(with: "Status: ".utf8) {
                isInstalled = line.elementsEqual("Status: install ok installed".utf8)
            } else if let wanted = package, isInstalled, line.starts(with: "Version: ".utf8) {
                let version = Text.cut(String(decoding: line.dropFirst(9), as: UTF8.self))
                found.append(SoftwareReport(wanted.label, kind: wanted.kind, version: version))
                package = nil
            }
        }
        return found
    }

    /// From the folders `NAME-VERSION.dist-info` (the binary distribution format of Python packages).
    private func python() -> [SoftwareReport] {
        var folders: [String] = ["/usr/lib/python3/dist-packages"]
        for base in ["/usr/local/lib", "/usr/lib", (environment["VIRTUAL_ENV"] ?? "") + "/lib"] where base != "/lib" {
            for name in tree.names(base) where name.hasPrefix("python3.") {
                folders += ["\(base)/\(name)/dist-packages", "\(base)/\(name)/site-packages"]
            }
        }
        return folders.flatMap { folder in
            tree.names(folder).prefix(Self.packagesMax).compactMap { entry -> SoftwareReport? in
                guard entry.hasSuffix(".dist-info"), let dash = entry.firstIndex(of: "-") else { return nil }
                let name = entry[..<dash].lowercased()
                guard let label = Self.frameworks[name] else { return nil }
                let version = entry[entry.index(after: dash)...].dropLast(".dist-info".count)
                return SoftwareReport(label, kind: "framework", version: Text.cut(String(version)))
            }
        }
    }
}

extension String {
    /// Where `part` is first; nil if it is not in it.
    fileprivate func range(of part: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(part) { return start..<index(start, offsetBy: part.count) }
            start = index(after: start)
        }
        return nil
    }
}
