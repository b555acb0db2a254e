// Modules and kernels. A native binary is a line that says which generation of the device it is for, and the module.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"

enum { HEADER_WORDS = 5, OP_ENTRY_POINT = 15, EXECUTION_MODEL_KERNEL = 6 };

struct module {
    struct object object;
    uint8_t *bytes;
    size_t size;
    /// Of its entry points; they lie in `bytes`.
    const char *names[KERNEL_NAMES_MAX];
    unsigned count;
};
struct build_log { struct object object; char *text; };

static const char *generation(void) {
    static char text[64];
    snprintf(text, sizeof text, "fake native %ld\n", number_setting("generation", 1));
    return text;
}

/// NULL where all is well; otherwise what the compiler says.
static const char *read_module(struct module *module) {
    const uint32_t *words = (const uint32_t *)module->bytes;
    size_t count = module->size / 4;
    if (module->size % 4 || count < HEADER_WORDS || words[0] != 0x07230203) return "/tmp/tempfile_1: error: this is no SPIR-V module";
    for (size_t place = HEADER_WORDS; place < count;) {
        size_t length = words[place] >> 16;
        if (!length || place + length > count) return "/tmp/tempfile_1: error: an instruction ends outside of the module";
        if ((words[place] & 0xffff) == OP_ENTRY_POINT && length > 3 && words[place + 1] == EXECUTION_MODEL_KERNEL &&
            module->count < KERNEL_NAMES_MAX)
            module->names[module->count++] = (const char *)&words[place + 3];
        place += length;
    }
    return NULL;
}

static void *make_log(const char *text) {
    struct build_log *log = make(BUILD_LOG, sizeof *log);
    log->text = strdup(text);
    return log;
}

ze_result_t zeModuleCreate(void *context, void *device, const ze_module_desc_t *description, void **module, void **log) {
    CALLED("zeModuleCreate");
    use(context, CONTEXT);
    use(device, DEVICE);
    check_structure(description, 0x1b, "ze_module_desc_t");
    if (!description->inputSize || !description->pInputModule || description->pConstants) broken("a module has no possible input");
    const uint8_t *bytes = description->pInputModule;
    size_t size = description->inputSize, skipped = 0;
    if (number_setting("trace", 0)) fprintf(stderr, "ze: module %s on device %u, flags %s\n", description->format ? "native" : "spirv",
                                            ((struct device *)device)->index, description->pBuildFlags ? description->pBuildFlags : "none");
    if (description->format) {
        skipped = strlen(generation());
        if (size < skipped || memcmp(bytes, generation(), skipped)) return ZE_RESULT_ERROR_INVALID_NATIVE_BINARY;
    }
    struct module *made = make(MODULE, sizeof *made);
    made->size = size - skipped;
    made->bytes = calloc(1, made->size + 4);
    memcpy(made->bytes, bytes + skipped, made->size);
    const char *error = read_module(made), *words = setting("build-log", error ? error : "");
    bool is_bad = error || number_setting("build-fails", 0);
    if (log) *log = make_log(words);
    if (is_bad) return ZE_RESULT_ERROR_MODULE_BUILD_FAILURE;
    *module = made;
    return ZE_RESULT_SUCCESS;
}

ze_result_t zeModuleBuildLogGetString(void *handle, size_t *size, char *text) {
    CALLED("zeModuleBuildLogGetString");
    struct build_log *log = use(handle, BUILD_LOG);
    size_t needed = strlen(log->text) + 1;
    if (text && *size < needed) broken("there is no room for a log of %zu bytes", needed);
    if (text) memcpy(text, log->text, needed);
    *size = needed;
    return ZE_RESULT_SUCCESS;
}

ze_result_t zeModuleBuildLogDestroy(void *log) {
    CALLED("zeModuleBuildLogDestroy");
    destroy(log, BUILD_LOG);
    return ZE_RESULT_SUCCESS;
}

ze_result_t zeModuleGetNativeBinary(void *handle, size_t *size, uint8_t *binary) {
    CALLED("zeModuleGetNativeBinary");
    struct module *module = use(handle, MODULE);
    size_t head = strlen(generation()), needed = head + module->size;
    if (binary && *size < needed) broken("there is no room for a binary of %zu bytes", needed);
    if (binary) memcpy(binary, generation(), head), memcpy(binary + head, module->bytes, module->size);
    *size = needed;
    return ZE_RESULT_SUCCESS;
}

ze_result_t zeKernelCreate(void *handle, const ze_kernel_desc_t *description, void **kernel) {
    CALLED("zeKernelCreate");
    struct module *module = use(handle, MODULE);
    check_structure(description, 0x1d, "ze_kernel_desc_t");
    bool is_there = false;
    for (unsigned index = 0; index < module->count; index++) is_there |= !strcmp(module->names[index], description->pKernelName);
    const struct known_kernel *known = known_kernel(description->pKernelName);
    if (!is_there || !known) return ZE_RESULT_ERROR_INVALID_KERNEL_NAME;
    struct kernel *made = make(KERNEL, sizeof *made);
    made->known = known;
    *kernel = made;
    return ZE_RESULT_SUCCESS;
}

ze_result_t zeKernelGetProperties(void *handle, ze_kernel_properties_t *properties) {
    CALLED("zeKernelGetProperties");
    struct kernel *kernel = use(handle, KERNEL);
    check_structure(properties, 0x1e, "ze_kernel_properties_t");
    properties->numKernelArgs = kernel->known->count;
    return ZE_RESULT_SUCCESS;
}

ze_result_t zeKernelSetGroupSize(void *handle, uint32_t x, uint32_t y, uint32_t z) {
    CALLED("zeKernelSetGroupSize");
    struct kernel *kernel = use(handle, KERNEL);
    uint64_t items = (uint64_t)x * y * z;
    if (!items || items > GROUP_ITEMS_MAX) return ZE_RESULT_ERROR_INVALID_GROUP_SIZE_DIMENSION;
    kernel->size[0] = x, kernel->size[1] = y, kernel->size[2] = z;
    return ZE_RESULT_SUCCESS;
}

ze_result_t zeKernelSetArgumentValue(void *handle, uint32_t index, size_t size, const void *value) {
    CALLED("zeKernelSetArgumentValue");
    struct kernel *kernel = use(handle, KERNEL);
    if (index >= kernel->known->count) return ZE_RESULT_ERROR_INVALID_KERNEL_ARGUMENT_INDEX;
    unsigned parameter = kernel->known->parameters[index];
    if (parameter == PARAMETER_LOCAL ? !size : size != (parameter == PARAMETER_POINTER ? sizeof(void *) : parameter))
        return ZE_RESULT_ERROR_INVALID_KERNEL_ARGUMENT_SIZE;
    if ((parameter == PARAMETER_LOCAL) != !value) return ZE_RESULT_ERROR_INVALID_ARGUMENT;
    if (parameter == PARAMETER_POINTER && !is_reachable(*(void *const *)value, 1, ON_DEVICE)) return ZE_RESULT_ERROR_INVALID_ARGUMENT;
    kernel->arguments.size[index] = size;
    kernel->arguments.is_set[index] = true;
    if (value) memcpy(kernel->arguments.value[index], value, size);
    return ZE_RESULT_SUCCESS;
}
