// A libFuzzer program with one target per decoder. The first argument names it; the others are libFuzzer's. `seeds DIRECTORY` writes
// what to begin from.

/// What is fuzzed, by name. A target traps when the decoder breaks a promise; that it throws is fine.
nonisolated(unsafe) private var chosen: @Sendable ([UInt8]) -> Void = { _ in }

let allTargets: [String: @Sendable ([UInt8]) -> Void] = [
    valueTargets, connectionTargets, discoveryTargets, pubSubTargets, relayTargets, textTargets,
    signedTargets, weftTargets, blobTargets,
]
.reduce(into: [:]) { all, some in all.merge(some) { first, _ in first } }

@_silgen_name("LLVMFuzzerRunDriver")
func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    chosen(count == 0 ? [] : Array(UnsafeBufferPointer(start: data, count: count)))
    return 0
}

// SwiftPM links an executable's main under this name.
@_cdecl("weft_fuzz_main")
public func fuzzMain(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt {
    if count == 3, let first = arguments[1], let directory = arguments[2], String(cString: first) == "seeds" {
        do { try writeSeeds(to: String(cString: directory)) } catch { return 1 }
        return 0
    }
    guard count > 1, let first = arguments[1], let target = allTargets[String(cString: first)] else {
        for name in allTargets.keys.sorted() { print(name) }
        return count > 1 ? 64 : 0
    }
    chosen = target
    // libFuzzer sees the program's name and what stands after the target's.
    arguments[1] = arguments[0]
    var rest = count - 1
    var pointer = arguments + 1
    return runDriver(&rest, &pointer, { fuzzOne($0, $1) })
}
