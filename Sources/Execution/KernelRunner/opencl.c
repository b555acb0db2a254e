// Kernels by OpenCL, on whoever's device. What is kept of a compilation is the program's binary, as the device's driver has it.
#if defined(__linux__)
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner.h"
#include "opencl.h"

void probe_opencl(const char *library);

static cl_object context, queue, program;
static struct cl_place place;

_Noreturn static void fail(cl_code code, enum outcome otherwise, const char *what) {
    enum outcome outcome = otherwise;
    switch (code) {
    case CL_MEM_ALLOCATION_FAILURE_:
    case CL_OUT_OF_HOST_MEMORY_:
    case CL_INVALID_BUFFER_SIZE_: outcome = OUTCOME_OUT_OF_MEMORY; break;
    case CL_DEVICE_NOT_AVAILABLE_: outcome = OUTCOME_DEVICE_LOST; break;
    }
    end(outcome, "%s: %s", what, cl_words(code));
}

static void open_device(const struct order *order) {
    struct cl_place places[CL_DEVICES_MAX];
    unsigned count;
    char why[512] = "";
    const char *name, *state;
    if (!cl_find(NULL, places, &count, &name, &state, why, sizeof why)) end(OUTCOME_NO_DEVICE, "OpenCL cannot be used: %s", why);
    unsigned chosen = order->device_index;
    if (order->pci) {
        char pci[64];
        for (chosen = 0; chosen < count; chosen++) {
            cl_pci(places[chosen].device, pci, sizeof pci);
            if (!strcmp(pci, order->pci)) break;
        }
    }
    if (chosen >= count) end(OUTCOME_NO_DEVICE, "OpenCL does not show the device that was chosen");
    place = places[chosen];
    cl_code code;
    context = clCreateContext(NULL, 1, &place.device, NULL, NULL, &code);
    if (code != CL_SUCCESS_) fail(code, OUTCOME_NO_DEVICE, "the device cannot be opened");
    queue = clCreateCommandQueue(context, place.device, 0, &code);
    if (code != CL_SUCCESS_) fail(code, OUTCOME_NO_DEVICE, "the device has no queue");
}

static char *options_of(const struct order *order) {
    size_t capacity = 256;
    for (unsigned index = 0; index < order->define_count; index++)
        capacity += strlen(order->defines[index].name) + strlen(order->defines[index].value) + 8;
    char *options = malloc(capacity);
    if (!options) end(OUTCOME_OUT_OF_MEMORY, "there is no memory for the options");
    // Where the device can: otherwise its quotients and square roots differ from everybody else's.
    bool is_exact = cl_number(place.device, CL_DEVICE_SINGLE_FP_CONFIG_, 8) & CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT_;
    const char *mode = order->is_fast ? " -cl-fast-relaxed-math" : is_exact ? " -cl-fp32-correctly-rounded-divide-sqrt" : "";
    size_t length = (size_t)snprintf(options, capacity, "-D WEFT_OPENCL=1%s", mode);
    for (unsigned index = 0; index < order->define_count; index++)
        length += (size_t)snprintf(options + length, capacity - length, " -D %s=%s", order->defines[index].name,
                                   order->defines[index].value);
    return options;
}

static void tell_build_log(void) {
    size_t size = 0;
    if (clGetProgramBuildInfo(program, place.device, CL_PROGRAM_BUILD_LOG_, 0, NULL, &size) != CL_SUCCESS_ || !size) return;
    if (size > 64 << 20) size = 64 << 20;
    char *log = malloc(size);
    if (!log) return;
    if (clGetProgramBuildInfo(program, place.device, CL_PROGRAM_BUILD_LOG_, size, log, NULL) == CL_SUCCESS_) tell_log(log, size);
    free(log);
}

static void build_source(const struct order *order) {
    const char *source = order->source;
    cl_code code;
    program = clCreateProgramWithSource(context, 1, &source, &order->source_size, &code);
    if (code != CL_SUCCESS_) fail(code, OUTCOME_BAD_SOURCE, "the source was not taken");
    code = clBuildProgram(program, 1, &place.device, options_of(order), NULL, NULL);
    if (code == CL_OUT_OF_HOST_MEMORY_) fail(code, OUTCOME_OUT_OF_MEMORY, "the source cannot be compiled");
    tell_build_log();
    if (code != CL_SUCCESS_) end(OUTCOME_BAD_SOURCE, "the source cannot be compiled");
}

static cl_object make_kernel(const struct launch *launch) {
    cl_code code;
    cl_object kernel = clCreateKernel(program, launch->entry, &code);
    if (code == CL_INVALID_KERNEL_NAME_) end(OUTCOME_BAD_LAUNCH, "the source has no kernel %s", launch->entry);
    if (code != CL_SUCCESS_) fail(code, OUTCOME_BAD_LAUNCH, launch->entry);
    uint32_t expected = 0;
    if (clGetKernelInfo(kernel, CL_KERNEL_NUM_ARGS_, sizeof expected, &expected, NULL) == CL_SUCCESS_ &&
        expected != launch->argument_count)
        end(OUTCOME_BAD_LAUNCH, "%s takes %u arguments, not %u", launch->entry, expected, launch->argument_count);
    size_t most = 0, threads = (size_t)launch->block[0] * launch->block[1] * launch->block[2];
    if (clGetKernelWorkGroupInfo(kernel, place.device, CL_KERNEL_WORK_GROUP_SIZE_, sizeof most, &most, NULL) == CL_SUCCESS_ &&
        most && threads > most)
        end(OUTCOME_BAD_LAUNCH, "%s can have work groups of at most %zu items here, not of %zu", launch->entry, most, threads);
    return kernel;
}

