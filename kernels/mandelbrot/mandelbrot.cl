// How many steps of z := z^2 + c stay within a distance of 2, for each point of a picture; up to `limit`. Multiplications and
// additions are not joined, so that all devices count alike. One work item for each point.
#pragma OPENCL FP_CONTRACT OFF

kernel void mandelbrot(global uint *steps, uint width, uint height, float left, float top, float pixel, uint limit) {
    uint column = get_global_id(0), row = get_global_id(1);
    if (column >= width || row >= height) return;
    float real = left + pixel * (float)column, imaginary = top - pixel * (float)row;
    float x = 0, y = 0;
    uint count = 0;
    for (; count < limit; count++) {
        float x2 = x * x, y2 = y * y;
        if (x2 + y2 > 4.0f) break;
        y = 2.0f * x * y + imaginary;
        x = x2 - y2 + real;
    }
    steps[row * width + column] = count;
}
