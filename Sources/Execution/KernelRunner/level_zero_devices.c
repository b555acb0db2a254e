// Which devices Level Zero has here.
#if defined(__linux__)
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include "level_zero.h"

#define ZE_DEFINE(name, parameters) ze_code(*name) parameters;
ZE_FUNCTIONS(ZE_DEFINE)

/// From the loader; NULL where it is older than the extension.
static ze_code (*zeDevicePciGetPropertiesExt)(ze_object, struct ze_pci *);

static bool open_functions(const char *library, const char **name, char *why, size_t why_size) {
    const char *const usual[] = {"libze_loader.so.1", "libze_loader.so", NULL}, *const given[] = {library, NULL};
    // Otherwise each tile of a card can be a device, and several devices have one address.
    setenv("ZE_FLAT_DEVICE_HIERARCHY", "COMPOSITE", 1);
    void *opened = open_library(library ? given : usual, name, why, why_size);
    if (!opened) return false;
#define ZE_LOAD(function, parameters) \
    *(void **)&function = dlsym(opened, #function); \
    if (!function) { \
        snprintf(why, why_size, "%s lacks %s", *name, #function); \
        return false; \
    }
    ZE_FUNCTIONS(ZE_LOAD)
    *(void **)&zeDevicePciGetPropertiesExt = dlsym(opened, "zeDevicePciGetPropertiesExt");
    return true;
}

/// Neural processors and the like take programs of their own alone.
static bool takes_spirv(ze_object device) {
    struct ze_module_properties properties = {.type = ZE_TYPE_MODULE_PROPERTIES_};
    return !zeDeviceGetModuleProperties(device, &properties) && properties.spirv_version;
}

bool ze_find(const char *library, struct ze_place *places, unsigned *count, const char **name, const char **state, char *why,
             size_t why_size) {
    *count = 0;
    *state = "no-library";
    *name = NULL;
    if (!open_functions(library, name, why, why_size)) {
        if (*name) *state = "broken";
        return false;
    }
    ze_object drivers[ZE_DRIVERS_MAX];
    uint32_t driver_count = ZE_DRIVERS_MAX;
    const char *asked = "zeInit";
    ze_code code = zeInit(ZE_INIT_GPU_ONLY_);
    if (!code) asked = "zeDriverGet", code = zeDriverGet(&driver_count, drivers);
    if (code == ZE_UNINITIALIZED_ || (!code && !driver_count)) {
        *state = "no-device";
        snprintf(why, why_size, "%s", ze_words(ZE_UNINITIALIZED_));
        return false;
    }
    if (code) {
        *state = "broken";
        snprintf(why, why_size, "%s: %s", asked, ze_words(code));
        return false;
    }
    if (driver_count > ZE_DRIVERS_MAX) driver_count = ZE_DRIVERS_MAX;
    for (uint32_t driver = 0; driver < driver_count; driver++) {
        ze_object devices[ZE_DEVICES_MAX];
        uint32_t device_count = ZE_DEVICES_MAX;
        ze_code answer = zeDeviceGet(drivers[driver], &device_count, devices);
        if (answer) code = answer;
        for (uint32_t device = 0; !answer && device < device_count && device < ZE_DEVICES_MAX; device++)
            if (*count < ZE_DEVICES_MAX && takes_spirv(devices[device]))
                places[(*count)++] = (struct ze_place){drivers[driver], devices[device]};
    }
    *state = *count ? "ready" : code ? "broken" : "no-device";
    if (!*count && code) snprintf(why, why_size, "zeDeviceGet: %s", ze_words(code));
    if (!*count && !code) snprintf(why, why_size, "no driver of the loader shows a device that takes SPIR-V");
    return *count > 0;
}

void ze_pci(ze_object device, char *text, size_t size) {
    struct ze_pci pci = {.type = ZE_TYPE_PCI_};
    *text = 0;
    if (zeDevicePciGetPropertiesExt && !zeDevicePciGetPropertiesExt(device, &pci))
        snprintf(text, size, "%04x:%02x:%02x.%x", pci.domain, pci.bus, pci.device, pci.function);
}
#endif
