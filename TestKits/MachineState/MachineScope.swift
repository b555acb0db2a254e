import Glibc

/// Where ``MachineState`` looks, and what it takes for ours.
///
/// On a machine that others use too, only what can be traced to the worker counts. Alone in a process namespace
/// (`scripts/leaks.sh` makes one) everything does.
package struct MachineScope: Sendable {
    /// Something that is kept on purpose, and how much of it at most.
    package struct Kept: Sendable {
        package var name: String
        package var kind: MachineState.Kind
        package var most: Int
        package var matches: @Sendable (MachineState.Thing) -> Bool

        package init(
            _ name: String, _ kind: MachineState.Kind, most: Int,
            where matches: @escaping @Sendable (MachineState.Thing) -> Bool = { _ in true }
        ) {
            (self.name, self.kind, self.most, self.matches) = (name, kind, most, matches)
        }
    }

    /// An engine that is asked for its containers, images and volumes: its command, as a shell takes it.
    package struct Engine: Sendable {
        package var name: String
        package var command: String

        package init(name: String, command: String) { (self.name, self.command) = (name, command) }
    }

    /// The worker whose descendants and descriptors are looked at.
    package var worker: Int32
    /// What only ours has in its command line, environment, directory or control group: data directories, for instance.
    package var marks: [String]
    /// Directories of which everything counts, three levels deep.
    package var folders: [String]
    package var engines: [Engine]
    package var kept: [Kept]
    /// Whether everything that is new is ours.
    package var isAlone: Bool
    /// Whether what descends from the worker counts. Not after a restart: then it is the new life's own.
    package var countsDescendants = true

    package init(
        worker: Int32 = getpid(), marks: [String] = [], folders: [String] = [], engines: [Engine] = [],
        kept: [Kept] = [], isAlone: Bool = getenv("WEFT_LEAKS_ALONE") != nil
    ) {
        self.worker = worker
        self.marks = marks
        self.folders = folders
        self.engines = engines
        self.kept = kept
        self.isAlone = isAlone
    }

    /// Programs that drivers start; a new one of them is taken for ours wherever it hangs.
    static let programs: Set<String> = [
        "weft-sandbox", "weft-wasm", "weft-guest", "runc", "runsc", "runsc-sandbox", "runsc-gofer", "conmon",
        "containerd-shim", "bwrap", "qemu-system-x86", "qemu-system-aar", "qemu-aarch64-st", "qemu-riscv64-st",
        "qemu-arm-static",
    ]

    /// Where programs leave short-lived files; of these directories, the entries themselves.
    static let temporaryFolders = [
        "/tmp", "/var/tmp", "/dev/shm", "/run", "/run/lock", "/run/netns", "/run/docker/netns", "/run/libpod",
        "/run/containers", "/run/runc", "/run/crun", "/run/runsc", "/run/containerd", "/var/run/runsc",
    ]

    /// In the names of files that are ours, where the machine is shared.
    static let fileWords = [
        "weft", "runc", "runsc", "podman", "docker", "buildah", "containers", "libpod", "conmon", "qemu", "wasm",
        "containerd", "storage", "image",
    ]
}
