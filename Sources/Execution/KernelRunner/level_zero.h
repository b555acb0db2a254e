// What is used of Level Zero, opened at run time: no header and no library is needed to build. Layouts and numbers are those of the
// oneAPI Level Zero Specification, version 1.17 (include/ze_api.h of oneapi-src/level-zero), where pointers have 64 bits. All of it
// has been there since 1.0, but for what is said to be an extension.
#ifndef WEFT_KERNEL_LEVEL_ZERO_H
#define WEFT_KERNEL_LEVEL_ZERO_H

#include "runner.h"

typedef void *ze_object;
/// ze_result_t.
typedef uint32_t ze_code;

enum {
    ZE_NOT_READY_ = 1, ZE_DEVICE_LOST_ = 0x70000001, ZE_OUT_OF_HOST_MEMORY_ = 0x70000002, ZE_OUT_OF_DEVICE_MEMORY_ = 0x70000003,
    ZE_MODULE_BUILD_FAILURE_ = 0x70000004, ZE_MODULE_LINK_FAILURE_ = 0x70000005, ZE_DEVICE_REQUIRES_RESET_ = 0x70000006,
    ZE_DEVICE_IN_LOW_POWER_STATE_ = 0x70000007, ZE_INSUFFICIENT_PERMISSIONS_ = 0x70010000, ZE_NOT_AVAILABLE_ = 0x70010001,
    ZE_DEPENDENCY_UNAVAILABLE_ = 0x70020000, ZE_UNINITIALIZED_ = 0x78000001, ZE_UNSUPPORTED_FEATURE_ = 0x78000003,
    ZE_INVALID_ARGUMENT_ = 0x78000004, ZE_UNSUPPORTED_SIZE_ = 0x78000009, ZE_INVALID_NATIVE_BINARY_ = 0x7800000f,
    ZE_INVALID_KERNEL_NAME_ = 0x78000011, ZE_INVALID_GROUP_SIZE_ = 0x78000013, ZE_INVALID_ARGUMENT_INDEX_ = 0x78000015,
    ZE_INVALID_ARGUMENT_SIZE_ = 0x78000016, ZE_MODULE_UNLINKED_ = 0x78000018,

    // ze_structure_type_t.
    ZE_TYPE_DRIVER_PROPERTIES_ = 0x1, ZE_TYPE_DEVICE_PROPERTIES_ = 0x3, ZE_TYPE_MODULE_PROPERTIES_ = 0x5, ZE_TYPE_QUEUE_GROUP_ = 0x6,
    ZE_TYPE_MEMORY_PROPERTIES_ = 0x7, ZE_TYPE_CONTEXT_ = 0xd, ZE_TYPE_QUEUE_ = 0xe, ZE_TYPE_LIST_ = 0xf, ZE_TYPE_DEVICE_MEMORY_ = 0x15,
    ZE_TYPE_HOST_MEMORY_ = 0x16, ZE_TYPE_MODULE_ = 0x1b, ZE_TYPE_KERNEL_ = 0x1d, ZE_TYPE_KERNEL_PROPERTIES_ = 0x1e,
    ZE_TYPE_PCI_ = 0x10008, ZE_TYPE_IP_VERSION_ = 0x1000f,

    ZE_INIT_GPU_ONLY_ = 1, ZE_DEVICE_GPU_ = 1, ZE_DEVICE_CPU_ = 2, ZE_MODULE_FP16_ = 1, ZE_MODULE_FP64_ = 2, ZE_QUEUE_COMPUTES_ = 1,
    ZE_MODULE_SPIRV_ = 0, ZE_MODULE_NATIVE_ = 1, ZE_NAME_BYTES = 256,
    ZE_DRIVERS_MAX = 16, ZE_DEVICES_MAX = 64, ZE_MEMORIES_MAX = 16, ZE_QUEUE_GROUPS_MAX = 16, ZE_EXTENSIONS_MAX = 512,
};

/// What every structure begins with: which it is, and further ones of extensions.
#define ZE_HEAD \
    uint32_t type; \
    const void *next

