import Synchronization
import WeftModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// For how long nobody has touched keyboard, mouse or terminal.
///
/// Terminals, remote ones too, by when something was last read from them (the kernel tells that to 8 seconds, but a first
/// touch at once). Devices by asking whether they have something to say: what it is, is never read. That takes root or
/// the group `input`.
final class InputSensor: Sendable {
    private struct State {
        /// Open devices, by name.
        var devices: [String: Int32] = [:]
        var touchedAt: Instant?
        var lastLook: Instant?
        /// Whether there are devices that this user may not open.
        var isDenied = false
    }

    /// New devices are looked for so often, in microseconds.
    private static let lookInterval: Int64 = 5_000_000
    private static let devicesMax = 64

    private let root: String
    private let state = Mutex(State())

    init(root: String) { self.root = root }

    deinit { state.withLock { state in for device in state.devices.values { close(device) } } }

    func read(now: Instant) -> Reading<Int64> {
        let terminals = terminalTouch()
        return state.withLock { state in
            let hasDevices = lookAtDevices(&state, now)
            if !hasDevices, state.isDenied {
                return .missing("input devices cannot be opened; run the worker as root or in the group input")
            }
            guard terminals != nil || hasDevices else {
                return .missing("no terminal and no input device can be seen here")
            }
            // What was before the start is not known of devices: then the machine was idle, if terminals say so.
            let touches = [terminals ?? nil, state.touchedAt].compactMap(\.self)
            guard let last = touches.max() else { return .value(.max) }
            return .value(max(0, (now.microseconds - last.microseconds) / 1_000_000))
        }
    }

    /// When a terminal was last read from; inner nil where nobody is at one, outer nil where there are none.
    private func terminalTouch() -> Instant?? {
        let consoles = HostFiles.names(in: root + "/dev").filter { name in
            name.hasPrefix("tty") && name.count > 3 && name.dropFirst(3).allSatisfy(\.isNumber)
        }
        let hasSessions = access(root + "/dev/pts", F_OK) == 0
        guard hasSessions || !consoles.isEmpty else { return .none }
        let paths =
            consoles.map { "/dev/\($0)" }
            + HostFiles.names(in: root + "/dev/pts").filter { $0 != "ptmx" }
            .map { "/dev/pts/\($0)" }
        let times = paths.compactMap { path -> Instant? in
            var status = stat()
            guard stat(root + path, &status) == 0 else { return nil }
            #if canImport(Darwin)
                let time = status.st_atimespec
            #else
                let time = status.st_atim
            #endif
            return Instant(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
        }
        return .some(times.max())
    }

    /// Whether there are devices that can be asked.
    private func lookAtDevices(_ state: inout State, _ now: Instant) -> Bool {
        let since = state.lastLook.map { now.microseconds - $0.microseconds } ?? .max
        if since >= Self.lookInterval || since < 0 {
            state.lastLook = now
            let names = HostFiles.names(in: root + "/dev/input").filter { $0.hasPrefix("event") }
            for name in state.devices.keys where !names.contains(name) { forget(name, &state) }
            state.isDenied = !names.isEmpty
            for name in names.prefix(Self.devicesMax) where state.devices[name] == nil { open(name, &state) }
        }
        for (name, device) in state.devices {
            var polled = pollfd(fd: device, events: Int16(POLLIN), revents: 0)
            guard poll(&polled, 1, 0) > 0 else { continue }
            // Opened anew it has nothing to say until it is touched again; so nobody's keys come into this process.
            forget(name, &state)
            if polled.revents & Int16(POLLIN) != 0 { state.touchedAt = now }
            open(name, &state)
        }
        return !state.devices.isEmpty
    }

    private func open(_ name: String, _ state: inout State) {
        #if canImport(Glibc)
            let device = Glibc.open(root + "/dev/input/" + name, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        #elseif canImport(Musl)
            let device = Musl.open(root + "/dev/input/" + name, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        #else
            let device: Int32 = -1
        #endif
        if device >= 0 { state.devices[name] = device }
    }

    private func forget(_ name: String, _ state: inout State) {
        if let device = state.devices.removeValue(forKey: name) { close(device) }
    }
}
