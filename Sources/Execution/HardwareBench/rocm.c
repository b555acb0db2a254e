// AMD's GPUs as their management library sees them (ROCm SMI library, rocm_smi.h).
#if defined(__linux__)
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "measure.h"
#include "output.h"

enum { DEVICES_MAX = 64, NAME_BYTES = 128, TEMPERATURE_CURRENT = 0, SENSOR_EDGE = 0, MEMORY_VRAM = 0 };

static struct {
    int (*init)(uint64_t);
    int (*count)(uint32_t *);
    int (*name)(uint32_t, char *, size_t);
    int (*pci)(uint32_t, uint64_t *);
    int (*total)(uint32_t, int, uint64_t *);
    int (*used)(uint32_t, int, uint64_t *);
    int (*temperature)(uint32_t, uint32_t, int, int64_t *);
    int (*busy)(uint32_t, uint32_t *);
    int (*power)(uint32_t, uint32_t, uint64_t *);
    int (*cap)(uint32_t, uint32_t, uint64_t *);
} rocm;

static bool load(char *why, unsigned why_bytes) {
    static const char *const names[] = {"librocm_smi64.so.7", "librocm_smi64.so.1", "librocm_smi64.so", NULL};
    void *library = open_library(names, why, why_bytes);
    if (!library) return false;
    rocm.init = dlsym(library, "rsmi_init");
    rocm.count = dlsym(library, "rsmi_num_monitor_devices");
    rocm.name = dlsym(library, "rsmi_dev_name_get");
    rocm.pci = dlsym(library, "rsmi_dev_pci_id_get");
    rocm.total = dlsym(library, "rsmi_dev_memory_total_get");
    rocm.used = dlsym(library, "rsmi_dev_memory_usage_get");
    rocm.temperature = dlsym(library, "rsmi_dev_temp_metric_get");
    rocm.busy = dlsym(library, "rsmi_dev_busy_percent_get");
    rocm.power = dlsym(library, "rsmi_dev_power_ave_get");
    rocm.cap = dlsym(library, "rsmi_dev_power_cap_get");
    bool is_whole = rocm.init && rocm.count;
    if (!is_whole) snprintf(why, why_bytes, "librocm_smi64.so is there, but is not what its name says");
    return is_whole;
}

/// Domain, bus, device and function are in one number (rsmi_dev_pci_id_get).
static bool address(uint32_t index, char *text, size_t bytes) {
    uint64_t id = 0;
    if (!rocm.pci || rocm.pci(index, &id)) return false;
    snprintf(text, bytes, "%04x:%02x:%02x.%x", (unsigned)(id >> 32), (unsigned)(id >> 8 & 0xff),
             (unsigned)(id >> 3 & 0x1f), (unsigned)(id & 7));
    return true;
}

static double degrees(uint32_t index) {
    int64_t value = 0;
    if (!rocm.temperature || rocm.temperature(index, SENSOR_EDGE, TEMPERATURE_CURRENT, &value)) return -1;
    return (double)value / 1000;
}

static void show(uint32_t index) {
    char text[NAME_BYTES] = "";
    uint64_t value = 0;
    uint32_t percent = 0;
    if (rocm.name && !rocm.name(index, text, sizeof text)) put_text("name", text);
    if (address(index, text, sizeof text)) put_text("pci", text);
    if (rocm.total && !rocm.total(index, MEMORY_VRAM, &value)) put_integer("memory_bytes", (int64_t)value);
    if (rocm.used && !rocm.used(index, MEMORY_VRAM, &value)) put_integer("memory_used_bytes", (int64_t)value);
    put_number("temperature_celsius", degrees(index));
    if (rocm.busy && !rocm.busy(index, &percent)) put_number("utilization_percent", percent);
    if (rocm.power && !rocm.power(index, 0, &value)) put_number("power_watts", (double)value / 1e6);
    if (rocm.cap && !rocm.cap(index, 0, &value)) put_number("power_limit_watts", (double)value / 1e6);
}

_Noreturn void watch_rocm(void) {
    char why[256];
    if (!load(why, sizeof why)) finish_without("no-library", "%s", why);
    int code = rocm.init(0);
    if (code) finish_without("no-device", "rsmi_init: %d", code);
    uint32_t count = 0;
    if ((code = rocm.count(&count))) finish_without("broken", "rsmi_num_monitor_devices: %d", code);
    if (!count) finish_without("no-device", "the library sees no GPU");
    begin_object(NULL);
    put_text("state", "ready");
    begin_list("devices");
    for (uint32_t index = 0; index < count && index < DEVICES_MAX; index++) {
        begin_object(NULL);
        put_text("kind", "gpu");
        put_text("vendor", "amd");
        show(index);
        end_object();
    }
    end_list();
    end_object();
    finish();
}

double rocm_temperature(const char *pci_address) {
    char why[256], text[NAME_BYTES];
    uint32_t count = 0;
    if (!load(why, sizeof why) || rocm.init(0) || rocm.count(&count)) return -1;
    for (uint32_t index = 0; index < count && index < DEVICES_MAX; index++) {
        if (address(index, text, sizeof text) && !strcasecmp(text, pci_address)) return degrees(index);
    }
    return -1;
}
#endif
