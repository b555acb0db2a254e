// Kernels in SPIR-V by Level Zero. Buffers are the device's own memory, and what goes in and out passes through memory that the
// device can reach: of other memory the specification promises nothing.
#if defined(__linux__)
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "level_zero.h"

/// What passes at once. All of a buffer at once would double the memory that a run needs.
static const size_t PASSAGE_BYTES = 16 << 20;
/// At least what the largest type of a kernel asks for.
static const size_t ALIGNMENT_BYTES = 128;

static struct ze_place place;
static ze_object context, queue, list;
static uint8_t *passage;
static bool has_launched;

/// Of a device that is lost once kernels were at work, nobody here can say whether they did it.
static void check(ze_code code, enum outcome otherwise, const char *what) {
    if (code && has_launched && ze_outcome(code, otherwise) == OUTCOME_DEVICE_LOST) end(OUTCOME_HUNG, "%s: %s", what, ze_words(code));
    ze_check(code, otherwise, what);
}

/// The first group of queues that computes.
static uint32_t compute_group(void) {
    struct ze_queue_group groups[ZE_QUEUE_GROUPS_MAX] = {0};
    uint32_t count = ZE_QUEUE_GROUPS_MAX;
    for (uint32_t index = 0; index < count; index++) groups[index].type = ZE_TYPE_QUEUE_GROUP_;
    ze_check(zeDeviceGetCommandQueueGroupProperties(place.device, &count, groups), OUTCOME_NO_DEVICE, "the device has no queues");
    for (uint32_t index = 0; index < count && index < ZE_QUEUE_GROUPS_MAX; index++)
        if (groups[index].flags & ZE_QUEUE_COMPUTES_) return index;
    end(OUTCOME_NO_DEVICE, "the device has no queue that computes");
}

static void open_device(const struct order *order) {
    struct ze_place places[ZE_DEVICES_MAX];
    unsigned count;
    char why[512] = "";
    const char *name, *state;
    if (!ze_find(NULL, places, &count, &name, &state, why, sizeof why)) end(OUTCOME_NO_DEVICE, "Level Zero cannot be used: %s", why);
    unsigned chosen = order->device_index;
    if (order->pci) {
        char pci[64];
        for (chosen = 0; chosen < count; chosen++) {
            ze_pci(places[chosen].device, pci, sizeof pci);
            if (!strcasecmp(pci, order->pci)) break;
        }
    }
    if (chosen >= count) end(OUTCOME_NO_DEVICE, "Level Zero does not show the device that was chosen");
    place = places[chosen];
    const struct ze_context description = {.type = ZE_TYPE_CONTEXT_};
    ze_check(zeContextCreate(place.driver, &description, &context), OUTCOME_NO_DEVICE, "the device cannot be opened");
}

static void open_queue(void) {
    uint32_t group = compute_group();
    const struct ze_queue queue_description = {.type = ZE_TYPE_QUEUE_, .group = group};
    const struct ze_list list_description = {.type = ZE_TYPE_LIST_, .group = group};
    const struct ze_host_memory memory = {.type = ZE_TYPE_HOST_MEMORY_};
    void *address = NULL;
    ze_check(zeCommandQueueCreate(context, place.device, &queue_description, &queue), OUTCOME_NO_DEVICE, "the device has no queue");
    ze_check(zeCommandListCreate(context, place.device, &list_description, &list), OUTCOME_NO_DEVICE, "the device takes no commands");
    ze_check(zeMemAllocHost(context, &memory, PASSAGE_BYTES, ALIGNMENT_BYTES, &address), OUTCOME_OUT_OF_MEMORY,
             "there is no memory for what goes to the device");
    passage = address;
}

/// Has the device do what is in the list, and waits for the end of it.
static void finish(enum outcome otherwise, const char *what) {
    ze_code code = zeCommandListClose(list);
    if (!code) code = zeCommandQueueExecuteCommandLists(queue, 1, &list, NULL);
    if (!code) code = zeCommandQueueSynchronize(queue, UINT64_MAX);
    if (!code) code = zeCommandListReset(list);
    check(code, otherwise, what);
}

static void copy(void *to, const void *from, size_t size, const char *what) {
    check(zeCommandListAppendMemoryCopy(list, to, from, size, NULL, 0, NULL), OUTCOME_NO_DEVICE, what);
    finish(OUTCOME_NO_DEVICE, what);
}

