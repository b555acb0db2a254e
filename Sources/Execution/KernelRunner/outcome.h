// How weft-kernel says what became of an order.
#ifndef WEFT_KERNEL_OUTCOME_H
#define WEFT_KERNEL_OUTCOME_H

/// The exit status. The last line on standard error says it in words. Kernels that run on the processor run in this very process
/// and can feign any of these, so nothing that outlasts the run may rest on them. The driver has the same numbers.
enum outcome {
    OUTCOME_DONE = 0,
    /// The source cannot be compiled; the compiler's log is on standard error.
    OUTCOME_BAD_SOURCE = 81,
    /// A kernel is not there, or does not take what it is called with.
    OUTCOME_BAD_LAUNCH = 82,
    /// More memory than the order or the device has.
    OUTCOME_OUT_OF_MEMORY = 83,
    /// A file that is not what a buffer was said to be, or that a buffer cannot be written to.
    OUTCOME_BAD_INPUT = 84,
    /// No library, no device, or one that does not work.
    OUTCOME_NO_DEVICE = 85,
    /// The device is gone, or will not work again without help.
    OUTCOME_DEVICE_LOST = 86,
    /// A compiled artefact that this driver on this device does not take.
    OUTCOME_STALE = 87,
    /// A kernel did what it must not: the device stopped it.
    OUTCOME_FAULT = 88,
    /// A file that could not be written.
    OUTCOME_NO_FILE = 89,
    OUTCOME_USAGE = 90,
    /// More outputs than there is room for.
    OUTCOME_OUT_OF_DISK = 91,
    /// The device is gone, or hung on the kernels and has been reset: a fresh process can tell which.
    OUTCOME_HUNG = 92,
};

#endif
