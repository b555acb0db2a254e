// Launches on a GPU by CUDA's driver API or by HIP.
#if defined(__linux__)
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gpu.h"

struct gpu_library gpu;
static void *library;

// The same numbers in both.
enum {
    CODE_INVALID_VALUE = 1, CODE_OUT_OF_MEMORY = 2, CODE_DEVICES_UNAVAILABLE = 46, CODE_NO_DEVICE = 100, CODE_INVALID_DEVICE = 101,
    CODE_ECC = 214, CODE_NVLINK = 220, CODE_NOT_FOUND = 500, CODE_ILLEGAL_ADDRESS = 700, CODE_NO_RESOURCES = 701,
    CODE_LAUNCH_FAILED = 719,
};

void *gpu_symbol(const char *name) { return library ? dlsym(library, name) : NULL; }

static const char *words(const struct gpu_maker *maker, gpu_code code) {
    static char text[64];
    const char *name = maker->words(code);
    if (name) return name;
    snprintf(text, sizeof text, "code %d", code);
    return text;
}

static void check(const struct gpu_maker *maker, gpu_code code, enum outcome otherwise, const char *what) {
    if (!code) return;
    enum outcome outcome = otherwise;
    if (code == CODE_OUT_OF_MEMORY) outcome = OUTCOME_OUT_OF_MEMORY;
    if (code == CODE_DEVICES_UNAVAILABLE || code == CODE_ECC || code == CODE_NVLINK) outcome = OUTCOME_DEVICE_LOST;
    if (code >= CODE_ILLEGAL_ADDRESS && code <= CODE_LAUNCH_FAILED)
        outcome = code == CODE_NO_RESOURCES ? OUTCOME_BAD_LAUNCH : OUTCOME_FAULT;
    end(outcome, "%s: %s", what, words(maker, code));
}

/// False with the reason in `why`; `state` is then what the probe calls it.
static bool open_gpu(const struct gpu_maker *maker, const char *given, const char **name, const char **state, char *why,
                     size_t size) {
    const char *const alone[] = {given, NULL};
    *state = "no-library";
    *name = NULL;
    library = open_library(given ? alone : maker->libraries, name, why, size);
    if (!library) return false;
    *state = "broken";
    void **place = (void **)&gpu;
    for (size_t index = 0; index < GPU_FUNCTIONS; index++) {
        place[index] = dlsym(library, maker->functions[index]);
        if (place[index]) continue;
        snprintf(why, size, "%s lacks %s", *name, maker->functions[index]);
        return false;
    }
    gpu_code code = gpu.init(0);
    int count = 0;
    if (!code) code = gpu.device_count(&count);
    if (code == CODE_NO_DEVICE || code == CODE_INVALID_DEVICE || (!code && count < 1)) *state = "no-device";
    if (!code && count >= 1) {
        *state = "ready";
        return true;
    }
    snprintf(why, size, "%s", code ? words(maker, code) : "there is no device");
    return false;
}

static int choose(const struct gpu_maker *maker, const struct order *order) {
    int count = 0, device = 0;
    check(maker, gpu.device_count(&count), OUTCOME_NO_DEVICE, "the devices cannot be counted");
    if (!order->pci) {
        if ((int)order->device_index >= count) end(OUTCOME_NO_DEVICE, "%s does not show the device that was chosen", maker->name);
        check(maker, gpu.device(&device, (int)order->device_index), OUTCOME_NO_DEVICE, "the device cannot be used");
        return device;
    }
    for (int index = 0; index < count; index++) {
        char pci[64] = "";
        if (!gpu.device(&device, index) && !gpu.device_pci(pci, sizeof pci, device) && !strcasecmp(pci, order->pci)) return device;
    }
    end(OUTCOME_NO_DEVICE, "%s does not show the device %s", maker->name, order->pci);
}

/// The names of the kernels and, after them, the machine code.
struct program {
    char *bytes;
    const char *names[LAUNCHES_MAX];
    const char *code;
};

static bool take_apart(const struct order *order, char *bytes, size_t size, struct program *program) {
    char *place = bytes;
    program->bytes = bytes;
    for (unsigned index = 0; index < order->launch_count; index++) {
        char *stop = memchr(place, '\n', size - (size_t)(place - bytes));
        if (!stop || stop == place) return false;
        *stop = 0;
        program->names[index] = place;
        place = stop + 1;
    }
    if ((size_t)(place - bytes) >= size || *place != '\n') return false;
    program->code = place + 1;
    return (size_t)(program->code - bytes) < size;
}

static gpu_object load(const struct gpu_maker *maker, struct order *order, int device, const char *artefact, const char *kept,
                       struct program *program) {
    gpu_object module = NULL;
    size_t size;
    if (artefact) {
        char *bytes = read_file(artefact, UINT64_C(1) << 31, &size, OUTCOME_NO_FILE);
        if (take_apart(order, bytes, size, program) && !gpu.load_module(&module, program->code)) return module;
        free(bytes);
    }
    char architecture[64];
    bool is_known = order->architecture || maker->architecture(device, architecture, sizeof architecture);
    char *bytes = gpu_compile(maker, order, order->architecture ? order->architecture : is_known ? architecture : NULL, &size);
    if (kept) write_file(kept, bytes, size);
    if (!take_apart(order, bytes, size, program)) end(OUTCOME_BAD_SOURCE, "the compiler gives names that are none");
    check(maker, gpu.load_module(&module, program->code), OUTCOME_NO_DEVICE, "the device does not take its machine code");
    return module;
}

