// What kernels include by this name is in one header here.
#include "cuda_emulation.h"
