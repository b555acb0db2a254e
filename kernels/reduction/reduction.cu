// The sum of all elements. First each block adds up its share, four elements at a time, then one block the blocks' sums.
// The order of additions depends on the sizes alone, so a device gives the same sum each time.
//
// A block has 256 threads.
#if defined(__HIP__) || defined(__HIPCC_RTC__)
#define FROM_BELOW(value, lanes) __shfl_down((value), (lanes), 32)
#else
#define FROM_BELOW(value, lanes) __shfl_down_sync(0xffffffffu, (value), (lanes), 32)
#endif

__device__ float sum_of_block(float value) {
    __shared__ float parts[8];
    for (int lanes = 16; lanes > 0; lanes /= 2) value += FROM_BELOW(value, lanes);
    if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = value;
    __syncthreads();
    value = threadIdx.x % 32 < 8 ? parts[threadIdx.x % 32] : 0.0f;
    for (int lanes = 4; lanes > 0; lanes /= 2) value += FROM_BELOW(value, lanes);
    return value;
}

extern "C" __global__ void reduction_parts(const float *x, float *parts, unsigned count) {
    unsigned fours = count / 4, stride = gridDim.x * 256, place = blockIdx.x * 256 + threadIdx.x;
    const float4 *quads = (const float4 *)x;
    float4 sum = make_float4(0, 0, 0, 0);
    // Two loads are on their way at a time.
    for (; place + stride < fours; place += 2 * stride) {
        float4 a = quads[place], b = quads[place + stride];
        sum.x += a.x + b.x, sum.y += a.y + b.y, sum.z += a.z + b.z, sum.w += a.w + b.w;
    }
    if (place < fours) {
        float4 a = quads[place];
        sum.x += a.x, sum.y += a.y, sum.z += a.z, sum.w += a.w;
    }
    float value = (sum.x + sum.y) + (sum.z + sum.w);
    unsigned rest = 4 * fours + threadIdx.x;
    if (blockIdx.x == 0 && rest < count) value += x[rest];
    value = sum_of_block(value);
    if (threadIdx.x == 0) parts[blockIdx.x] = value;
}

extern "C" __global__ void reduction_total(const float *parts, float *total, unsigned count) {
    float value = 0;
    for (unsigned place = threadIdx.x; place < count; place += 256) value += parts[place];
    value = sum_of_block(value);
    if (threadIdx.x == 0) total[0] = value;
}
