import WeftModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What a virtual machine is made of, as found on this host.
package struct VMAssets: Sendable, Hashable {
    /// Overrides where the guest's first program is.
    package static let guestVariable = "WEFT_VM_GUEST"

    package var qemuPath: String
    package var kernelPath: String
    /// The kernel's release, as its file name says.
    package var kernelRelease: String
    /// Drivers of the one device that it needs, where they are not part of the kernel.
    package var modulePaths: [String]
    /// `weft-guest`: the first program of the machine, statically linked.
    package var guestPath: String
    /// A statically linked busybox, for payloads that are scripts; nil where there is none.
    package var busyboxPath: String?

    /// What is missing, and how to get it.
    package struct Missing: Error, Sendable, Hashable {
        package var reason: String
        package var hint: String
    }

    /// - Parameters:
    ///   - kernelFolders: folders with `boot/vmlinuz-RELEASE` and `lib/modules/RELEASE`, looked at before `/`.
    ///   - guestPath: `weft-guest`; by default what `WEFT_VM_GUEST` names, or else the one beside this executable.
    package static func find(
        kernelFolders: [String] = kernelFoldersOfBuild, guestPath: String? = nil
    ) throws(Missing) -> VMAssets {
        let setup = "or run scripts/setup-drivers.sh vm"
        guard ProgramArchitecture.native == ProgramArchitecture.amd64 else {
            throw Missing(reason: "virtual machines are made on x86-64 only so far", hint: "")
        }
        let places: [String] = ["/usr/bin/qemu-system-x86_64", "/usr/local/bin/qemu-system-x86_64"]
        let qemu = places.first { access($0, X_OK) == 0 }
        guard let qemu else {
            throw Missing(reason: "qemu-system-x86_64 was not found", hint: "install qemu-system-x86, \(setup)")
        }
        let guest = guestPath ?? getenv(guestVariable).map { String(cString: $0) } ?? besideExecutable("weft-guest")
        guard access(guest, R_OK) == 0 else {
            throw Missing(
                reason: "\(guest) is missing", hint: "install weft-guest beside weft, or set \(guestVariable)")
        }
        guard isStatic(guest) else {
            throw Missing(reason: "\(guest) is not statically linked", hint: "build it as Package.swift says")
        }
        for folder in kernelFolders + [""] {
            guard let (path, release, modules) = kernel(in: folder) else { continue }
            let busybox = ["/bin/busybox", "/usr/bin/busybox", "/usr/bin/busybox-static"].first { isStatic($0) }
            return VMAssets(
                qemuPath: qemu, kernelPath: path, kernelRelease: release, modulePaths: modules, guestPath: guest,
                busyboxPath: busybox)
        }
        throw Missing(
            reason: "no kernel with virtio modules was found in "
                + (kernelFolders.map { $0 + "/boot" } + ["/boot"]).joined(separator: ", "),
            hint: "install linux-image-cloud-amd64, \(setup)")
    }

    /// The newest kernel in a folder whose modules can be had.
    private static func kernel(in folder: String) -> (path: String, release: String, modules: [String])? {
        let prefix = "vmlinuz-"
        let names = FileTree.names(in: folder + "/boot", limit: 1024).filter { $0.hasPrefix(prefix) }
        for name in names.sorted(by: >) {
            let release = String(name.dropFirst(prefix.utf8.count))
            let path = folder + "/boot/" + name
            guard access(path, R_OK) == 0, let modules = modules(folder + "/lib/modules/" + release) else { continue }
            return (path, release, modules)
        }
        return nil
    }

    private static func modules(_ folder: String) -> [String]? {
        guard let file = try? ProducedFile(reading: folder + "/modules.builtin"), file.sizeBytes < 4 << 20,
            let bytes = try? file.read(offset: 0, length: Int(file.sizeBytes))
        else { return nil }
        let builtIn = String(decoding: bytes, as: UTF8.self)
        var paths: [String] = []
        for name in ["virtio/virtio_ring", "virtio/virtio", "virtio/virtio_mmio", "char/virtio_console"] {
            let module = "kernel/drivers/\(name).ko"
            // Compressed ones would need a decompressor in the guest.
            if access("\(folder)/\(module)", R_OK) == 0 {
                paths.append("\(folder)/\(module)")
            } else if !builtIn.contains(module) {
                return nil
            }
        }
        return paths
    }

    private static func isStatic(_ path: String) -> Bool {
        realPath(path).map(ELFHeader.isStaticAndNative) ?? false
    }

    private static func besideExecutable(_ name: String) -> String {
        (directoryOfExecutable() ?? "/usr/libexec/weft") + "/" + name
    }

    /// Where scripts/setup-drivers.sh puts a kernel: beside the build that this executable belongs to.
    package static let kernelFoldersOfBuild: [String] =
        directoryOfExecutable().map {
            ["\($0)/../drivers/kernel", "\($0)/../../drivers/kernel"]
        } ?? []
}
