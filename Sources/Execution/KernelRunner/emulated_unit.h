// The unit that the C++ compiler is given for CUDA C on the CPU.
#ifndef WEFT_EMULATED_UNIT_H
#define WEFT_EMULATED_UNIT_H

#include <stddef.h>

/// Most names of `extern __shared__` arrays in one source, of which those in namespaces have two, and most bytes of such a name.
enum { SHARED_NAMES_LIMIT = 128, SHARED_NAME_BYTES = 128 };

/// The header of the emulation, the source as `kernel.cu` (with `extern __thread` for `extern __shared__`), and three functions
/// for whoever opens the library:
///
///     int weft_emulated_launch(const char *entry, const unsigned grid[3], const unsigned block[3],
///                              unsigned long sharedBytes, void **arguments);
///     int weft_emulated_parameters(const char *entry, unsigned long *sizes, unsigned capacity);
///     const char *weft_emulated_error(void);
///
/// The first returns 0 or one of WeftEmulationError (weft_report.h), whose words the last gives; the second writes the sizes
/// of parameters and returns how many there are, -1 where no kernel has that name.
///
/// `entries` are names of kernels, those of templates with their arguments. Returns text to be freed, or NULL: there is no
/// memory, a name has characters that no such name has, or the source has too many shared arrays (`*why` says which).
char *emulated_unit(const char *source, const char *const *entries, size_t entry_count, const char **why);

#endif
