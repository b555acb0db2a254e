import WeftModel

extension Schemas {
    static let nodeDevice = Schema.object(
        "A device of a node.",
        [
            .always("id", Schema.anyText, "Its name on the node."),
            .always("kind", Schema.anyText, "For example gpu."),
            .always("vendor", Schema.anyText, "For example nvidia; empty where that is not known."),
            .always("model", Schema.anyText, "As its driver has it."),
            .maybe("memory_bytes", Schema.count, "Its own."),
            .maybe("capability", Schema.anyText, "As its vendor counts: 9.0."),
            .always("architecture", Schema.anyText, "As compilers name it: sm_90, gfx90a."),
            .always("driver", Schema.anyText, "The version of its driver."),
            .always("pci_address", Schema.anyText, "For example 0000:65:00.0."),
            .always("backends", Schema.list(Schema.anyText), "Drivers that reach it: cuda, hip, level-zero, opencl."),
            .always("fault", Schema.anyText, "Why it is out of use; empty while it works."),
        ])

    static let benchmark = Schema.object(
        "How fast a machine is, measured by itself; what was not measured is left out.",
        [
            .always("fingerprint", Schema.anyText, "SHA-256 of the hardware that was measured, in hex."),
            .always("measured_at", Schema.count, "Microseconds since the Unix epoch."),
            .always("processor", processorBenchmark, "Of the processor, its memory and the worker's disk."),
            .always("devices", Schema.list(deviceBenchmark), "One for each that was measured."),
            .always("signature", Schema.anyText, "The node's Ed25519 signature, in base64."),
        ])

    private static let processorBenchmark = Schema.object(
        "Of the processor, its memory and the worker's disk.",
        [
            .maybe("single_megaflops", Schema.count, "One core, numbers of 64 bits."),
            .maybe("all_megaflops", Schema.count, "All cores."),
            .maybe("memory_bytes_per_second", Schema.count, "Read and written."),
            .maybe("disk_write_bytes_per_second", Schema.count, "Until it is on the disk."),
            .maybe("disk_read_bytes_per_second", Schema.count, "Past the system's memory."),
        ])

    private static let deviceBenchmark = Schema.object(
        "Of one device.",
        [
            .always("id", Schema.anyText, "Its name on the node."),
            .always("backend", Schema.anyText, "The driver that it was measured with; empty if it was not."),
            .maybe("double_megaflops", Schema.count, "Numbers of 64 bits."),
            .maybe("single_megaflops", Schema.count, "Numbers of 32 bits."),
            .maybe("half_megaflops", Schema.count, "Numbers of 16 bits."),
            .maybe("memory_bytes_per_second", Schema.count, "Of its own memory, read and written."),
            .maybe("upload_bytes_per_second", Schema.count, "To it."),
            .maybe("download_bytes_per_second", Schema.count, "From it."),
            .maybe("launch_nanoseconds", Schema.count, "A kernel that does nothing."),
            .maybe("allocatable_bytes", Schema.count, "What one program could have of its memory."),
            .maybe("load_millidegrees", Schema.count, "Its temperature at work, in thousandths of a degree Celsius."),
            .always("notes", Schema.list(Schema.anyText), "What could not be measured and why."),
        ])
}