struct ze_driver_properties { ZE_HEAD; uint8_t uuid[16]; uint32_t version; };
struct ze_extension { char name[ZE_NAME_BYTES]; uint32_t version; };
struct ze_device_properties {
    ZE_HEAD;
    uint32_t kind, vendor, device, flags, subdevice, clock_mhz;
    uint64_t allocation_bytes_max;
    uint32_t contexts_max, priority_max, threads_per_unit, simd_width, units_per_subslice, subslices_per_slice, slices;
    uint64_t timer_resolution;
    uint32_t timestamp_bits, kernel_timestamp_bits;
    uint8_t uuid[16];
    char name[ZE_NAME_BYTES];
};
/// Of the extension ZE_extension_device_ip_version.
struct ze_ip_version { ZE_HEAD; uint32_t version; };
/// Of the extension ZE_extension_pci_properties.
struct ze_pci { ZE_HEAD; uint32_t domain, bus, device, function; int32_t generation, width; int64_t bandwidth; };
struct ze_module_properties {
    ZE_HEAD;
    uint32_t spirv_version, flags, fp16, fp32, fp64, argument_bytes_max, printf_bytes;
    uint8_t native_kernel[16];
};
struct ze_memory_properties { ZE_HEAD; uint32_t flags, clock, bus_width; uint64_t bytes; char name[ZE_NAME_BYTES]; };
struct ze_queue_group { ZE_HEAD; uint32_t flags; size_t fill_bytes_max; uint32_t count; };
struct ze_context { ZE_HEAD; uint32_t flags; };
struct ze_queue { ZE_HEAD; uint32_t group, index, flags, mode, priority; };
struct ze_list { ZE_HEAD; uint32_t group, flags; };
struct ze_device_memory { ZE_HEAD; uint32_t flags, ordinal; };
struct ze_host_memory { ZE_HEAD; uint32_t flags; };
struct ze_module { ZE_HEAD; uint32_t format; size_t size; const uint8_t *bytes; const char *flags; const void *constants; };
struct ze_kernel { ZE_HEAD; uint32_t flags; const char *name; };
struct ze_kernel_properties {
    ZE_HEAD;
    uint32_t arguments, group[3], subgroups, subgroup_size, subgroup_size_max, subgroups_max, local_bytes, private_bytes, spill_bytes;
    uint8_t kernel_uuid[16], module_uuid[16];
};

// As the specification's own header has them: a field that is lost or moved does not compile.
_Static_assert(sizeof(struct ze_device_properties) == 368 && offsetof(struct ze_device_properties, name) == 112, "layout");
_Static_assert(sizeof(struct ze_memory_properties) == 296 && offsetof(struct ze_memory_properties, bytes) == 32, "layout");
_Static_assert(sizeof(struct ze_module_properties) == 64 && sizeof(struct ze_pci) == 48 && sizeof(struct ze_module) == 56, "layout");
_Static_assert(sizeof(struct ze_queue_group) == 40 && sizeof(struct ze_queue) == 40 && sizeof(struct ze_kernel) == 32, "layout");
_Static_assert(sizeof(struct ze_kernel_properties) == 96 && sizeof(struct ze_driver_properties) == 40, "layout");

