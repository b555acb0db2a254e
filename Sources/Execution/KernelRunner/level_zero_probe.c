// What Level Zero tells of its devices.
#if defined(__linux__)
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "level_zero.h"

static bool has_extension(ze_object driver, const char *name) {
    uint32_t count = 0;
    if (zeDriverGetExtensionProperties(driver, &count, NULL) || !count) return false;
    if (count > ZE_EXTENSIONS_MAX) count = ZE_EXTENSIONS_MAX;
    struct ze_extension *extensions = calloc(count, sizeof *extensions);
    bool is_there = false;
    if (extensions && !zeDriverGetExtensionProperties(driver, &count, extensions))
        for (uint32_t index = 0; index < count && index < ZE_EXTENSIONS_MAX; index++)
            is_there |= !strncmp(extensions[index].name, name, sizeof extensions[index].name);
    free(extensions);
    return is_there;
}

static uint64_t memory_bytes(ze_object device) {
    struct ze_memory_properties memories[ZE_MEMORIES_MAX] = {0};
    uint32_t count = ZE_MEMORIES_MAX;
    uint64_t total = 0;
    for (uint32_t index = 0; index < count; index++) memories[index].type = ZE_TYPE_MEMORY_PROPERTIES_;
    if (zeDeviceGetMemoryProperties(device, &count, memories)) return 0;
    for (uint32_t index = 0; index < count && index < ZE_MEMORIES_MAX; index++) total += memories[index].bytes;
    return total;
}

static const char *vendor_name(uint32_t vendor) {
    switch (vendor) {
    case 0x8086: return "Intel";
    case 0x10de: return "NVIDIA";
    case 0x1002: return "AMD";
    default: return "";
    }
}

/// The graphics version of Intel's devices, as their offline compiler spells it: 12.60.7. Its bits are those of the register GMD_ID.
static void print_architecture(uint32_t vendor, uint32_t version) {
    char text[32];
    if (vendor != 0x8086 || !version) return;
    snprintf(text, sizeof text, "%u.%u.%u", version >> 22, version >> 14 & 0xff, version & 0x3f);
    json_text("architecture", text);
}

static void print_driver(ze_object driver) {
    struct ze_driver_properties properties = {.type = ZE_TYPE_DRIVER_PROPERTIES_};
    uint32_t version = 0;
    char text[64];
    // A number that grows from release to release; what its parts mean is the driver's own affair.
    if (!zeDriverGetProperties(driver, &properties)) {
        snprintf(text, sizeof text, "%u", properties.version);
        json_text("driver", text);
    }
    if (zeDriverGetApiVersion(driver, &version)) return;
    snprintf(text, sizeof text, "Level Zero %u.%u", version >> 16, version & 0xffff);
    json_text("version", text);
}

static void print_device(unsigned index, const struct ze_place *place) {
    struct ze_ip_version generation = {.type = ZE_TYPE_IP_VERSION_};
    struct ze_device_properties properties = {.type = ZE_TYPE_DEVICE_PROPERTIES_};
    struct ze_module_properties module = {.type = ZE_TYPE_MODULE_PROPERTIES_};
    if (has_extension(place->driver, "ZE_extension_device_ip_version")) properties.next = &generation;
    if (zeDeviceGetProperties(place->device, &properties)) return;
    properties.name[sizeof properties.name - 1] = 0;
    json_device(index);
    json_text("kind", properties.kind == ZE_DEVICE_GPU_ ? "gpu" : properties.kind == ZE_DEVICE_CPU_ ? "cpu" : "accelerator");
    json_text("vendor", vendor_name(properties.vendor));
    json_text("name", properties.name);
    json_number("memory_bytes", memory_bytes(place->device));
    json_number("compute_units", (uint64_t)properties.units_per_subslice * properties.subslices_per_slice * properties.slices);
    json_number("clock_mhz", properties.clock_mhz);
    print_architecture(properties.vendor, generation.version);
    print_driver(place->driver);
    char pci[64];
    ze_pci(place->device, pci, sizeof pci);
    json_text("pci", pci);
    if (!zeDeviceGetModuleProperties(place->device, &module)) {
        json_bool("fp64", module.flags & ZE_MODULE_FP64_);
        json_bool("fp16", module.flags & ZE_MODULE_FP16_);
    }
    json_device_end();
}

void probe_level_zero(const char *library) {
    struct ze_place places[ZE_DEVICES_MAX];
    unsigned count;
    char why[512] = "";
    const char *name, *state;
    ze_find(library, places, &count, &name, &state, why, sizeof why);
    json_state("level-zero", state, why, name, NULL);
    json_devices();
    for (unsigned index = 0; index < count; index++) print_device(index, &places[index]);
    json_end();
}
#endif
