// Which devices OpenCL has here.
#if defined(__linux__)
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner.h"
#include "opencl.h"

#define CL_DEFINE(name, type, parameters) type(*name) parameters;
CL_FUNCTIONS(CL_DEFINE)

const char *cl_words(cl_code code) {
    static char text[32];
    switch (code) {
    case CL_DEVICE_NOT_FOUND_: return "there is no device (CL_DEVICE_NOT_FOUND)";
    case CL_DEVICE_NOT_AVAILABLE_: return "the device is not available (CL_DEVICE_NOT_AVAILABLE)";
    case CL_MEM_ALLOCATION_FAILURE_: return "the device has not so much memory (CL_MEM_OBJECT_ALLOCATION_FAILURE)";
    case CL_OUT_OF_RESOURCES_: return "the device has not so many resources (CL_OUT_OF_RESOURCES)";
    case CL_OUT_OF_HOST_MEMORY_: return "there is not so much memory (CL_OUT_OF_HOST_MEMORY)";
    case CL_INVALID_BUFFER_SIZE_: return "a buffer is larger than the device takes (CL_INVALID_BUFFER_SIZE)";
    case CL_NO_PLATFORM_: return "the loader has no drivers (CL_PLATFORM_NOT_FOUND_KHR)";
    default: snprintf(text, sizeof text, "OpenCL's code %d", code); return text;
    }
}

