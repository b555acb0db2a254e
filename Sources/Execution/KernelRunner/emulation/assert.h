// assert() of kernels: ends the launch and says which thread found what. Takes the place of the C library's header.
#undef assert
#ifdef NDEBUG
#define assert(condition) ((void)0)
#else
#ifndef WEFT_EMULATION_ASSERT_H
#define WEFT_EMULATION_ASSERT_H
#include "weft_warp.h"

namespace weft::emulation {
[[noreturn]] inline void failAssertion(const char *condition, const char *file, int line) {
    const SlotHeader *slot = here();
    uint3 thread = slot->thread->index, block = slot->block->index;
    const char *name = strrchr(file, '/');
    report.fail(WEFT_EMULATION_STOPPED, "%s:%d: thread (%u, %u, %u) of block (%u, %u, %u): assertion `%s` failed",
                name ? name + 1 : file, line, thread.x, thread.y, thread.z, block.x, block.y, block.z, condition);
    stopHere();
}
}  // namespace weft::emulation
#endif

#define assert(condition) \
    ((condition) ? (void)0 : weft::emulation::failAssertion(#condition, __FILE__, __LINE__))
#endif
