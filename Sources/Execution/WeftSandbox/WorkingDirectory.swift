#if os(Linux)
    /// A directory that a payload works in, for drivers that do not run it in a cell.
    package enum WorkingDirectory {
        /// Gives it and all it holds to the payload's user, following no links.
        ///
        /// - Throws: an error that says which file could not be given.
        package static func give(_ directory: String, to user: UInt32) throws {
            try DiskUsage.give(directory, to: user)
        }

        /// What it occupies at the end, counted until the total passes `limitBytes`. Off the caller's thread unless that
        /// takes no time.
        package static func measure(_ directory: String, limitBytes: Int64) async -> Int64 {
            if let bytes = DiskUsage.measureSmall(directory) { return bytes }
            return await offload { DiskUsage.measure(directory, limitBytes: limitBytes) }
        }

        /// What it occupies, with the files that `processes` have deleted and still hold open; counted until the total
        /// passes `limitBytes`.
        package static func occupiedBytes(_ directory: String, limitBytes: Int64, processes: [Int32] = []) -> Int64 {
            let bytes = DiskUsage.measure(directory, limitBytes: limitBytes)
            guard bytes <= limitBytes, !processes.isEmpty else { return bytes }
            return bytes.addingSaturated(DiskUsage.deletedFiles(of: processes, onDeviceOf: directory))
        }
    }
#endif
