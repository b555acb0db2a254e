// What Level Zero's codes mean, for people and for orders.
#if defined(__linux__)
#define _GNU_SOURCE
#include <stdio.h>

#include "level_zero.h"

const char *ze_words(ze_code code) {
    static char text[48];
    switch (code) {
    case ZE_DEVICE_LOST_: return "the device hung, was reset or was removed (ZE_RESULT_ERROR_DEVICE_LOST)";
    case ZE_DEVICE_REQUIRES_RESET_: return "the device has to be reset (ZE_RESULT_ERROR_DEVICE_REQUIRES_RESET)";
    case ZE_DEVICE_IN_LOW_POWER_STATE_: return "the device sleeps (ZE_RESULT_ERROR_DEVICE_IN_LOW_POWER_STATE)";
    case ZE_OUT_OF_HOST_MEMORY_: return "there is not so much memory (ZE_RESULT_ERROR_OUT_OF_HOST_MEMORY)";
    case ZE_OUT_OF_DEVICE_MEMORY_: return "the device has not so much memory (ZE_RESULT_ERROR_OUT_OF_DEVICE_MEMORY)";
    case ZE_UNSUPPORTED_SIZE_: return "the device has no buffers so large (ZE_RESULT_ERROR_UNSUPPORTED_SIZE)";
    case ZE_MODULE_BUILD_FAILURE_: return "the device's compiler refuses it (ZE_RESULT_ERROR_MODULE_BUILD_FAILURE)";
    case ZE_MODULE_LINK_FAILURE_: return "it cannot be linked (ZE_RESULT_ERROR_MODULE_LINK_FAILURE)";
    case ZE_MODULE_UNLINKED_: return "it needs functions that it has not (ZE_RESULT_ERROR_INVALID_MODULE_UNLINKED)";
    case ZE_INVALID_GROUP_SIZE_: return "the kernel takes no blocks of this size (ZE_RESULT_ERROR_INVALID_GROUP_SIZE_DIMENSION)";
    case ZE_INVALID_ARGUMENT_SIZE_: return "the kernel has another size there (ZE_RESULT_ERROR_INVALID_KERNEL_ARGUMENT_SIZE)";
    case ZE_INSUFFICIENT_PERMISSIONS_: return "this may not be done here (ZE_RESULT_ERROR_INSUFFICIENT_PERMISSIONS)";
    case ZE_DEPENDENCY_UNAVAILABLE_: return "a library is missing (ZE_RESULT_ERROR_DEPENDENCY_UNAVAILABLE)";
    case ZE_UNINITIALIZED_: return "the loader has no drivers of GPUs (ZE_RESULT_ERROR_UNINITIALIZED)";
    default: snprintf(text, sizeof text, "Level Zero's code 0x%x", (unsigned)code); return text;
    }
}

enum outcome ze_outcome(ze_code code, enum outcome otherwise) {
    switch (code) {
    case ZE_DEVICE_LOST_:
    case ZE_DEVICE_REQUIRES_RESET_: return OUTCOME_DEVICE_LOST;
    case ZE_OUT_OF_HOST_MEMORY_:
    case ZE_OUT_OF_DEVICE_MEMORY_:
    case ZE_UNSUPPORTED_SIZE_: return OUTCOME_OUT_OF_MEMORY;
    // Of the machine, whatever was asked for.
    case ZE_DEVICE_IN_LOW_POWER_STATE_:
    case ZE_INSUFFICIENT_PERMISSIONS_:
    case ZE_NOT_AVAILABLE_:
    case ZE_DEPENDENCY_UNAVAILABLE_:
    case ZE_UNINITIALIZED_: return OUTCOME_NO_DEVICE;
    default: return otherwise;
    }
}

void ze_check(ze_code code, enum outcome otherwise, const char *what) {
    if (code) end(ze_outcome(code, otherwise), "%s: %s", what, ze_words(code));
}
#endif
