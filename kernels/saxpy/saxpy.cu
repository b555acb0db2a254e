// y := a x + y, in single precision. One thread for each element.
extern "C" __global__ void saxpy(float a, const float *x, float *y, unsigned count) {
    unsigned place = blockIdx.x * blockDim.x + threadIdx.x;
    if (place < count) y[place] = a * x[place] + y[place];
}