static bool open_functions(const char *library, const char **name, char *why, size_t why_size) {
    const char *const usual[] = {"libOpenCL.so.1", "libOpenCL.so", NULL}, *const given[] = {library, NULL};
    void *opened = open_library(library ? given : usual, name, why, why_size);
    if (!opened) return false;
#define CL_LOAD(function, type, parameters) \
    *(void **)&function = dlsym(opened, #function); \
    if (!function) { \
        snprintf(why, why_size, "%s lacks %s", *name, #function); \
        return false; \
    }
    CL_FUNCTIONS(CL_LOAD)
    return true;
}

bool cl_find(const char *library, struct cl_place *places, unsigned *count, const char **name, const char **state, char *why,
             size_t why_size) {
    *count = 0;
    *state = "no-library";
    *name = NULL;
    if (!open_functions(library, name, why, why_size)) {
        if (*name) *state = "broken";
        return false;
    }
    cl_object platforms[CL_PLATFORMS_MAX];
    uint32_t platform_count = 0;
    cl_code code = clGetPlatformIDs(CL_PLATFORMS_MAX, platforms, &platform_count);
    if (platform_count > CL_PLATFORMS_MAX) platform_count = CL_PLATFORMS_MAX;
    *state = code == CL_NO_PLATFORM_ || (code == CL_SUCCESS_ && !platform_count) ? "no-device" : "broken";
    if (code != CL_SUCCESS_ || !platform_count) {
        snprintf(why, why_size, "%s", cl_words(code ? code : CL_NO_PLATFORM_));
        return false;
    }
    for (uint32_t index = 0; index < platform_count; index++) {
        cl_object devices[CL_DEVICES_MAX];
        uint32_t device_count = 0;
        code = clGetDeviceIDs(platforms[index], CL_DEVICE_TYPE_ALL_, CL_DEVICES_MAX, devices, &device_count);
        if (code != CL_SUCCESS_) continue;
        for (uint32_t device = 0; device < device_count && device < CL_DEVICES_MAX && *count < CL_DEVICES_MAX; device++) {
            struct cl_place *place = &places[(*count)++];
            place->platform = platforms[index];
            place->device = devices[device];
            place->type = cl_number(devices[device], CL_DEVICE_TYPE_, 8);
        }
    }
    *state = *count ? "ready" : "no-device";
    if (!*count) snprintf(why, why_size, "%s", cl_words(CL_DEVICE_NOT_FOUND_));
    return *count > 0;
}

void cl_text(cl_object device, uint32_t what, char *text, size_t size) {
    size_t length = 0;
    if (clGetDeviceInfo(device, what, size - 1, text, &length) != CL_SUCCESS_ || length >= size) length = 0;
    text[length] = 0;
}

uint64_t cl_number(cl_object device, uint32_t what, size_t size) {
    union { uint64_t wide; uint32_t narrow; } value = {.wide = 0};
    if (clGetDeviceInfo(device, what, size, &value, NULL) != CL_SUCCESS_) return 0;
    return size == 4 ? value.narrow : value.wide;
}

void cl_pci(cl_object device, char *text, size_t size) {
    // cl_nv_device_attribute_query, then cl_amd_device_attribute_query's cl_device_topology_amd.
    uint32_t bus = 0, slot = 0, domain = 0, info[4];
    unsigned char topology[24];
    *text = 0;
    // cl_khr_pci_bus_info: domain, bus, device, function.
    if (clGetDeviceInfo(device, CL_DEVICE_PCI_BUS_INFO_, sizeof info, info, NULL) == CL_SUCCESS_) {
        snprintf(text, size, "%04x:%02x:%02x.%x", info[0], info[1], info[2], info[3]);
        return;
    }
    if (clGetDeviceInfo(device, CL_DEVICE_PCI_BUS_NV_, 4, &bus, NULL) == CL_SUCCESS_ &&
        clGetDeviceInfo(device, CL_DEVICE_PCI_SLOT_NV_, 4, &slot, NULL) == CL_SUCCESS_) {
        clGetDeviceInfo(device, CL_DEVICE_PCI_DOMAIN_NV_, 4, &domain, NULL);
        snprintf(text, size, "%04x:%02x:%02x.%x", domain, bus & 0xff, (slot >> 3) & 0x1f, slot & 7);
    } else if (clGetDeviceInfo(device, CL_DEVICE_TOPOLOGY_AMD_, sizeof topology, topology, NULL) == CL_SUCCESS_) {
        snprintf(text, size, "0000:%02x:%02x.%x", topology[21], topology[22], topology[23]);
    }
}

static void print_device(unsigned index, const struct cl_place *place) {
    char text[4096];
    json_device(index);
    json_text("kind", place->type & CL_DEVICE_TYPE_GPU_ ? "gpu" : place->type & CL_DEVICE_TYPE_CPU_ ? "cpu" : "accelerator");
    cl_text(place->device, CL_DEVICE_VENDOR_, text, sizeof text);
    json_text("vendor", text);
    cl_text(place->device, CL_DEVICE_NAME_, text, sizeof text);
    json_text("name", text);
    json_number("memory_bytes", cl_number(place->device, CL_DEVICE_MEMORY_, 8));
    json_number("compute_units", cl_number(place->device, CL_DEVICE_COMPUTE_UNITS_, 4));
    json_number("clock_mhz", cl_number(place->device, CL_DEVICE_CLOCK_, 4));
    uint64_t major = cl_number(place->device, CL_DEVICE_CAPABILITY_MAJOR_NV_, 4);
    if (major) {
        snprintf(text, sizeof text, "%u.%u", (unsigned)major,
                 (unsigned)cl_number(place->device, CL_DEVICE_CAPABILITY_MINOR_NV_, 4));
        json_text("capability", text);
    }
    cl_text(place->device, CL_DRIVER_VERSION_, text, sizeof text);
    json_text("driver", text);
    cl_text(place->device, CL_DEVICE_VERSION_, text, sizeof text);
    json_text("version", text);
    cl_pci(place->device, text, sizeof text);
    json_text("pci", text);
    if (clGetPlatformInfo(place->platform, CL_PLATFORM_NAME_, sizeof text - 1, text, NULL) == CL_SUCCESS_)
        json_text("platform", text);
    cl_text(place->device, CL_DEVICE_EXTENSIONS_, text, sizeof text);
    json_bool("fp64", strstr(text, "cl_khr_fp64"));
    json_bool("fp16", strstr(text, "cl_khr_fp16"));
    json_device_end();
}

void probe_opencl(const char *library) {
    struct cl_place places[CL_DEVICES_MAX];
    unsigned count;
    char why[512] = "";
    const char *name, *state;
    cl_find(library, places, &count, &name, &state, why, sizeof why);
    json_state("opencl", state, why, name, NULL);
    json_devices();
    for (unsigned index = 0; index < count; index++) print_device(index, &places[index]);
    json_end();
}
#endif
