// Command lists and queues. Nothing is done before a queue is waited for, and between two barriers everything is done backwards, as
// far as a device may choose the order: who reads too early or leaves out a barrier gets wrong numbers.
#include <stdlib.h>
#include <string.h>

#include "fake.h"

enum { COMMANDS_MAX = 4096 };
enum command_kind { COMMAND_COPY, COMMAND_FILL, COMMAND_BARRIER, COMMAND_LAUNCH };

struct command {
    enum command_kind kind;
    uint8_t *to;
    const uint8_t *from;
    size_t size;
    uint8_t pattern;
    const struct known_kernel *kernel;
    uint32_t group_size[3];
    uint32_t groups[3];
    struct arguments arguments;
};
struct list {
    struct object object;
    uint32_t group;
    bool is_closed, is_queued;
    unsigned count;
    struct command *commands;
};
struct queue { struct object object; uint32_t group; struct list *waiting; };

ze_result_t zeCommandQueueCreate(void *context, void *device, const ze_command_queue_desc_t *description, void **queue) {
    CALLED("zeCommandQueueCreate");
    use(context, CONTEXT);
    use(device, DEVICE);
    check_structure(description, 0xe, "ze_command_queue_desc_t");
    if (description->ordinal > COMPUTE_GROUP || description->index) broken("there is no such queue");
    struct queue *made = make(QUEUE, sizeof *made);
    made->group = description->ordinal;
    *queue = made;
    return ZE_RESULT_SUCCESS;
}

ze_result_t zeCommandListCreate(void *context, void *device, const ze_command_list_desc_t *description, void **list) {
    CALLED("zeCommandListCreate");
    use(context, CONTEXT);
    use(device, DEVICE);
    check_structure(description, 0xf, "ze_command_list_desc_t");
    struct list *made = make(LIST, sizeof *made);
    made->group = description->commandQueueGroupOrdinal;
    made->commands = calloc(COMMANDS_MAX, sizeof *made->commands);
    *list = made;
    return ZE_RESULT_SUCCESS;
}

static struct command *append(void *handle, enum command_kind kind, void *signal, uint32_t waits) {
    struct list *list = use(handle, LIST);
    if (list->is_closed) broken("a command is appended to a list that is closed");
    if (signal || waits) broken("there are no events here");
    if (list->count == COMMANDS_MAX) broken("a list has too many commands");
    struct command *command = &list->commands[list->count++];
    *command = (struct command){.kind = kind};
    return command;
}

ze_result_t zeCommandListAppendBarrier(void *list, void *signal, uint32_t waits, void **events) {
    (void)events;
    CALLED("zeCommandListAppendBarrier");
    append(list, COMMAND_BARRIER, signal, waits);
    return ZE_RESULT_SUCCESS;
}

ze_result_t zeCommandListAppendMemoryCopy(void *list, void *to, const void *from, size_t size, void *signal, uint32_t waits,
                                          void **events) {
    (void)events;
    CALLED("zeCommandListAppendMemoryCopy");
    if (!is_reachable(to, size, ON_DEVICE | ON_HOST) || !is_reachable(from, size, ON_DEVICE | ON_HOST))
        broken("%zu bytes are copied that the device does not reach", size);
    struct command *command = append(list, COMMAND_COPY, signal, waits);
    command->to = to, command->from = from, command->size = size;
    return ZE_RESULT_SUCCESS;
}

ze_result_t zeCommandListAppendMemoryFill(void *list, void *to, const void *pattern, size_t pattern_size, size_t size, void *signal,
                                          uint32_t waits, void **events) {
    (void)events;
    CALLED("zeCommandListAppendMemoryFill");
    if (pattern_size != 1) broken("only patterns of one byte are known here");
    if (!is_reachable(to, size, ON_DEVICE | ON_HOST)) broken("%zu bytes are filled that the device does not reach", size);
    struct command *command = append(list, COMMAND_FILL, signal, waits);
    command->to = to, command->size = size, command->pattern = *(const uint8_t *)pattern;
    return ZE_RESULT_SUCCESS;
}

