// NVIDIA's GPUs as their management library sees them (NVML API reference, docs.nvidia.com/deploy/nvml-api).
#if defined(__linux__)
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "measure.h"
#include "output.h"

typedef int result;
typedef struct handle *device;

enum { SUCCESS = 0, DRIVER_NOT_LOADED = 9, GPU_IS_LOST = 15, TEXT_BYTES = 96, DEVICES_MAX = 64 };

// nvmlPciInfo_t: the older identifier comes first, the longer one last.
struct pci {
    char legacy_id[16];
    unsigned domain, bus, device, id, subsystem;
    char id_text[32];
};
struct memory {
    unsigned long long total, free, used;
};
struct utilization {
    unsigned gpu, memory;
};

static struct {
    result (*init)(void);
    result (*count)(unsigned *);
    result (*handle)(unsigned, device *);
    result (*handle_by_pci)(const char *, device *);
    result (*name)(device, char *, unsigned);
    result (*uuid)(device, char *, unsigned);
    result (*pci)(device, struct pci *);
    result (*memory)(device, struct memory *);
    result (*temperature)(device, int, unsigned *);
    result (*utilization)(device, struct utilization *);
    result (*power)(device, unsigned *);
    result (*power_limit)(device, unsigned *);
    result (*clock)(device, int, unsigned *);
    result (*capability)(device, int *, int *);
    result (*driver)(char *, unsigned);
    const char *(*error)(result);
} nvml;

static void *symbol(void *library, const char *newer, const char *older) {
    void *found = dlsym(library, newer);
    return found || !older ? found : dlsym(library, older);
}

/// Whether the library is there and has what cannot be done without.
static bool load(char *why, unsigned why_bytes) {
    static const char *const names[] = {"libnvidia-ml.so.1", NULL};
    void *library = open_library(names, why, why_bytes);
    if (!library) return false;
    nvml.init = symbol(library, "nvmlInit_v2", "nvmlInit");
    nvml.count = symbol(library, "nvmlDeviceGetCount_v2", "nvmlDeviceGetCount");
    nvml.handle = symbol(library, "nvmlDeviceGetHandleByIndex_v2", "nvmlDeviceGetHandleByIndex");
    nvml.handle_by_pci = symbol(library, "nvmlDeviceGetHandleByPciBusId_v2", "nvmlDeviceGetHandleByPciBusId");
    nvml.name = symbol(library, "nvmlDeviceGetName", NULL);
    nvml.uuid = symbol(library, "nvmlDeviceGetUUID", NULL);
    nvml.pci = symbol(library, "nvmlDeviceGetPciInfo_v3", NULL);
    nvml.memory = symbol(library, "nvmlDeviceGetMemoryInfo", NULL);
    nvml.temperature = symbol(library, "nvmlDeviceGetTemperature", NULL);
    nvml.utilization = symbol(library, "nvmlDeviceGetUtilizationRates", NULL);
    nvml.power = symbol(library, "nvmlDeviceGetPowerUsage", NULL);
    nvml.power_limit = symbol(library, "nvmlDeviceGetEnforcedPowerLimit", NULL);
    nvml.clock = symbol(library, "nvmlDeviceGetMaxClockInfo", NULL);
    nvml.capability = symbol(library, "nvmlDeviceGetCudaComputeCapability", NULL);
    nvml.driver = symbol(library, "nvmlSystemGetDriverVersion", NULL);
    nvml.error = symbol(library, "nvmlErrorString", NULL);
    bool is_whole = nvml.init && nvml.count && nvml.handle;
    if (!is_whole) snprintf(why, why_bytes, "libnvidia-ml.so.1 is there, but is not what its name says");
    return is_whole;
}

static const char *words(result code) {
    const char *text = nvml.error ? nvml.error(code) : NULL;
    return text ? text : "no reason is given";
}

static void show(device gpu) {
    char text[TEXT_BYTES] = "";
    unsigned value = 0;
    if (nvml.name && !nvml.name(gpu, text, sizeof text)) put_text("name", text);
    if (nvml.uuid && !nvml.uuid(gpu, text, sizeof text)) put_text("uuid", text);
    struct pci pci = {0};
    if (nvml.pci && !nvml.pci(gpu, &pci)) {
        pci.id_text[sizeof pci.id_text - 1] = 0;
        put_text("pci", pci.id_text);
    }
    struct memory memory = {0};
    if (nvml.memory && !nvml.memory(gpu, &memory)) {
        put_integer("memory_bytes", (int64_t)memory.total);
        put_integer("memory_used_bytes", (int64_t)memory.used);
    }
    if (nvml.temperature && !nvml.temperature(gpu, 0, &value)) put_number("temperature_celsius", value);
    struct utilization use = {0};
    if (nvml.utilization && !nvml.utilization(gpu, &use)) put_number("utilization_percent", use.gpu);
    if (nvml.power && !nvml.power(gpu, &value)) put_number("power_watts", value / 1000.0);
    if (nvml.power_limit && !nvml.power_limit(gpu, &value)) put_number("power_limit_watts", value / 1000.0);
    // 1: of its multiprocessors.
    if (nvml.clock && !nvml.clock(gpu, 1, &value)) put_number("clock_mhz", value);
    int major = 0, minor = 0;
    if (nvml.capability && !nvml.capability(gpu, &major, &minor)) {
        snprintf(text, sizeof text, "%d.%d", major, minor);
        put_text("capability", text);
        snprintf(text, sizeof text, "sm_%d%d", major, minor);
        put_text("architecture", text);
    }
}

_Noreturn void watch_nvml(void) {
    char why[256];
    if (!load(why, sizeof why)) finish_without("no-library", "%s", why);
    result code = nvml.init();
    if (code == DRIVER_NOT_LOADED) finish_without("no-device", "NVIDIA's driver is not loaded");
    if (code) finish_without("broken", "nvmlInit: %d (%s)", code, words(code));
    unsigned count = 0;
    if ((code = nvml.count(&count))) finish_without("broken", "nvmlDeviceGetCount: %d (%s)", code, words(code));
    if (!count) finish_without("no-device", "the library sees no GPU");
    char driver[TEXT_BYTES] = "";
    if (nvml.driver && nvml.driver(driver, sizeof driver)) driver[0] = 0;
    begin_object(NULL);
    put_text("state", "ready");
    put_text("driver", driver);
    begin_list("devices");
    for (unsigned index = 0; index < count && index < DEVICES_MAX; index++) {
        device gpu = NULL;
        code = nvml.handle(index, &gpu);
        begin_object(NULL);
        put_text("kind", "gpu");
        put_text("vendor", "nvidia");
        if (!code) show(gpu);
        if (code) {
            char fault[TEXT_BYTES];
            snprintf(fault, sizeof fault, code == GPU_IS_LOST ? "the GPU is lost: it has fallen off the bus"
                                                              : "its driver fails with %d", code);
            put_text("fault", fault);
        }
        end_object();
    }
    end_list();
    end_object();
    finish();
}

double nvml_temperature(const char *pci_address) {
    char why[256];
    unsigned value = 0;
    device gpu = NULL;
    if (!load(why, sizeof why) || nvml.init() || !nvml.handle_by_pci || nvml.handle_by_pci(pci_address, &gpu)) return -1;
    return nvml.temperature && !nvml.temperature(gpu, 0, &value) ? (double)value : -1;
}
#endif
