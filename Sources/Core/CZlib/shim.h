// The system's zlib. The name without a path: macOS has it in its SDK.
#include <zlib.h>
