// The kernels of device.h for CUDA and HIP, by their names with `_` at the end.
#ifndef WEFT_HARDWARE_KERNELS_H
#define WEFT_HARDWARE_KERNELS_H

#include <stdbool.h>

/// PTX (Parallel Thread Execution ISA 6.0) for every GPU from compute capability 5.0 on; `half` from 5.3 on.
const char *ptx_kernels(bool has_halves);

/// Code for the device in use, compiled by a library that has HIPRTC; NULL where it cannot be, `why` says it.
const void *hip_kernels(void *compiler, char *why, unsigned why_bytes);

#endif
