// What is used of OpenCL (The OpenCL Specification 1.2, Khronos), opened at run time: no header and no library is needed to build.
#ifndef WEFT_KERNEL_OPENCL_H
#define WEFT_KERNEL_OPENCL_H

#include <stddef.h>
#include <stdint.h>

typedef void *cl_object;
typedef int32_t cl_code;

enum {
    CL_SUCCESS_ = 0, CL_DEVICE_NOT_FOUND_ = -1, CL_DEVICE_NOT_AVAILABLE_ = -2, CL_MEM_ALLOCATION_FAILURE_ = -4,
    CL_OUT_OF_RESOURCES_ = -5, CL_OUT_OF_HOST_MEMORY_ = -6, CL_INVALID_BINARY_ = -42, CL_INVALID_KERNEL_NAME_ = -46,
    CL_INVALID_ARG_INDEX_ = -49, CL_INVALID_ARG_SIZE_ = -51, CL_INVALID_KERNEL_ARGS_ = -52, CL_INVALID_BUFFER_SIZE_ = -61,
    CL_NO_PLATFORM_ = -1001,

    CL_PLATFORM_VERSION_ = 0x0901, CL_PLATFORM_NAME_ = 0x0902, CL_PLATFORM_VENDOR_ = 0x0903,
    CL_DEVICE_TYPE_ = 0x1000, CL_DEVICE_VENDOR_ID_ = 0x1001, CL_DEVICE_COMPUTE_UNITS_ = 0x1002, CL_DEVICE_CLOCK_ = 0x100C,
    CL_DEVICE_MAX_ALLOCATION_ = 0x1010, CL_DEVICE_SINGLE_FP_CONFIG_ = 0x101B, CL_DEVICE_MEMORY_ = 0x101F, CL_DEVICE_NAME_ = 0x102B, CL_DEVICE_VENDOR_ = 0x102C,
    CL_DRIVER_VERSION_ = 0x102D, CL_DEVICE_VERSION_ = 0x102F, CL_DEVICE_EXTENSIONS_ = 0x1030,
    CL_DEVICE_CAPABILITY_MAJOR_NV_ = 0x4000, CL_DEVICE_CAPABILITY_MINOR_NV_ = 0x4001, CL_DEVICE_PCI_BUS_NV_ = 0x4008,
    CL_DEVICE_PCI_SLOT_NV_ = 0x4009, CL_DEVICE_PCI_DOMAIN_NV_ = 0x400A, CL_DEVICE_TOPOLOGY_AMD_ = 0x4037, CL_DEVICE_PCI_BUS_INFO_ = 0x410F,
    CL_PROGRAM_BINARY_SIZES_ = 0x1165, CL_PROGRAM_BINARIES_ = 0x1166, CL_PROGRAM_BUILD_LOG_ = 0x1183,
    CL_KERNEL_NUM_ARGS_ = 0x1191, CL_KERNEL_WORK_GROUP_SIZE_ = 0x11B0,

    CL_MEM_READ_WRITE_ = 1, CL_MEM_USE_HOST_PTR_ = 8, CL_MEM_COPY_HOST_PTR_ = 32, CL_MAP_READ_ = 1, CL_MAP_WRITE_ = 2,
    CL_PLATFORMS_MAX = 16, CL_DEVICES_MAX = 64,
};
#define CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT_ UINT64_C(128)
#define CL_DEVICE_TYPE_ALL_ UINT64_C(0xFFFFFFFF)
#define CL_DEVICE_TYPE_CPU_ UINT64_C(2)
#define CL_DEVICE_TYPE_GPU_ UINT64_C(4)
#define CL_DEVICE_TYPE_ACCELERATOR_ UINT64_C(8)

#define CL_FUNCTIONS(F)                                                                                                \
    F(clGetPlatformIDs, cl_code, (uint32_t, cl_object *, uint32_t *))                                                  \
    F(clGetPlatformInfo, cl_code, (cl_object, uint32_t, size_t, void *, size_t *))                                     \
    F(clGetDeviceIDs, cl_code, (cl_object, uint64_t, uint32_t, cl_object *, uint32_t *))                               \
    F(clGetDeviceInfo, cl_code, (cl_object, uint32_t, size_t, void *, size_t *))                                       \
    F(clCreateContext, cl_object, (const void *, uint32_t, const cl_object *, void *, void *, cl_code *))              \
    F(clCreateCommandQueue, cl_object, (cl_object, cl_object, uint64_t, cl_code *))                                    \
    F(clCreateProgramWithSource, cl_object, (cl_object, uint32_t, const char **, const size_t *, cl_code *))           \
    F(clCreateProgramWithBinary, cl_object,                                                                            \
      (cl_object, uint32_t, const cl_object *, const size_t *, const unsigned char **, cl_code *, cl_code *))          \
    F(clBuildProgram, cl_code, (cl_object, uint32_t, const cl_object *, const char *, void *, void *))                 \
    F(clGetProgramInfo, cl_code, (cl_object, uint32_t, size_t, void *, size_t *))                                      \
    F(clGetProgramBuildInfo, cl_code, (cl_object, cl_object, uint32_t, size_t, void *, size_t *))                      \
    F(clCreateKernel, cl_object, (cl_object, const char *, cl_code *))                                                 \
    F(clGetKernelInfo, cl_code, (cl_object, uint32_t, size_t, void *, size_t *))                                       \
    F(clGetKernelWorkGroupInfo, cl_code, (cl_object, cl_object, uint32_t, size_t, void *, size_t *))                   \
    F(clSetKernelArg, cl_code, (cl_object, uint32_t, size_t, const void *))                                            \
    F(clCreateBuffer, cl_object, (cl_object, uint64_t, size_t, void *, cl_code *))                                     \
    F(clEnqueueReadBuffer, cl_code,                                                                                    \
      (cl_object, cl_object, uint32_t, size_t, size_t, void *, uint32_t, const cl_object *, cl_object *))              \
    F(clEnqueueMapBuffer, void *,                                                                                      \
      (cl_object, cl_object, uint32_t, uint64_t, size_t, size_t, uint32_t, const cl_object *, cl_object *, cl_code *)) \
    F(clEnqueueNDRangeKernel, cl_code,                                                                                 \
      (cl_object, cl_object, uint32_t, const size_t *, const size_t *, const size_t *, uint32_t, const cl_object *,    \
       cl_object *))                                                                                                   \
    F(clFinish, cl_code, (cl_object))

#define CL_DECLARE(name, type, parameters) extern type(*name) parameters;
CL_FUNCTIONS(CL_DECLARE)
#undef CL_DECLARE

/// A device, and the platform that it came from.
struct cl_place {
    cl_object platform;
    cl_object device;
    uint64_t type;
};

// opencl_devices.c
/// Opens the loader and lists every device of every platform, in an order that stays. False with the reason in `why`; `state` is
/// then what the probe calls it.
bool cl_find(const char *library, struct cl_place *places, unsigned *count, const char **name, const char **state, char *why,
             size_t why_size);
/// Its PCI address like 0000:65:00.0; empty where it tells none.
void cl_pci(cl_object device, char *text, size_t size);
/// A text that a device tells of itself; empty where it tells none.
void cl_text(cl_object device, uint32_t what, char *text, size_t size);
uint64_t cl_number(cl_object device, uint32_t what, size_t size);
/// What a code is called in the specification, as far as a person is helped by it.
const char *cl_words(cl_code code);

#endif
