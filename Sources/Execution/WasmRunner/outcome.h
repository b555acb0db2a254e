// How weft-wasm says what became of a module, so that a module cannot say it in its place.
#ifndef WEFT_WASM_OUTCOME_H
#define WEFT_WASM_OUTCOME_H

/// A module that ends by itself gives its exit status, any of 0 to 255. Everything else ends the process by one of these
/// signals: a module has no means to raise one, so that none of these endings can be feigned. All are real-time signals,
/// which nothing else sends and which leave no core file. The driver has the same numbers.
enum outcome {
    OUTCOME_TRAP = 40,
    OUTCOME_OUT_OF_FUEL = 41,
    OUTCOME_OUT_OF_MEMORY = 42,
    /// Not a module, or not one that can be run as a command.
    OUTCOME_BAD_MODULE = 43,
    /// A compiled module that this engine on this machine does not take.
    OUTCOME_STALE = 44,
    /// The engine's library cannot be opened, or lacks something.
    OUTCOME_NO_ENGINE = 45,
    /// A file that could not be read or written.
    OUTCOME_NO_FILE = 46,
    OUTCOME_USAGE = 47,
};

#endif
