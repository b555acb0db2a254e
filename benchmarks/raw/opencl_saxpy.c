// What a kernel costs without Weft: the same source over the same files, by a program that is linked against OpenCL. The driver's
// own cache of compiled kernels does for it what Weft's does for Weft.
//
//   opencl_saxpy SOURCE X Y OUT COUNT FACTOR
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

// What it needs of OpenCL 1.2, so that machines without OpenCL's headers can build it.
typedef int32_t cl_int;
typedef uint32_t cl_uint;
typedef uint64_t cl_bits;
typedef struct opaque_platform *cl_platform_id;
typedef struct opaque_device *cl_device_id;
typedef struct opaque_context *cl_context;
typedef struct opaque_queue *cl_command_queue;
typedef struct opaque_program *cl_program;
typedef struct opaque_kernel *cl_kernel;
typedef struct opaque_memory *cl_mem;
enum { CL_SUCCESS = 0, CL_TRUE = 1, CL_MAP_READ = 1, CL_MEM_USE_HOST_PTR = 8 };
#define CL_DEVICE_TYPE_ALL 0xffffffffu

cl_int clGetPlatformIDs(cl_uint, cl_platform_id *, cl_uint *);
cl_int clGetDeviceIDs(cl_platform_id, cl_bits, cl_uint, cl_device_id *, cl_uint *);
cl_context clCreateContext(const intptr_t *, cl_uint, const cl_device_id *,
                           void (*)(const char *, const void *, size_t, void *), void *, cl_int *);
cl_command_queue clCreateCommandQueue(cl_context, cl_device_id, cl_bits, cl_int *);
cl_program clCreateProgramWithSource(cl_context, cl_uint, const char **, const size_t *, cl_int *);
cl_int clBuildProgram(cl_program, cl_uint, const cl_device_id *, const char *, void (*)(cl_program, void *), void *);
cl_kernel clCreateKernel(cl_program, const char *, cl_int *);
cl_mem clCreateBuffer(cl_context, cl_bits, size_t, void *, cl_int *);
cl_int clSetKernelArg(cl_kernel, cl_uint, size_t, const void *);
cl_int clEnqueueNDRangeKernel(cl_command_queue, cl_kernel, cl_uint, const size_t *, const size_t *, const size_t *,
                              cl_uint, const void *, void *);
cl_int clFinish(cl_command_queue);
void *clEnqueueMapBuffer(cl_command_queue, cl_mem, cl_uint, cl_bits, size_t, size_t, cl_uint, const void *, void *,
                         cl_int *);

static void check(cl_int code, const char *what) {
    if (code == CL_SUCCESS) return;
    fprintf(stderr, "%s: %d\n", what, code);
    exit(1);
}

static void *read_file(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END)) check(-1, path);
    *size = (size_t)ftell(file);
    rewind(file);
    void *bytes = malloc(*size + 1);
    if (!bytes || fread(bytes, 1, *size, file) != *size) check(-1, path);
    fclose(file);
    return bytes;
}

int main(int argument_count, char **arguments) {
    if (argument_count != 7) return 2;
    size_t source_size, size, count = strtoul(arguments[5], NULL, 10);
    const char *source = read_file(arguments[1], &source_size);
    void *x = read_file(arguments[2], &size), *y = read_file(arguments[3], &size);
    if (size != count * sizeof(float)) return 2;
    cl_int code;
    cl_platform_id platform;
    cl_device_id device;
    check(clGetPlatformIDs(1, &platform, NULL), "platforms");
    check(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, NULL), "devices");
    cl_context context = clCreateContext(NULL, 1, &device, NULL, NULL, &code);
    check(code, "context");
    cl_command_queue queue = clCreateCommandQueue(context, device, 0, &code);
    check(code, "queue");
    cl_program program = clCreateProgramWithSource(context, 1, &source, &source_size, &code);
    check(code, "program");
    check(clBuildProgram(program, 1, &device, "", NULL, NULL), "build");
    cl_kernel kernel = clCreateKernel(program, "saxpy", &code);
    check(code, "kernel");
    cl_mem buffers[] = {clCreateBuffer(context, CL_MEM_USE_HOST_PTR, size, x, &code),
                        clCreateBuffer(context, CL_MEM_USE_HOST_PTR, size, y, &code)};
    float factor = strtof(arguments[6], NULL);
    check(clSetKernelArg(kernel, 0, sizeof factor, &factor), "argument");
    check(clSetKernelArg(kernel, 1, sizeof *buffers, &buffers[0]), "argument");
    check(clSetKernelArg(kernel, 2, sizeof *buffers, &buffers[1]), "argument");
    size_t local = 256;
    check(clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &count, &local, 0, NULL, NULL), "launch");
    check(clFinish(queue), "finish");
    clEnqueueMapBuffer(queue, buffers[1], CL_TRUE, CL_MAP_READ, 0, size, 0, NULL, NULL, &code);
    check(code, "map");
    FILE *out = fopen(arguments[4], "wb");
    if (!out || fwrite(y, 1, size, out) != size || fclose(out)) check(-1, arguments[4]);
    return 0;
}
