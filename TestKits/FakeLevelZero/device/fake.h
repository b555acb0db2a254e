// A loader of Level Zero and the device behind it, which is this processor: for tests on machines without such a device. It keeps to
// the rules of the specification (version 1.17) as a strict device would. What a program's user can get wrong comes back as a code;
// what the program itself gets wrong ends it, with words on standard error.
//
// Names and layouts are the specification's, written down here once more: were they taken from the program under test, a mistake in
// them would go unseen.
#ifndef WEFT_FAKE_LEVEL_ZERO_H
#define WEFT_FAKE_LEVEL_ZERO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint32_t ze_result_t;
#define ZE_RESULT_SUCCESS 0u
#define ZE_RESULT_ERROR_DEVICE_LOST 0x70000001u
#define ZE_RESULT_ERROR_OUT_OF_DEVICE_MEMORY 0x70000003u
#define ZE_RESULT_ERROR_MODULE_BUILD_FAILURE 0x70000004u
#define ZE_RESULT_ERROR_UNINITIALIZED 0x78000001u
#define ZE_RESULT_ERROR_UNSUPPORTED_FEATURE 0x78000003u
#define ZE_RESULT_ERROR_INVALID_ARGUMENT 0x78000004u
#define ZE_RESULT_ERROR_UNSUPPORTED_SIZE 0x78000009u
#define ZE_RESULT_ERROR_INVALID_NATIVE_BINARY 0x7800000fu
#define ZE_RESULT_ERROR_INVALID_KERNEL_NAME 0x78000011u
#define ZE_RESULT_ERROR_INVALID_GROUP_SIZE_DIMENSION 0x78000013u
#define ZE_RESULT_ERROR_INVALID_KERNEL_ARGUMENT_INDEX 0x78000015u
#define ZE_RESULT_ERROR_INVALID_KERNEL_ARGUMENT_SIZE 0x78000016u

typedef struct { uint32_t stype; void *pNext; uint8_t uuid[16]; uint32_t driverVersion; } ze_driver_properties_t;
typedef struct { char name[256]; uint32_t version; } ze_driver_extension_properties_t;
typedef struct {
    uint32_t stype;
    void *pNext;
    uint32_t type, vendorId, deviceId, flags, subdeviceId, coreClockRate;
    uint64_t maxMemAllocSize;
    uint32_t maxHardwareContexts, maxCommandQueuePriority, numThreadsPerEU, physicalEUSimdWidth, numEUsPerSubslice;
    uint32_t numSubslicesPerSlice, numSlices;
    uint64_t timerResolution;
    uint32_t timestampValidBits, kernelTimestampValidBits;
    uint8_t uuid[16];
    char name[256];
} ze_device_properties_t;
typedef struct { uint32_t stype; const void *pNext; uint32_t ipVersion; } ze_device_ip_version_ext_t;
typedef struct {
    uint32_t stype;
    void *pNext;
    struct { uint32_t domain, bus, device, function; } address;
    struct { int32_t genVersion, width; int64_t maxBandwidth; } maxSpeed;
} ze_pci_ext_properties_t;
typedef struct {
    uint32_t stype;
    void *pNext;
    uint32_t spirvVersionSupported, flags, fp16flags, fp32flags, fp64flags, maxArgumentsSize, printfBufferSize;
    uint8_t nativeKernelSupported[16];
} ze_device_module_properties_t;
typedef struct {
    uint32_t stype;
    void *pNext;
    uint32_t flags, maxClockRate, maxBusWidth;
    uint64_t totalSize;
    char name[256];
} ze_device_memory_properties_t;
typedef struct {
    uint32_t stype;
    void *pNext;
    uint32_t flags;
    size_t maxMemoryFillPatternSize;
    uint32_t numQueues;
} ze_command_queue_group_properties_t;
typedef struct { uint32_t stype; const void *pNext; uint32_t flags; } ze_context_desc_t;
typedef struct { uint32_t stype; const void *pNext; uint32_t ordinal, index, flags, mode, priority; } ze_command_queue_desc_t;
typedef struct { uint32_t stype; const void *pNext; uint32_t commandQueueGroupOrdinal, flags; } ze_command_list_desc_t;
typedef struct { uint32_t stype; const void *pNext; uint32_t flags, ordinal; } ze_device_mem_alloc_desc_t;
typedef struct { uint32_t stype; const void *pNext; uint32_t flags; } ze_host_mem_alloc_desc_t;
typedef struct {
    uint32_t stype;
    const void *pNext;
    uint32_t format;
    size_t inputSize;
    const uint8_t *pInputModule;
    const char *pBuildFlags;
    const void *pConstants;
} ze_module_desc_t;
typedef struct { uint32_t stype; const void *pNext; uint32_t flags; const char *pKernelName; } ze_kernel_desc_t;
typedef struct {
    uint32_t stype;
    void *pNext;
    uint32_t numKernelArgs, requiredGroupSizeX, requiredGroupSizeY, requiredGroupSizeZ, requiredNumSubGroups, requiredSubgroupSize;
    uint32_t maxSubgroupSize, maxNumSubgroups, localMemSize, privateMemSize, spillMemSize;
    struct { uint8_t kid[16], mid[16]; } uuid;
} ze_kernel_properties_t;
typedef struct { uint32_t groupCountX, groupCountY, groupCountZ; } ze_group_count_t;

