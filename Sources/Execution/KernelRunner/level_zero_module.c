// Modules of SPIR-V by Level Zero. What is kept of a compilation is the module's native binary, as the device's driver has it.
#if defined(__linux__)
#define _GNU_SOURCE
#include <stdlib.h>

#include "level_zero.h"

/// A compiler that leaves more behind is not believed.
static const size_t LOG_READ_MAX = 64 << 20;

static void tell_build_log(ze_object log) {
    size_t size = 0;
    if (!log) return;
    if (!zeModuleBuildLogGetString(log, &size, NULL) && size > 1 && size <= LOG_READ_MAX) {
        char *text = calloc(1, size + 1);
        if (text && !zeModuleBuildLogGetString(log, &size, text)) tell_log(text, size);
        free(text);
    }
    zeModuleBuildLogDestroy(log);
}

/// What the compiler is told besides; it depends on the device alone, so that a native binary of its own fits it later, too.
static const char *flags_of(ze_object device) {
    struct ze_device_properties properties = {.type = ZE_TYPE_DEVICE_PROPERTIES_};
    bool is_large = !zeDeviceGetProperties(device, &properties) && properties.allocation_bytes_max > UINT32_MAX;
    return is_large ? "-ze-opt-greater-than-4GB-buffer-required" : NULL;
}

static ze_code create(const struct ze_place *place, ze_object context, uint32_t format, const char *bytes, size_t size,
                      ze_object *module, ze_object *log) {
    const struct ze_module description = {
        .type = ZE_TYPE_MODULE_, .format = format, .size = size, .bytes = (const uint8_t *)bytes, .flags = flags_of(place->device),
    };
    return zeModuleCreate(context, place->device, &description, module, log);
}

static void keep(ze_object module, const char *path) {
    size_t size = 0;
    if (zeModuleGetNativeBinary(module, &size, NULL) || !size) return;
    uint8_t *binary = malloc(size);
    if (binary && !zeModuleGetNativeBinary(module, &size, binary)) write_file(path, binary, size);
    free(binary);
}

ze_object ze_load(const struct order *order, const struct ze_place *place, ze_object context, const char *artefact, const char *kept) {
    ze_object module = NULL, log = NULL;
    if (artefact) {
        size_t size;
        char *bytes = read_file(artefact, UINT64_C(1) << 31, &size, OUTCOME_NO_FILE);
        ze_code code = size ? create(place, context, ZE_MODULE_NATIVE_, bytes, size, &module, NULL) : ZE_INVALID_NATIVE_BINARY_;
        free(bytes);
        if (!code) return module;
    }
    ze_code code = create(place, context, ZE_MODULE_SPIRV_, order->source, order->source_size, &module, &log);
    tell_build_log(log);
    ze_check(code, OUTCOME_BAD_SOURCE, "the source cannot be compiled");
    if (kept) keep(module, kept);
    return module;
}
#endif
