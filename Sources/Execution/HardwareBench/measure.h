// Time, and the median of several measurements.
#ifndef WEFT_HARDWARE_MEASURE_H
#define WEFT_HARDWARE_MEASURE_H

#include <stdint.h>

/// How often everything is measured; the median counts.
#define REPETITIONS 5

/// Seconds on a clock that never goes back.
double seconds(void);

/// Of `count` values, at most 512; changes their order.
double median(double *values, unsigned count);

/// A library by the first of these names that can be opened; NULL if none can, `why` says it for the last.
/// Folders of `WEFT_DEVICE_LIBRARIES` (separated by colons) come before the loader's own places.
void *open_library(const char *const *names, char *why, unsigned why_bytes);

/// What is measured by each command; each ends the program.
_Noreturn void measure_processor(const char *memory_bytes);
_Noreturn void measure_disk(const char *directory, const char *bytes);
_Noreturn void measure_device(const char *backend, const char *index);
_Noreturn void watch_nvml(void);
_Noreturn void watch_rocm(void);

/// The temperature of the GPU at a PCI address, in degrees Celsius; below 0 if nobody tells.
double nvml_temperature(const char *pci_address);
double rocm_temperature(const char *pci_address);

#endif