#define ZE_FUNCTIONS(F)                                                                                                      \
    F(zeInit, (uint32_t))                                                                                                    \
    F(zeDriverGet, (uint32_t *, ze_object *))                                                                                \
    F(zeDriverGetApiVersion, (ze_object, uint32_t *))                                                                        \
    F(zeDriverGetProperties, (ze_object, struct ze_driver_properties *))                                                     \
    F(zeDriverGetExtensionProperties, (ze_object, uint32_t *, struct ze_extension *))                                        \
    F(zeDeviceGet, (ze_object, uint32_t *, ze_object *))                                                                     \
    F(zeDeviceGetProperties, (ze_object, struct ze_device_properties *))                                                     \
    F(zeDeviceGetModuleProperties, (ze_object, struct ze_module_properties *))                                               \
    F(zeDeviceGetMemoryProperties, (ze_object, uint32_t *, struct ze_memory_properties *))                                   \
    F(zeDeviceGetCommandQueueGroupProperties, (ze_object, uint32_t *, struct ze_queue_group *))                              \
    F(zeContextCreate, (ze_object, const struct ze_context *, ze_object *))                                                  \
    F(zeCommandQueueCreate, (ze_object, ze_object, const struct ze_queue *, ze_object *))                                    \
    F(zeCommandQueueExecuteCommandLists, (ze_object, uint32_t, ze_object *, ze_object))                                      \
    F(zeCommandQueueSynchronize, (ze_object, uint64_t))                                                                      \
    F(zeCommandListCreate, (ze_object, ze_object, const struct ze_list *, ze_object *))                                      \
    F(zeCommandListClose, (ze_object))                                                                                       \
    F(zeCommandListReset, (ze_object))                                                                                       \
    F(zeCommandListAppendBarrier, (ze_object, ze_object, uint32_t, ze_object *))                                             \
    F(zeCommandListAppendMemoryCopy, (ze_object, void *, const void *, size_t, ze_object, uint32_t, ze_object *))            \
    F(zeCommandListAppendMemoryFill, (ze_object, void *, const void *, size_t, size_t, ze_object, uint32_t, ze_object *))    \
    F(zeCommandListAppendLaunchKernel, (ze_object, ze_object, const uint32_t *, ze_object, uint32_t, ze_object *))           \
    F(zeMemAllocDevice, (ze_object, const struct ze_device_memory *, size_t, size_t, ze_object, void **))                    \
    F(zeMemAllocHost, (ze_object, const struct ze_host_memory *, size_t, size_t, void **))                                   \
    F(zeModuleCreate, (ze_object, ze_object, const struct ze_module *, ze_object *, ze_object *))                            \
    F(zeModuleBuildLogGetString, (ze_object, size_t *, char *))                                                              \
    F(zeModuleBuildLogDestroy, (ze_object))                                                                                  \
    F(zeModuleGetNativeBinary, (ze_object, size_t *, uint8_t *))                                                             \
    F(zeKernelCreate, (ze_object, const struct ze_kernel *, ze_object *))                                                    \
    F(zeKernelGetProperties, (ze_object, struct ze_kernel_properties *))                                                     \
    F(zeKernelSetGroupSize, (ze_object, uint32_t, uint32_t, uint32_t))                                                       \
    F(zeKernelSetArgumentValue, (ze_object, uint32_t, size_t, const void *))

#define ZE_DECLARE(name, parameters) extern ze_code(*name) parameters;
ZE_FUNCTIONS(ZE_DECLARE)
#undef ZE_DECLARE

/// A device, and the driver that it came from.
struct ze_place {
    ze_object driver;
    ze_object device;
};

// level_zero_devices.c
/// Opens the loader and lists every GPU of every driver that takes SPIR-V, a card of several tiles as one, in an order that stays.
/// False with the reason in `why`; `state` is then what the probe calls it.
bool ze_find(const char *library, struct ze_place *places, unsigned *count, const char **name, const char **state, char *why,
             size_t why_size);
/// Its PCI address like 0000:65:00.0; empty where it tells none.
void ze_pci(ze_object device, char *text, size_t size);

// level_zero_probe.c
void probe_level_zero(const char *library);

// level_zero_words.c
/// What a code is called in the specification, as far as a person is helped by it.
const char *ze_words(ze_code code);
/// What a code means for the order; `otherwise` where it depends on what was asked for.
enum outcome ze_outcome(ze_code code, enum outcome otherwise);
/// Ends with that outcome unless all is well.
void ze_check(ze_code code, enum outcome otherwise, const char *what);

// level_zero_module.c
/// The module of an order: of what an earlier run kept, where the device takes that, and otherwise compiled of the source, when what
/// came of it is left in the file `kept`. Either path can be NULL.
ze_object ze_load(const struct order *order, const struct ze_place *place, ze_object context, const char *artefact, const char *kept);

#endif
