// Memory of the device and of the host, each allocation between pages of nobody's. What is new is not zero.
#define _GNU_SOURCE
#include <string.h>
#include <sys/mman.h>

#include "fake.h"

enum { ALLOCATIONS_MAX = 256 };
static struct { uint8_t *start; size_t size, whole; enum place place; } allocations[ALLOCATIONS_MAX];
static unsigned count;
static size_t used;

static ze_result_t allocate(enum place place, size_t size, size_t alignment, void **address) {
    const size_t page = 4096;
    if (alignment & (alignment - 1) || alignment > page) broken("an alignment of %zu is none", alignment);
    if (!size || size > (size_t)number_setting("allocation", 256 << 20)) return ZE_RESULT_ERROR_UNSUPPORTED_SIZE;
    used += size;
    if (count == ALLOCATIONS_MAX || used > (size_t)number_setting("memory", 1 << 30)) return ZE_RESULT_ERROR_OUT_OF_DEVICE_MEMORY;
    size_t whole = (size + page - 1) / page * page;
    uint8_t *start = mmap(NULL, whole + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start == MAP_FAILED || mprotect(start + page, whole, PROT_READ | PROT_WRITE)) return ZE_RESULT_ERROR_OUT_OF_DEVICE_MEMORY;
    memset(start + page, 0xcd, whole);
    if (place == ON_DEVICE) mprotect(start + page, whole, PROT_NONE);
    allocations[count].start = start + page;
    allocations[count].size = size;
    allocations[count].whole = whole;
    allocations[count++].place = place;
    *address = start + page;
    return ZE_RESULT_SUCCESS;
}

ze_result_t zeMemAllocDevice(void *context, const ze_device_mem_alloc_desc_t *description, size_t size, size_t alignment,
                             void *device, void **address) {
    CALLED("zeMemAllocDevice");
    use(context, CONTEXT);
    use(device, DEVICE);
    check_structure(description, 0x15, "ze_device_mem_alloc_desc_t");
    return allocate(ON_DEVICE, size, alignment, address);
}

ze_result_t zeMemAllocHost(void *context, const ze_host_mem_alloc_desc_t *description, size_t size, size_t alignment,
                           void **address) {
    CALLED("zeMemAllocHost");
    use(context, CONTEXT);
    check_structure(description, 0x16, "ze_host_mem_alloc_desc_t");
    return allocate(ON_HOST, size, alignment, address);
}

bool is_reachable(const void *address, size_t size, int places) {
    const uint8_t *start = address;
    for (unsigned index = 0; index < count; index++)
        if (allocations[index].place & places && start >= allocations[index].start &&
            start + size <= allocations[index].start + allocations[index].size)
            return true;
    return false;
}

void open_device_memory(bool is_open) {
    for (unsigned index = 0; index < count; index++)
        if (allocations[index].place == ON_DEVICE)
            mprotect(allocations[index].start, allocations[index].whole, is_open ? PROT_READ | PROT_WRITE : PROT_NONE);
}
