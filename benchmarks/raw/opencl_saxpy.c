// What a kernel costs without Weft: the same source over the same files, by a program that is linked against OpenCL. The driver's
// own cache of compiled kernels does for it what Weft's does for Weft.
//
//   opencl_saxpy SOURCE X Y OUT COUNT
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <stdio.h>
#include <stdlib.h>

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
    if (argument_count != 6) return 2;
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
    float factor = 2;
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