static void *make_memory(const struct buffer *buffer) {
    const struct ze_device_memory description = {.type = ZE_TYPE_DEVICE_MEMORY_};
    void *memory = NULL;
    ze_check(zeMemAllocDevice(context, &description, buffer->size, ALIGNMENT_BYTES, place.device, &memory), OUTCOME_OUT_OF_MEMORY,
             "a buffer cannot be made on the device");
    const char *const what = "a buffer cannot be filled";
    if (!buffer->input) {
        const uint8_t zero = 0;
        ze_check(zeCommandListAppendMemoryFill(list, memory, &zero, sizeof zero, buffer->size, NULL, 0, NULL), OUTCOME_NO_DEVICE, what);
        finish(OUTCOME_NO_DEVICE, what);
        return memory;
    }
    for (uint64_t done = 0, part; done < buffer->size; done += part) {
        part = buffer->size - done < PASSAGE_BYTES ? buffer->size - done : PASSAGE_BYTES;
        memcpy(passage, buffer->bytes + done, part);
        copy((uint8_t *)memory + done, passage, part, what);
    }
    return memory;
}

static void read_back(struct buffer *buffer, const void *memory) {
    for (uint64_t done = 0, part; done < buffer->size; done += part) {
        part = buffer->size - done < PASSAGE_BYTES ? buffer->size - done : PASSAGE_BYTES;
        copy(passage, (const uint8_t *)memory + done, part, "a buffer cannot be read back");
        memcpy(buffer->bytes + done, passage, part);
    }
}

static ze_object make_kernel(ze_object module, const struct launch *launch) {
    const struct ze_kernel description = {.type = ZE_TYPE_KERNEL_, .name = launch->entry};
    struct ze_kernel_properties properties = {.type = ZE_TYPE_KERNEL_PROPERTIES_};
    ze_object kernel = NULL;
    ze_code code = zeKernelCreate(module, &description, &kernel);
    if (code == ZE_INVALID_KERNEL_NAME_) end(OUTCOME_BAD_LAUNCH, "the source has no kernel %s", launch->entry);
    ze_check(code, OUTCOME_BAD_LAUNCH, launch->entry);
    if (!zeKernelGetProperties(kernel, &properties) && properties.arguments != launch->argument_count)
        end(OUTCOME_BAD_LAUNCH, "%s takes %u arguments, not %u", launch->entry, properties.arguments, launch->argument_count);
    const unsigned *block = launch->block;
    code = zeKernelSetGroupSize(kernel, block[0], block[1], block[2]);
    if (code == ZE_INVALID_GROUP_SIZE_)
        end(OUTCOME_BAD_LAUNCH, "%s cannot have work groups of %u × %u × %u items here", launch->entry, block[0], block[1], block[2]);
    ze_check(code, OUTCOME_BAD_LAUNCH, launch->entry);
    return kernel;
}

static void set_arguments(ze_object kernel, const struct launch *launch, void **memory) {
    for (unsigned index = 0; index < launch->argument_count; index++) {
        const struct argument *argument = &launch->arguments[index];
        size_t size = argument->kind == ARGUMENT_BUFFER ? sizeof(void *) : argument->size;
        const void *value = argument->kind == ARGUMENT_BUFFER   ? (const void *)&memory[argument->buffer]
                            : argument->kind == ARGUMENT_SCALAR ? argument->scalar
                                                                : NULL;
        ze_code code = zeKernelSetArgumentValue(kernel, index, size, value);
        const char *const kinds[] = {"a buffer", "a scalar", "local memory"};
        if (code)
            end(ze_outcome(code, OUTCOME_BAD_LAUNCH), "argument %u of %s cannot be %s of %zu bytes: %s", index, launch->entry,
                kinds[argument->kind], size, ze_words(code));
    }
}

static void compile(struct order *order, const char *artefact) {
    open_device(order);
    ze_load(order, &place, context, NULL, artefact);
}

static void run(struct order *order, const char *artefact, const char *kept) {
    open_device(order);
    ze_object module = ze_load(order, &place, context, artefact, kept);
    open_queue();
    void *memory[BUFFERS_MAX];
    for (unsigned index = 0; index < order->buffer_count; index++) memory[index] = make_memory(&order->buffers[index]);
    for (unsigned index = 0; index < order->launch_count; index++) {
        const struct launch *launch = &order->launches[index];
        ze_object kernel = make_kernel(module, launch);
        set_arguments(kernel, launch, memory);
        ze_check(zeCommandListAppendLaunchKernel(list, kernel, launch->grid, NULL, 0, NULL), OUTCOME_BAD_LAUNCH, launch->entry);
        // Each launch sees what those before it wrote.
        ze_check(zeCommandListAppendBarrier(list, NULL, 0, NULL), OUTCOME_NO_DEVICE, "the device does not keep launches apart");
    }
    has_launched = true;
    finish(OUTCOME_FAULT, "the device stopped the kernels");
    for (unsigned index = 0; index < order->buffer_count; index++)
        if (order->buffers[index].output) read_back(&order->buffers[index], memory[index]);
}

const struct backend level_zero_backend = {"level-zero", compile, run, probe_level_zero};
#endif
