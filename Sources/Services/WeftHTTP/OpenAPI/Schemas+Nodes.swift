import WeftFormats
import WeftModel

extension Schemas {
    static let nodes: [(name: String, schema: Document)] = [
        (
            "Node",
            Schema.object(
                "A machine that is or was here.",
                [
                    .always("id", Schema.anyText, "Its peer id."), .always("name", Schema.anyText, "For people."),
                    .always(
                        "state",
                        Schema.choice(
                            [.connected, .silent, .draining, .paused, .away] as [NodeView.State]),
                        "Whether it works."),
                    .maybe(
                        "route", Schema.choice([.direct, .relayed] as [NodeView.Route]),
                        "How the coordinator's link gets to it; not there while it has none."),
                    .always("profile", profile, "What it says of itself."),
                    .always("free", Schema.named("Resources"), "What no attempt occupies."),
                    .always("running_attempts", Schema.count, "How many attempts it has."),
                    .always("reputation", reputation, "What verdicts said of it."),
                    .maybe("performance", performance, "What became of its attempts."),
                    .maybe("trust", Schema.list(trust), "What jobs with a `max_error` have shown, by kind of payload."),
                    .always("first_seen_at", Schema.moment, "When it joined."),
                    .always("last_seen_at", Schema.moment, "When it was last heard."),
                ])
        ),
        ("Nodes", Schema.page(of: "Node", "Nodes.")),
        (
            "Resources",
            Schema.object(
                "An amount of a machine.",
                [
                    .always("cpu_millis", Schema.count, "Thousandths of a processor."),
                    .always("memory_bytes", Schema.count, "Of memory."),
                    .always("disk_bytes", Schema.count, "Of working directories."),
                    .always("devices", Schema.list(device), "By kind."),
                ])
        ),
    ]

    private static let words = Schema.list(Schema.anyText)
    private static let walls = Schema.choice(Isolation.allCases)
    private static let limits = Schema.list(Schema.choice(Limit.allCases))

    private static let device = Schema.object(
        "Devices of one kind.",
        [.always("kind", Schema.anyText, "For example gpu."), .always("count", Schema.count, "How many.")])

    private static let profile = Schema.object(
        "What a node says of itself.",
        [
            .always("name", Schema.anyText, "For people."),
            .always("operating_system", Schema.anyText, "For example linux."),
            .always("architecture", Schema.anyText, "For example x86_64."),
            .always("capacity", Schema.named("Resources"), "What its owner offers."),
            .always("drivers", Schema.list(driver), "How it runs payloads."),
            .always("labels", Schema.map(Schema.anyText), "What jobs can require."),
            .always("owner", Schema.anyText, "Nodes of one owner never check each other; empty if not stated."),
            .always("isolation", walls, "The wall of drivers that state none."),
            .always("enforced", limits, "The limits of drivers that state no wall."),
            .always("notes", words, "Why a limit or driver is missing."),
            .always("version", Schema.anyText, "Of Weft."),
            .always("submitters", words, "Whose work it takes; everybody's if empty."),
            .always("signers", words, "Whose code it takes; everybody's if empty."),
            .always("paused", Schema.anyText, "Why its owner's rules give it no work; empty while it works."),
            .always("processor", Schema.anyText, "The processor's model; empty where that is not known."),
            .always("devices", Schema.list(nodeDevice), "Besides its processor, those out of use included."),
            .maybe("benchmark", benchmark, "How fast it is, measured by itself."),
        ])

    private static let driver = Schema.object(
        "One way to run payloads.",
        [
            .always("name", Schema.anyText, "For example process."), .always("version", Schema.anyText, "Its own."),
            .always("payloads", words, "The kinds that it runs."),
            .maybe("isolation", walls, "Its wall; the node's if there is none."),
            .always("architectures", words, "What programs may be built for; the node's own if empty."),
            .always("enforced", limits, "The limits that hold here."),
            .always("mounts", Schema.flag, "Whether it shows directories at absolute paths."),
        ])

    private static let reputation = Schema.object(
        "What verdicts said of a node.",
        [
            .always("score", Schema.integer(0...100), "From 0 to 100."),
            .always("agreements", Schema.count, "Answers that were the agreed one."),
            .always("disagreements", Schema.count, "Answers that were not."),
        ])

    private static let performance = Schema.object(
        "How well a node works: what became of its attempts, lately and by days.",
        [
            .always("finished", Schema.count, "Attempts that it finished."),
            .always("failed", Schema.count, "Attempts that it gave up."),
            .always("lost", Schema.count, "Attempts that went with it."),
            .always(
                "reliability", ["type": "number", "minimum": 0, "maximum": 1],
                "The share of the latest that it finished."),
            .maybe("speed", ["type": "number", "minimum": 0], "1: as fast as others with tasks of the same jobs."),
            .always("history", Schema.list(day), "The latest days with an attempt, the newest last."),
        ])

    private static let day = Schema.object(
        "One day.",
        [
            .always("day", Schema.moment, "When it began, in UTC."),
            .always("finished", Schema.count, "Attempts that it finished."),
            .always("failed", Schema.count, "Attempts that it gave up."),
            .always("lost", Schema.count, "Attempts that went with it."),
        ])

    private static let trust = Schema.object(
        "What is known of a node's honesty with one kind of payload.",
        [
            .always("payload", Schema.anyText, "The kind."),
            .always("state", Schema.choice([.new, .believed, .excluded] as [TrustView.State]), "How it is treated."),
            .always("checked", Schema.count, "Answers of which it is known whether they were right."),
            .always("wrong", Schema.count, "How many were not."),
            .always("right_in_a_row", Schema.count, "Since the last that was not."),
        ])
}
