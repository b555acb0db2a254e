// Drivers, devices and what they tell of themselves.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"

static struct object *drivers[DRIVERS_MAX];
static struct device *devices[DEVICES_MAX];

ze_result_t zeInit(uint32_t flags) {
    CALLED("zeInit");
    if (flags > 3) broken("zeInit has no flags %u", flags);
    return ZE_RESULT_SUCCESS;
}

ze_result_t zeDriverGet(uint32_t *count, void **found) {
    CALLED("zeDriverGet");
    uint32_t all = (uint32_t)number_setting("drivers", 1), wanted = *count;
    *count = wanted && wanted < all ? wanted : all;
    for (uint32_t index = 0; wanted && found && index < *count && index < DRIVERS_MAX; index++) {
        if (!drivers[index]) drivers[index] = make(DRIVER, sizeof *drivers[index]);
        found[index] = drivers[index];
    }
    return ZE_RESULT_SUCCESS;
}

ze_result_t zeDriverGetApiVersion(void *driver, uint32_t *version) {
    CALLED("zeDriverGetApiVersion");
    use(driver, DRIVER);
    *version = 1 << 16 | 3;
    return ZE_RESULT_SUCCESS;
}

ze_result_t zeDriverGetProperties(void *driver, ze_driver_properties_t *properties) {
    CALLED("zeDriverGetProperties");
    use(driver, DRIVER);
    check_structure(properties, 0x1, "ze_driver_properties_t");
    properties->driverVersion = 17002029;
    return ZE_RESULT_SUCCESS;
}

ze_result_t zeDriverGetExtensionProperties(void *driver, uint32_t *count, ze_driver_extension_properties_t *extensions) {
    CALLED("zeDriverGetExtensionProperties");
    use(driver, DRIVER);
    if (extensions && *count)
        extensions[0] = (ze_driver_extension_properties_t){.name = "ZE_extension_device_ip_version", .version = 1 << 16};
    *count = 1;
    return ZE_RESULT_SUCCESS;
}

/// All devices are the first driver's. With `npu 1` the first of them takes no SPIR-V.
ze_result_t zeDeviceGet(void *driver, uint32_t *count, void **found) {
    CALLED("zeDeviceGet");
    bool is_first = use(driver, DRIVER) == drivers[0], has_npu = number_setting("npu", 0);
    uint32_t all = is_first ? (uint32_t)number_setting("devices", 1) + has_npu : 0, wanted = *count;
    *count = wanted && wanted < all ? wanted : all;
    for (uint32_t index = 0; wanted && found && index < *count && index < DEVICES_MAX; index++) {
        if (!devices[index]) {
            devices[index] = make(DEVICE, sizeof *devices[index]);
            devices[index]->takes_spirv = !has_npu || index;
            devices[index]->index = index - has_npu;
        }
        found[index] = devices[index];
    }
    return ZE_RESULT_SUCCESS;
}

ze_result_t zeDeviceGetProperties(void *handle, ze_device_properties_t *properties) {
    CALLED("zeDeviceGetProperties");
    struct device *device = use(handle, DEVICE);
    check_structure(properties, 0x3, "ze_device_properties_t");
    properties->type = device->takes_spirv ? 1 : 5;
    properties->vendorId = 0x8086;
    properties->coreClockRate = 2100;
    properties->maxMemAllocSize = (uint64_t)number_setting("allocation", 256 << 20);
    properties->numEUsPerSubslice = 8;
    properties->numSubslicesPerSlice = 6;
    properties->numSlices = 4;
    snprintf(properties->name, sizeof properties->name, "Fake GPU %u", device->index);
    if (properties->pNext) ((ze_device_ip_version_ext_t *)properties->pNext)->ipVersion = 12u << 22 | 60 << 14 | 7;
    return ZE_RESULT_SUCCESS;
}

ze_result_t zeDevicePciGetPropertiesExt(void *handle, ze_pci_ext_properties_t *properties) {
    CALLED("zeDevicePciGetPropertiesExt");
    struct device *device = use(handle, DEVICE);
    check_structure(properties, 0x10008, "ze_pci_ext_properties_t");
    properties->address.bus = 0x3a + device->index;
    properties->address.function = 1;
    return ZE_RESULT_SUCCESS;
}

ze_result_t zeDeviceGetModuleProperties(void *handle, ze_device_module_properties_t *properties) {
    CALLED("zeDeviceGetModuleProperties");
    struct device *device = use(handle, DEVICE);
    check_structure(properties, 0x5, "ze_device_module_properties_t");
    properties->spirvVersionSupported = device->takes_spirv ? 1 << 16 | 4 : 0;
    properties->flags = 1;
    return ZE_RESULT_SUCCESS;
}

/// Two memories of half a gigabyte each.
ze_result_t zeDeviceGetMemoryProperties(void *handle, uint32_t *count, ze_device_memory_properties_t *memories) {
    CALLED("zeDeviceGetMemoryProperties");
    use(handle, DEVICE);
    uint32_t wanted = *count;
    *count = wanted && wanted < 2 ? wanted : 2;
    for (uint32_t index = 0; wanted && memories && index < *count; index++) {
        check_structure(&memories[index], 0x7, "ze_device_memory_properties_t");
        memories[index].totalSize = 512 << 20;
    }
    return ZE_RESULT_SUCCESS;
}

/// The first group copies only, so that a program has to look for one that computes.
ze_result_t zeDeviceGetCommandQueueGroupProperties(void *handle, uint32_t *count, ze_command_queue_group_properties_t *groups) {
    CALLED("zeDeviceGetCommandQueueGroupProperties");
    use(handle, DEVICE);
    uint32_t wanted = *count;
    *count = wanted && wanted < 2 ? wanted : 2;
    for (uint32_t index = 0; wanted && groups && index < *count; index++) {
        check_structure(&groups[index], 0x6, "ze_command_queue_group_properties_t");
        groups[index].flags = index == COMPUTE_GROUP ? 3 : 2;
        groups[index].maxMemoryFillPatternSize = 16;
        groups[index].numQueues = 1;
    }
    return ZE_RESULT_SUCCESS;
}

ze_result_t zeContextCreate(void *driver, const ze_context_desc_t *description, void **context) {
    CALLED("zeContextCreate");
    use(driver, DRIVER);
    check_structure(description, 0xd, "ze_context_desc_t");
    *context = make(CONTEXT, sizeof(struct context));
    return ZE_RESULT_SUCCESS;
}