enum {
    DRIVERS_MAX = 4, DEVICES_MAX = 8, ARGUMENTS_MAX = 8, KERNEL_NAMES_MAX = 32, LOCAL_BYTES_MAX = 64 << 10, GROUP_ITEMS_MAX = 512,
    COMPUTE_GROUP = 1, COPY_GROUP = 0,
};

// settings.c
/// What the tests want, as lines of the file `fake.conf` beside the library: a name, a blank and a value. A name that begins with
/// `probe.` holds where `weft-kernel probe` asks, and there before any other.
const char *setting(const char *name, const char *otherwise);
long number_setting(const char *name, long otherwise);
/// To be called by every function of the API: leaves a trace where one is wanted, and fails, hangs or crashes as the settings say
/// (`fail NAME CODE`, with the code in hexadecimal and how many calls go well before; `hang NAME`; `crash NAME`).
ze_result_t called(const char *name);
#define CALLED(name)                         \
    do {                                     \
        ze_result_t injected = called(name); \
        if (injected) return injected;       \
    } while (0)
/// The program under test broke a rule.
__attribute__((format(printf, 1, 2))) _Noreturn void broken(const char *format, ...);

// objects.c
enum kind { DRIVER = 1, DEVICE, CONTEXT, QUEUE, LIST, MODULE, BUILD_LOG, KERNEL };
struct object { uint32_t mark; enum kind kind; bool is_destroyed; };
/// A new object of `size` bytes that begins with a `struct object`; all else in it is zero.
void *make(enum kind kind, size_t size);
/// The object behind a handle; ends the program unless it is of this kind and not destroyed.
void *use(void *handle, enum kind kind);
void destroy(void *handle, enum kind kind);
/// Ends the program unless a structure says that it is this one and, but for the extensions that are known here, has no others behind it.
void check_structure(const void *structure, uint32_t stype, const char *name);

// devices.c
struct device { struct object object; unsigned index; bool takes_spirv; };
struct context { struct object object; };

// memory.c
enum place { ON_DEVICE = 1, ON_HOST = 2 };
/// Whether all of these bytes are in one allocation of these places.
bool is_reachable(const void *address, size_t size, int places);
/// Lets this processor touch the device's memory, which is closed to it while commands are only being written down.
void open_device_memory(bool is_open);

// kernels.c
enum parameter { PARAMETER_POINTER = 100, PARAMETER_LOCAL = 101 };  // any other: a scalar of so many bytes
struct arguments { size_t size[ARGUMENTS_MAX]; uint8_t value[ARGUMENTS_MAX][8]; bool is_set[ARGUMENTS_MAX]; };
struct known_kernel {
    const char *name;
    unsigned count;
    uint8_t parameters[ARGUMENTS_MAX];
    /// One group. False where it touches what is not its own.
    bool (*group)(const struct arguments *arguments, const uint32_t group[3], const uint32_t size[3]);
};
/// NULL where it is not known what the kernel does.
const struct known_kernel *known_kernel(const char *name);

// modules.c
struct kernel {
    struct object object;
    const struct known_kernel *known;
    uint32_t size[3];
    struct arguments arguments;
};

#endif