static void launch(const struct gpu_maker *maker, const struct launch *launch, gpu_object function, uint64_t *memory) {
    void *values[ARGUMENTS_MAX + 1];
    for (unsigned index = 0; index < launch->argument_count; index++) {
        struct argument *argument = &launch->arguments[index];
        if (argument->kind == ARGUMENT_LOCAL) end(OUTCOME_BAD_LAUNCH, "argument %u of %s is local memory, which only OpenCL has",
                                                  index, launch->entry);
        values[index] = argument->kind == ARGUMENT_BUFFER ? (void *)&memory[argument->buffer] : argument->scalar;
    }
    // Since CUDA 12.4: a kernel that is given too little would read what lies behind it.
    gpu_code (*parameter)(gpu_object, size_t, size_t *, size_t *) = gpu_symbol("cuFuncGetParamInfo");
    for (unsigned index = 0; parameter && index <= launch->argument_count; index++) {
        size_t offset, size, given = index == launch->argument_count ? 0
                                     : launch->arguments[index].kind == ARGUMENT_BUFFER ? 8 : launch->arguments[index].size;
        bool is_there = !parameter(function, index, &offset, &size);
        if (is_there != (index < launch->argument_count))
            end(OUTCOME_BAD_LAUNCH, "%s takes %s arguments than %u", launch->entry, is_there ? "more" : "fewer",
                launch->argument_count);
        if (is_there && size != given)
            end(OUTCOME_BAD_LAUNCH, "argument %u of %s has %zu bytes, not %zu", index, launch->entry, size, given);
    }
    // cuFuncSetAttribute(…MAX_DYNAMIC_SHARED_SIZE_BYTES): more than 48 KiB have to be asked for.
    gpu_code (*set)(gpu_object, int, int) = gpu_symbol("cuFuncSetAttribute");
    if (set && launch->shared_bytes > 48 << 10) (void)set(function, 8, (int)launch->shared_bytes);
    gpu_code code = gpu.launch(function, launch->grid[0], launch->grid[1], launch->grid[2], launch->block[0], launch->block[1],
                               launch->block[2], (unsigned)launch->shared_bytes, NULL, values, NULL);
    if (code == CODE_INVALID_VALUE) end(OUTCOME_BAD_LAUNCH, "%s cannot be launched with this grid and block", launch->entry);
    check(maker, code, OUTCOME_BAD_LAUNCH, launch->entry);
}

void gpu_run(const struct gpu_maker *maker, struct order *order, const char *artefact, const char *kept) {
    char why[512] = "";
    const char *name, *state;
    if (!open_gpu(maker, NULL, &name, &state, why, sizeof why)) end(OUTCOME_NO_DEVICE, "%s cannot be used: %s", maker->name, why);
    int device = choose(maker, order);
    gpu_object context = NULL;
    check(maker, gpu.create_context(&context, 0, device), OUTCOME_NO_DEVICE, "the device cannot be opened");
    static struct program program;
    gpu_object module = load(maker, order, device, artefact, kept, &program);
    uint64_t memory[BUFFERS_MAX];
    for (unsigned index = 0; index < order->buffer_count; index++) {
        struct buffer *buffer = &order->buffers[index];
        check(maker, gpu.allocate(&memory[index], buffer->size), OUTCOME_OUT_OF_MEMORY, "a buffer cannot be made on the device");
        gpu_code code = buffer->input ? gpu.write(memory[index], buffer->bytes, buffer->size) : gpu.fill(memory[index], 0, buffer->size);
        check(maker, code, OUTCOME_NO_DEVICE, "a buffer cannot be filled");
    }
    for (unsigned index = 0; index < order->launch_count; index++) {
        gpu_object function = NULL;
        if (gpu.find_function(&function, module, program.names[index]))
            end(OUTCOME_BAD_LAUNCH, "the source has no kernel %s", order->launches[index].entry);
        launch(maker, &order->launches[index], function, memory);
    }
    check(maker, gpu.synchronize(), OUTCOME_FAULT, "the device stopped the kernels");
    for (unsigned index = 0; index < order->buffer_count; index++) {
        struct buffer *buffer = &order->buffers[index];
        if (buffer->output)
            check(maker, gpu.read(buffer->bytes, memory[index], buffer->size), OUTCOME_FAULT, "a buffer cannot be read back");
    }
}

void gpu_compile_to(const struct gpu_maker *maker, struct order *order, const char *artefact) {
    size_t size;
    char *bytes = gpu_compile(maker, order, order->architecture, &size);
    write_file(artefact, bytes, size);
}

void gpu_probe(const struct gpu_maker *maker, const char *given) {
    char why[512] = "", text[256];
    const char *name, *state;
    bool is_ready = open_gpu(maker, given, &name, &state, why, sizeof why);
    int version = 0, count = 0, device = 0;
    if (gpu.driver_version && !gpu.driver_version(&version)) snprintf(text, sizeof text, "%d", version);
    json_state(maker->name, state, why, name, version ? text : NULL);
    json_devices();
    if (is_ready && gpu.device_count(&count)) count = 0;
    for (int index = 0; index < count && index < 64; index++) {
        size_t bytes = 0;
        if (gpu.device(&device, index)) continue;
        json_device((unsigned)index);
        json_text("kind", "gpu");
        json_text("vendor", maker->vendor);
        if (!gpu.device_name(text, sizeof text, device)) json_text("name", text);
        if (!gpu.device_memory(&bytes, device)) json_number("memory_bytes", bytes);
        if (!gpu.device_pci(text, sizeof text, device)) {
            for (char *letter = text; *letter; letter++)
                if (*letter >= 'A' && *letter <= 'F') *letter = (char)(*letter + 'a' - 'A');
            json_text("pci", text);
        }
        if (maker->architecture(device, text, sizeof text)) json_text("architecture", text);
        maker->describe(device);
        json_device_end();
    }
    json_end();
}
#endif