static void set_arguments(cl_object kernel, const struct launch *launch, const cl_object *memory) {
    for (unsigned index = 0; index < launch->argument_count; index++) {
        const struct argument *argument = &launch->arguments[index];
        cl_code code = CL_SUCCESS_;
        switch (argument->kind) {
        case ARGUMENT_BUFFER: code = clSetKernelArg(kernel, index, sizeof(cl_object), &memory[argument->buffer]); break;
        case ARGUMENT_SCALAR: code = clSetKernelArg(kernel, index, argument->size, argument->scalar); break;
        case ARGUMENT_LOCAL: code = clSetKernelArg(kernel, index, argument->size, NULL); break;
        }
        if (code == CL_SUCCESS_) continue;
        const char *const kinds[] = {"a buffer", "a scalar", "local memory"};
        end(OUTCOME_BAD_LAUNCH, "argument %u of %s cannot be %s of %zu bytes (code %d)", index, launch->entry,
            kinds[argument->kind], argument->kind == ARGUMENT_BUFFER ? sizeof(void *) : argument->size, code);
    }
}

static void enqueue(cl_object kernel, const struct launch *launch) {
    size_t global[3], local[3];
    for (unsigned index = 0; index < 3; index++) {
        local[index] = launch->block[index];
        global[index] = (size_t)launch->grid[index] * launch->block[index];
    }
    cl_code code = clEnqueueNDRangeKernel(queue, kernel, 3, NULL, global, local, 0, NULL, NULL);
    if (code != CL_SUCCESS_) fail(code, OUTCOME_BAD_LAUNCH, launch->entry);
}

/// Drivers that compile a kernel for each size of work group put that into the binary, too, once it has run.
static void keep(const char *path) {
    size_t size = 0;
    if (clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES_, sizeof size, &size, NULL) != CL_SUCCESS_ || !size) return;
    unsigned char *binary = malloc(size);
    if (binary && clGetProgramInfo(program, CL_PROGRAM_BINARIES_, sizeof binary, &binary, NULL) == CL_SUCCESS_)
        write_file(path, binary, size);
    free(binary);
}

static void compile(struct order *order, const char *artefact) {
    open_device(order);
    build_source(order);
    keep(artefact);
}

/// False where the binary is not this driver's.
static bool load_artefact(const struct order *order, const char *artefact) {
    size_t size;
    unsigned char *bytes = (unsigned char *)read_file(artefact, UINT64_C(1) << 31, &size, OUTCOME_NO_FILE);
    const unsigned char *binary = bytes;
    cl_code status = CL_SUCCESS_, code;
    program = clCreateProgramWithBinary(context, 1, &place.device, &size, &binary, &status, &code);
    free(bytes);
    return code == CL_SUCCESS_ && status == CL_SUCCESS_ &&
           clBuildProgram(program, 1, &place.device, options_of(order), NULL, NULL) == CL_SUCCESS_;
}

static void run(struct order *order, const char *artefact, const char *kept) {
    open_device(order);
    bool is_loaded = artefact && load_artefact(order, artefact);
    if (!is_loaded) build_source(order);
    // Where the processor is the device, the buffers are used in place.
    bool is_shared = place.type & CL_DEVICE_TYPE_CPU_;
    cl_object memory[BUFFERS_MAX];
    cl_code code;
    for (unsigned index = 0; index < order->buffer_count; index++) {
        struct buffer *buffer = &order->buffers[index];
        uint64_t flags = CL_MEM_READ_WRITE_ | (is_shared ? CL_MEM_USE_HOST_PTR_ : CL_MEM_COPY_HOST_PTR_);
        memory[index] = clCreateBuffer(context, flags, buffer->size, buffer->bytes, &code);
        if (code != CL_SUCCESS_) fail(code, OUTCOME_OUT_OF_MEMORY, "a buffer cannot be made on the device");
    }
    for (unsigned index = 0; index < order->launch_count; index++) {
        const struct launch *launch = &order->launches[index];
        cl_object kernel = make_kernel(launch);
        set_arguments(kernel, launch, memory);
        enqueue(kernel, launch);
    }
    code = clFinish(queue);
    if (code != CL_SUCCESS_) fail(code, OUTCOME_FAULT, "the device stopped the kernels");
    for (unsigned index = 0; index < order->buffer_count; index++) {
        struct buffer *buffer = &order->buffers[index];
        if (!buffer->output) continue;
        if (is_shared)
            clEnqueueMapBuffer(queue, memory[index], 1, CL_MAP_READ_, 0, buffer->size, 0, NULL, NULL, &code);
        else
            code = clEnqueueReadBuffer(queue, memory[index], 1, 0, buffer->size, buffer->bytes, 0, NULL, NULL);
        if (code != CL_SUCCESS_) fail(code, OUTCOME_FAULT, "a buffer cannot be read back");
    }
    if (kept && !is_loaded) keep(kept);
}

const struct backend opencl_backend = {"opencl", compile, run, probe_opencl};
#endif
