import Dispatch
import Synchronization
package import WeftDevices
import WeftFormats
import WeftModel

/// Looks at the owner's files and at the machine's sensors for a worker, on a thread of its own.
package final class OwnerWatch: Sendable {
    /// What was seen.
    struct Look: Sendable {
        var rules: OwnerRules
        /// Why the rules file is not heeded.
        var problem: String?
        var pause: ManualPause?
        var readings: Readings
    }

    private struct State {
        var rules: OwnerRules
        var rulesStamp: OwnerFiles.Stamp?
        var problem: String?
        var pause: ManualPause?
        var pauseStamp: OwnerFiles.Stamp?
    }

    package let files: OwnerFiles
    private let sensors: any Sensors
    private let state: Mutex<State>
    private let queue = DispatchQueue(label: "weft.worker.owner")

    /// Reads the rules. Throws ``WorkerError/rules(_:)`` where they make no sense.
    package init(files: OwnerFiles, sensors: any Sensors) throws {
        self.files = files
        self.sensors = sensors
        let stamp = OwnerFiles.Stamp(files.rulesPath)
        let rules: OwnerRules
        do { rules = try files.loadRules() } catch let error as InvalidDocument {
            throw WorkerError.rules(Self.words(error, files.rulesPath))
        }
        state = Mutex(State(rules: rules, rulesStamp: stamp))
    }

    /// `elsewhere` is what payloads that are no descendants of this process have used.
    func look(payloadsElsewhere elsewhere: Duration) async -> Look {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: self.lookNow(elsewhere)) }
        }
    }

    /// Says what the worker does. Returns why that could not be done.
    func say(_ status: OwnerStatus?) async -> String? {
        await withCheckedContinuation { continuation in
            queue.async { [files] in
                do {
                    if let status { try files.write(status) } else { try files.removeStatus() }
                    continuation.resume(returning: nil)
                } catch {
                    continuation.resume(returning: "\(error)")
                }
            }
        }
    }

    private func lookNow(_ elsewhere: Duration) -> Look {
        let seen = state.withLock { state in
            readRules(&state)
            readPause(&state)
            return state
        }
        let readings = sensors.read(for: seen.rules, payloadsElsewhere: elsewhere)
        return Look(rules: seen.rules, problem: seen.problem, pause: seen.pause, readings: readings)
    }

    private func readRules(_ state: inout State) {
        let stamp = OwnerFiles.Stamp(files.rulesPath)
        guard stamp != state.rulesStamp else { return }
        state.rulesStamp = stamp
        do {
            state.rules = try files.loadRules()
            state.problem = nil
        } catch let error as InvalidDocument {
            state.problem = Self.words(error, files.rulesPath)
        } catch {
            state.problem = "\(error)"
        }
    }

    private func readPause(_ state: inout State) {
        let stamp = OwnerFiles.Stamp(files.pausePath)
        guard stamp != state.pauseStamp else { return }
        state.pauseStamp = stamp
        do { state.pause = try files.loadPause() } catch { state.pause = ManualPause(id: "unreadable") }
    }

    private static func words(_ error: InvalidDocument, _ path: String) -> String {
        let problems = error.problems.prefix(5).map(\.description).joined(separator: "; ")
        return "\(path): \(problems)"
    }
}
