package import WeftModel

/// The form of ``HardwareReport``'s JSON, as a JSON Schema (draft 2020-12); `schemas/hardware.json` is this.
package enum HardwareSchema {
    package static let document: Document = .object(
        [
            Document.Member("$schema", "https://json-schema.org/draft/2020-12/schema"),
            Document.Member("title", "Weft hardware report"),
            Document.Member("$defs", .object([Document.Member("benchmark", benchmark)])),
        ] + report.members)

    private static let report = object([
        always("version", ["const": .integer(Int64(HardwareReport.currentVersion))], "Of this form."),
        always("system", system, "What runs here, and on what."), always("processor", processor, "The processors."),
        always("memory", memory, "The memory."), always("disks", list(disk), "Disks of the machine."),
        always("networks", list(network), "Network interfaces."),
        always("devices", list(device), "GPUs, accelerators, and processors that a GPU library reaches."),
        always("backends", list(backend), "Libraries that were asked for devices."),
        always("software", list(software), "Drivers, container engines, toolkits, frameworks, compilers."),
        always("absent", list(absence), "What could not be found out, and why."),
        always("fingerprint", text, "SHA-256 of what a benchmark depends on, in hex."),
        maybe("benchmark", ["$ref": "#/$defs/benchmark"], "How fast it is, if that was measured."),
    ])

    private static let system = object([
        always("host_name", text, "For people."), always("operating_system", text, "linux, macos or unknown."),
        always("architecture", text, "x86_64, arm64, …"), maybe("distribution", text, "For people."),
        maybe("kernel", text, "The version of the kernel."), maybe("container", text, "What this process runs in."),
        maybe("hypervisor", text, "The machine below a virtual one."), maybe("vendor", text, "Of the machine."),
        maybe("model", text, "Of the machine."), maybe("uptime_seconds", count, "Since it was started."),
    ])

    private static let processor = object([
        maybe("model", text, "As the system has it."), maybe("vendor", text, "As the system has it."),
        maybe("sockets", count, "How many."), maybe("cores", count, "How many."), maybe("threads", count, "How many."),
        maybe("usable_millis", count, "What Weft may use, in thousandths of a processor."),
        always("flags", list(text), "Instruction sets and other abilities."),
        always(
            "caches",
            list(
                object([
                    always("level", count, "1 is nearest."), always("kind", text, "data, instruction or unified."),
                    always("size_bytes", count, "Of each."), always("count", count, "How many there are."),
                ])), "Kinds of caches."),
        always(
            "nodes",
            list(
                object([
                    always("number", count, "Its number."), always("processors", text, "0-7,16-23"),
                    maybe("memory_bytes", count, "Near them."),
                ])), "Processors and the memory near them."),
        maybe(
            "frequency",
            object([
                maybe("current", number, "Megahertz."), maybe("lowest", number, "Megahertz."),
                maybe("highest", number, "Megahertz."),
            ]), "Of the fastest processor."),
        maybe("load_average", number, "Processes that ran or waited over the last minute."),
        maybe("temperature_celsius", number, "Of the machine's hottest sensor."),
    ])

    private static let memory = object([
        maybe("total_bytes", count, "Of the machine."), maybe("available_bytes", count, "Now."),
        maybe("usable_bytes", count, "What Weft may use."), maybe("swap_bytes", count, "On disks."),
    ])

    private static let disk = object([
        always("name", text, "As the system has it."), maybe("model", text, "As it says."),
        maybe("size_bytes", count, "Of all of it."), maybe("kind", text, "ssd or hdd."),
        maybe("is_removable", flag, "Whether it is a stick or a card."),
    ])

    private static let network = object([
        always("name", text, "As the system has it."), always("kind", text, "ethernet, wireless, loopback or virtual."),
        maybe("state", text, "up, down or unknown."), maybe("megabits_per_second", count, "Of the cable."),
        maybe("mtu", count, "Bytes of one packet."),
    ])

    private static let device = object([
        always("id", text, "Its name on this machine."), always("kind", text, "gpu, accelerator, cpu or display."),
        always("vendor", text, "nvidia, amd, intel, apple, …"), always("model", text, "As its driver has it."),
        maybe("memory_bytes", count, "Its own."), maybe("capability", text, "As its vendor counts."),
        maybe("architecture", text, "As compilers name it."), maybe("driver", text, "The version of its driver."),
        maybe("pci_address", text, "0000:65:00.0"), maybe("uuid", text, "Its vendor's name for this very one."),
        maybe("compute_units", count, "Multiprocessors."), maybe("clock_megahertz", number, "At most."),
        maybe("has_doubles", flag, "Numbers of 64 bits."), maybe("has_halves", flag, "Numbers of 16 bits."),
        maybe("memory_node", count, "The processors near it."), maybe("temperature_celsius", number, "Now."),
        maybe("utilization_percent", number, "Now."), maybe("memory_used_bytes", count, "Now."),
        maybe("power_watts", number, "Now."), maybe("power_limit_watts", number, "At most."),
        always(
            "backends",
            list(
                object([
                    always("name", text, "opencl, cuda, hip or level-zero."),
                    always("index", count, "Its number there."), maybe("version", text, "Of the interface."),
                ])), "Libraries that reach it."),
        maybe("fault", text, "Why no job can have it."),
    ])

    private static let backend = object([
        always("name", text, "opencl, cuda, hip, level-zero, nvml or rocm-smi."),
        always(
            "state", ["enum": .array(BackendReport.State.allCases.map { .string($0.rawValue) })],
            "What came of asking it."),
        maybe("version", text, "What it says."), maybe("library", text, "Where it is."),
        maybe("reason", text, "Why there is no device."), always("device_count", count, "How many it sees."),
    ])

    private static let software = object([
        always("name", text, "For people."),
        always("kind", text, "driver, container, toolkit, framework or compiler."),
        always("version", text, "As installed."),
    ])

    private static let absence = object([
        always("field", text, "What is missing here."), always("reason", text, "Why."),
    ])

    private static let benchmark = object([
        always("fingerprint", text, "Of the hardware that was measured."),
        always("measured_at", count, "Microseconds since the Unix epoch."),
        always(
            "processor",
            object([
                maybe("single_megaflops", count, "One core, numbers of 64 bits."),
                maybe("all_megaflops", count, "All cores."),
                maybe("memory_bytes_per_second", count, "Read and written."),
                maybe("disk_write_bytes_per_second", count, "Until it is on the disk."),
                maybe("disk_read_bytes_per_second", count, "Past the system's memory."),
            ]), "Of the processor, its memory and the worker's disk."),
        always(
            "devices",
            list(
                object(
                    [
                        always("id", text, "Of the device."), always("backend", text, "What it was measured with."),
                        always("notes", list(text), "What could not be measured."),
                    ]
                        + [
                            "double_megaflops", "single_megaflops", "half_megaflops", "memory_bytes_per_second",
                            "upload_bytes_per_second", "download_bytes_per_second", "launch_nanoseconds",
                            "allocatable_bytes", "load_millidegrees",
                        ].map { maybe($0, count, "As its name says.") })), "Of each device."),
        always("signature", text, "Of the node, in base64."),
    ])

    // MARK: parts

    private struct Field {
        var name: String
        var schema: Document
        var isRequired: Bool
    }

    private static let text: Document = ["type": "string"]
    private static let flag: Document = ["type": "boolean"]
    private static let number: Document = ["type": "number"]
    private static let count: Document = ["type": "integer", "minimum": 0]

    private static func list(_ items: Document) -> Document { ["type": "array", "items": items] }

    private static func always(_ name: String, _ schema: Document, _ summary: String) -> Field {
        Field(name: name, schema: described(schema, summary), isRequired: true)
    }

    private static func maybe(_ name: String, _ schema: Document, _ summary: String) -> Field {
        Field(name: name, schema: described(schema, summary), isRequired: false)
    }

    private static func described(_ schema: Document, _ summary: String) -> Document {
        .object([Document.Member("description", .string(summary))] + schema.members)
    }

    private static func object(_ fields: [Field]) -> Document {
        [
            "type": "object", "properties": .object(fields.map { Document.Member($0.name, $0.schema) }),
            "required": .array(fields.filter(\.isRequired).map { .string($0.name) }), "additionalProperties": false,
        ]
    }
}
