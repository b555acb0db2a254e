// What the programs of this folder share: they run kernels and end with 0 if all checks held.
#ifndef WEFT_EMULATION_CHECKS_H
#define WEFT_EMULATION_CHECKS_H

#include "cuda_emulation.h"

#include <stdlib.h>

inline int failures = 0;

inline void checkThat(bool holds, const char *what, int line) {
    if (holds) return;
    fprintf(stderr, "line %d: not so: %s\n", line, what);
    failures++;
}
#define CHECK(condition) checkThat((condition), #condition, __LINE__)

/// Launches a kernel with values of its parameters' types.
template <class... Parameters, class... Arguments>
int run(void (*kernel)(Parameters...), dim3 grid, dim3 block, unsigned long sharedBytes, Arguments... values) {
    static_assert(sizeof...(Parameters) == sizeof...(Arguments), "as many values as parameters");
    return [&](Parameters... parameters) {
        void *arguments[] = {const_cast<void *>(static_cast<const void *>(&parameters))..., nullptr};
        unsigned grids[] = {grid.x, grid.y, grid.z}, blocks[] = {block.x, block.y, block.z};
        return weft::emulation::launch(kernel, grids, blocks, sharedBytes, arguments);
    }(values...);
}

inline int end() { return failures == 0 ? 0 : 1; }

#endif
