// CUDA's driver API and HIP have the same functions by other names, and so have their compilers at run time (NVRTC, HIPRTC): what is
// written once for both.
#ifndef WEFT_KERNEL_GPU_H
#define WEFT_KERNEL_GPU_H

#include "runner.h"

typedef int gpu_code;
typedef void *gpu_object;

/// Functions of the device's library.
struct gpu_library {
    gpu_code (*init)(unsigned);
    gpu_code (*driver_version)(int *);
    gpu_code (*device_count)(int *);
    gpu_code (*device)(int *, int);
    gpu_code (*device_name)(char *, int, int);
    gpu_code (*device_memory)(size_t *, int);
    gpu_code (*device_pci)(char *, int, int);
    gpu_code (*device_attribute)(int *, int, int);
    gpu_code (*create_context)(gpu_object *, unsigned, int);
    gpu_code (*load_module)(gpu_object *, const void *);
    gpu_code (*find_function)(gpu_object *, gpu_object, const char *);
    gpu_code (*allocate)(uint64_t *, size_t);
    gpu_code (*fill)(uint64_t, unsigned char, size_t);
    gpu_code (*write)(uint64_t, const void *, size_t);
    gpu_code (*read)(void *, uint64_t, size_t);
    gpu_code (*launch)(gpu_object, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, gpu_object, void **,
                       void **);
    gpu_code (*synchronize)(void);
};
enum { GPU_FUNCTIONS = sizeof(struct gpu_library) / sizeof(void *) };

/// Functions of the compiler's library.
struct gpu_compiler {
    gpu_code (*create)(gpu_object *, const char *, const char *, int, const char *const *, const char *const *);
    gpu_code (*add_name)(gpu_object, const char *);
    gpu_code (*compile)(gpu_object, int, const char *const *);
    gpu_code (*log_size)(gpu_object, size_t *);
    gpu_code (*log)(gpu_object, char *);
    gpu_code (*lowered_name)(gpu_object, const char *, const char **);
    gpu_code (*code_size)(gpu_object, size_t *);
    gpu_code (*code)(gpu_object, char *);
};
enum { GPU_COMPILER_FUNCTIONS = sizeof(struct gpu_compiler) / sizeof(void *) };

/// What differs between the two.
struct gpu_maker {
    const char *name;
    const char *vendor;
    const char *const *libraries;
    /// In the order of ``gpu_library``.
    const char *const *functions;
    const char *const *compilers;
    /// A variable with the path of the compiler's library, where it is not among those that the loader finds.
    const char *compiler_variable;
    const char *const *compiler_functions;
    /// A variable with a folder of headers.
    const char *include_variable;
    /// Before the architecture's name.
    const char *architecture_option;
    const char *fast_option;
    /// Further options, NULL-terminated.
    const char *const *options;
    /// The name of an error; NULL where there is none.
    const char *(*words)(gpu_code code);
    /// The architecture of a device, as the compiler spells it; false where it cannot be told.
    bool (*architecture)(int device, char *text, size_t size);
    /// What else the probe tells of a device.
    void (*describe)(int device);
};

extern struct gpu_library gpu;

// gpu_compile.c
/// Compiles the source for an architecture. The result is a text with the kernels' names in the machine code, one to a line and in
/// the order of the launches, a line feed, and the machine code. To be freed.
char *gpu_compile(const struct gpu_maker *maker, const struct order *order, const char *architecture, size_t *size);

// gpu_run.c
void gpu_run(const struct gpu_maker *maker, struct order *order, const char *artefact, const char *kept);
void gpu_compile_to(const struct gpu_maker *maker, struct order *order, const char *artefact);
void gpu_probe(const struct gpu_maker *maker, const char *library);
/// A function of the device's library that only one of the two has; NULL where it is not there.
void *gpu_symbol(const char *name);

#endif
