import Glibc
import WeftFormats
import WeftModel

/// What this process uses, read from the kernel.
struct ProcessUsage: Sendable {
    var residentBytes: Int64?
    var cpuSeconds: Double
    var openDescriptors: Int?
    var descriptorLimit: UInt64?

    static func now() -> ProcessUsage {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        var limit = rlimit()
        let hasLimit = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
        return ProcessUsage(
            residentBytes: residentPages().map { $0 * Int64(sysconf(Int32(_SC_PAGESIZE))) },
            cpuSeconds: seconds(usage.ru_utime) + seconds(usage.ru_stime), openDescriptors: descriptors(),
            descriptorLimit: hasLimit ? UInt64(limit.rlim_cur) : nil)
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }

    /// The second field of `/proc/self/statm`.
    private static func residentPages() -> Int64? {
        let descriptor = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 128)
        let count = read(descriptor, &bytes, bytes.count)
        guard count > 0 else { return nil }
        let fields = String(decoding: bytes[..<count], as: UTF8.self).split(separator: " ")
        return fields.count > 1 ? Int64(fields[1]) : nil
    }

    private static func descriptors() -> Int? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        // Without `.`, `..` and the descriptor that lists.
        return count - 3
    }
}

/// How large the file system of a directory is, and how much of it ordinary users may still fill.
struct FileSystemSpace: Sendable {
    var sizeBytes: UInt64
    var availableBytes: UInt64

    /// nil when the kernel does not tell.
    init?(of directory: String) {
        var answer = statvfs()
        guard statvfs(directory, &answer) == 0 else { return nil }
        let block = UInt64(answer.f_frsize)
        sizeBytes = UInt64(answer.f_blocks) * block
        availableBytes = UInt64(answer.f_bavail) * block
    }
}

/// The exposition format of Prometheus, version 0.0.4.
enum MetricsText {
    static func render(
        _ stats: Stats, isReady: Bool, _ usage: ProcessUsage, _ space: FileSystemSpace?, connections: Int,
        streams: Int, links: Int
    ) -> String {
        var text = ""
        func add(_ name: String, _ type: String, _ help: String, _ value: some CustomStringConvertible) {
            text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n\(name) \(value)\n"
        }
        text += "# HELP weft_build_info The version that runs.\n# TYPE weft_build_info gauge\n"
        text +=
            "weft_build_info{version=\"\(escaped(stats.version))\",coordinator=\"\(escaped(stats.coordinator.text))\"} 1\n"
        add("weft_uptime_seconds", "gauge", "Time since the coordinator started.", stats.uptimeSeconds)
        add("weft_ready", "gauge", "1 while jobs can be taken and run, else 0: see /readyz.", isReady ? 1 : 0)
        add("weft_jobs_unfinished", "gauge", "Jobs that wait or run.", stats.jobsUnfinished)
        add("weft_tasks_waiting", "gauge", "Tasks that wait.", stats.tasksWaiting)
        add("weft_attempts_running", "gauge", "Attempts under a lease.", stats.attemptsRunning)
        add("weft_tasks_ended_total", "counter", "Tasks that ended.", stats.tasksEnded)
        add("weft_tasks_failed_total", "counter", "Of those that ended, tasks that failed.", stats.tasksFailed ?? 0)
        add("weft_attempts_ended_total", "counter", "Attempts that ended.", stats.attemptsEnded)
        add("weft_attempts_lost_total", "counter", "Attempts lost with their node.", stats.attemptsLost)
        add("weft_backups_total", "counter", "Second attempts of tasks whose first ones took long.", stats.backups)
        add("weft_tasks_held", "gauge", "Answered tasks whose nodes are being checked.", stats.tasksHeld ?? 0)
        add("weft_disagreements_total", "counter", "Times that answers to one task differed.", stats.disagreements)
        add(
            "weft_cache_hits_total", "counter", "Tasks that were given verified answers of earlier ones.",
            stats.cacheHits ?? 0)
        add(
            "weft_cache_misses_total", "counter", "Tasks that were looked up in the cache and had to be run.",
            stats.cacheMisses ?? 0)
        add(
            "weft_cache_refused_total", "counter", "Entries of the cache that were not what they claimed to be.",
            stats.cacheRefused ?? 0)
        add("weft_cache_entries", "gauge", "Verified answers in the cache.", stats.cacheEntries ?? 0)
        if let log = stats.log {
            add("weft_log_entries", "gauge", "Entries that the log of receipts has.", log.size)
            add("weft_log_minimum_index", "gauge", "The first of them that was not pruned.", log.minimumIndex)
        }
        add("weft_nodes_connected", "gauge", "Nodes with an open link.", stats.nodesConnected)
        add("weft_nodes_known", "gauge", "Nodes ever seen.", stats.nodesKnown)
        add("weft_event_subscribers", "gauge", "Subscribers of the event stream.", stats.subscribers)
        add("weft_journal_commits_total", "counter", "Transactions of the journal.", stats.commits)
        add("weft_journal_changes_total", "counter", "Rows made durable.", stats.committedChanges)
        add(
            "weft_journal_commit_seconds_total", "counter", "Time that these transactions took.",
            stats.commitSeconds ?? 0)
        if let space {
            add("weft_data_size_bytes", "gauge", "Size of the file system that the data is on.", space.sizeBytes)
            add("weft_data_available_bytes", "gauge", "Space on it that is left.", space.availableBytes)
        }
        if let credits = stats.credits {
            add("weft_credits_granted", "gauge", "Credits that were ever granted.", credits.granted)
            add("weft_credits_paid_total", "counter", "Credits paid to nodes for verified answers.", credits.paid)
            add("weft_credits_reversed_total", "counter", "Credits taken back from nodes.", credits.reversed)
            add("weft_credits_refunded_total", "counter", "Credits of ended jobs that were not used.", credits.refunded)
            add("weft_credits_open_escrows", "gauge", "Jobs that credits are set aside for.", credits.openEscrows)
        }
        if let webhooks = stats.webhooks {
            text += "# HELP weft_webhook_deliveries_total Tries to deliver events to webhooks, by result.\n"
            text += "# TYPE weft_webhook_deliveries_total counter\n"
            text += "weft_webhook_deliveries_total{result=\"delivered\"} \(webhooks.delivered)\n"
            text += "weft_webhook_deliveries_total{result=\"failed\"} \(webhooks.failed)\n"
            add("weft_webhooks", "gauge", "Webhooks.", webhooks.webhooks)
            add("weft_webhooks_disabled", "gauge", "Webhooks that nothing is delivered to any more.", webhooks.disabled)
            add("weft_webhook_events_pending", "gauge", "Events that wait to be delivered.", webhooks.pending)
            add(
                "weft_webhook_events_missed_total", "counter", "Events that could not be kept for a webhook.",
                webhooks.missed)
        }
        add("weft_http_connections", "gauge", "Open connections.", connections)
        add("weft_http_streams", "gauge", "Open streams and waiting requests.", streams)
        add("weft_http_links", "gauge", "Open links.", links)
        add("process_cpu_seconds_total", "counter", "CPU time used.", usage.cpuSeconds)
        if let bytes = usage.residentBytes {
            add("process_resident_memory_bytes", "gauge", "Resident memory.", bytes)
        }
        if let count = usage.openDescriptors { add("process_open_fds", "gauge", "Open file descriptors.", count) }
        if let limit = usage.descriptorLimit {
            add("process_max_fds", "gauge", "The most file descriptors that may be open.", limit)
        }
        return text
    }

    private static func escaped(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            switch character {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.append(character)
            }
        }
    }
}