ze_result_t zeCommandListAppendLaunchKernel(void *handle, void *kernel_handle, const ze_group_count_t *groups, void *signal,
                                            uint32_t waits, void **events) {
    (void)events;
    CALLED("zeCommandListAppendLaunchKernel");
    struct kernel *kernel = use(kernel_handle, KERNEL);
    struct list *list = use(handle, LIST);
    size_t local = 0;
    if (list->group != COMPUTE_GROUP) broken("%s is launched where nothing computes", kernel->known->name);
    if (!kernel->size[0]) broken("%s is launched before its group has a size", kernel->known->name);
    for (unsigned index = 0; index < kernel->known->count; index++) {
        if (!kernel->arguments.is_set[index]) broken("argument %u of %s was never set", index, kernel->known->name);
        if (kernel->known->parameters[index] == PARAMETER_LOCAL) local += kernel->arguments.size[index];
    }
    if (local > LOCAL_BYTES_MAX) return ZE_RESULT_ERROR_OUT_OF_DEVICE_MEMORY;
    struct command *command = append(list, COMMAND_LAUNCH, signal, waits);
    command->kernel = kernel->known;
    command->arguments = kernel->arguments;
    memcpy(command->group_size, kernel->size, sizeof command->group_size);
    command->groups[0] = groups->groupCountX, command->groups[1] = groups->groupCountY, command->groups[2] = groups->groupCountZ;
    return ZE_RESULT_SUCCESS;
}

ze_result_t zeCommandListClose(void *handle) {
    CALLED("zeCommandListClose");
    struct list *list = use(handle, LIST);
    if (list->is_closed) broken("a list is closed twice");
    list->is_closed = true;
    return ZE_RESULT_SUCCESS;
}

ze_result_t zeCommandListReset(void *handle) {
    CALLED("zeCommandListReset");
    struct list *list = use(handle, LIST);
    if (list->is_queued) broken("a list is reset that the device has not done");
    list->is_closed = false;
    list->count = 0;
    return ZE_RESULT_SUCCESS;
}

ze_result_t zeCommandQueueExecuteCommandLists(void *handle, uint32_t count, void **lists, void *fence) {
    CALLED("zeCommandQueueExecuteCommandLists");
    struct queue *queue = use(handle, QUEUE);
    if (count != 1 || fence) broken("one list at a time, and no fences, are known here");
    struct list *list = use(lists[0], LIST);
    if (!list->is_closed) broken("a list is executed that is not closed");
    if (list->group != queue->group) broken("a list is executed by a queue of another group");
    if (queue->waiting) broken("a list is executed before the last one was waited for");
    list->is_queued = true;
    queue->waiting = list;
    return ZE_RESULT_SUCCESS;
}

/// False where a kernel touches what is not its own: a real device hangs or faults then.
static bool perform(const struct command *command) {
    switch (command->kind) {
    case COMMAND_BARRIER: return true;
    case COMMAND_COPY: memcpy(command->to, command->from, command->size); return true;
    case COMMAND_FILL: memset(command->to, command->pattern, command->size); return true;
    case COMMAND_LAUNCH: break;
    }
    for (uint32_t z = 0; z < command->groups[2]; z++)
        for (uint32_t y = 0; y < command->groups[1]; y++)
            for (uint32_t x = 0; x < command->groups[0]; x++)
                if (!command->kernel->group(&command->arguments, (uint32_t[]){x, y, z}, command->group_size)) return false;
    return true;
}

ze_result_t zeCommandQueueSynchronize(void *handle, uint64_t timeout) {
    CALLED("zeCommandQueueSynchronize");
    struct queue *queue = use(handle, QUEUE);
    struct list *list = queue->waiting;
    if (timeout != UINT64_MAX) broken("who waits for a while only has to look whether all is done");
    if (!list) return ZE_RESULT_SUCCESS;
    bool is_well = true;
    open_device_memory(true);
    for (unsigned start = 0, stop; is_well && start < list->count; start = stop + 1) {
        for (stop = start; stop < list->count && list->commands[stop].kind != COMMAND_BARRIER;) stop++;
        for (unsigned index = stop; is_well && index-- > start;) is_well = perform(&list->commands[index]);
    }
    open_device_memory(false);
    queue->waiting = NULL;
    list->is_queued = false;
    return is_well ? ZE_RESULT_SUCCESS : ZE_RESULT_ERROR_DEVICE_LOST;
}
