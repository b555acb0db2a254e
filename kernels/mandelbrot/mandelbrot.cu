// How many steps of z := z^2 + c stay within a distance of 2, for each point of a picture; up to `limit`. Multiplications and
// additions are not joined, so that all devices count alike. One thread for each point.
#if defined(__HIP__) || defined(__HIPCC_RTC__)
#pragma clang fp contract(off)
#endif

extern "C" __global__ void mandelbrot(unsigned *steps, unsigned width, unsigned height, float left, float top, float pixel,
                                      unsigned limit) {
    unsigned column = blockIdx.x * blockDim.x + threadIdx.x, row = blockIdx.y * blockDim.y + threadIdx.y;
    if (column >= width || row >= height) return;
    float real = __fadd_rn(left, __fmul_rn(pixel, (float)column)), imaginary = __fsub_rn(top, __fmul_rn(pixel, (float)row));
    float x = 0, y = 0;
    unsigned count = 0;
    for (; count < limit; count++) {
        float x2 = __fmul_rn(x, x), y2 = __fmul_rn(y, y);
        if (__fadd_rn(x2, y2) > 4.0f) break;
        y = __fadd_rn(__fmul_rn(__fmul_rn(2.0f, x), y), imaginary);
        x = __fadd_rn(__fsub_rn(x2, y2), real);
    }
    steps[row * width + column] = count;
}
