// y := exp(x - max) / sum of exp(x - max), for each row. One block of 256 threads for each row.
#define THREADS 256

__device__ float over_block(float value, bool is_sum) {
    __shared__ float parts[THREADS];
    unsigned thread = threadIdx.x;
    parts[thread] = value;
    __syncthreads();
    for (unsigned half_count = THREADS / 2; half_count > 0; half_count /= 2) {
        if (thread < half_count) {
            float other = parts[thread + half_count];
            parts[thread] = is_sum ? parts[thread] + other : fmaxf(parts[thread], other);
        }
        __syncthreads();
    }
    value = parts[0];
    __syncthreads();
    return value;
}

extern "C" __global__ void softmax(const float *x, float *y, unsigned columns) {
    const float *row = x + (size_t)blockIdx.x * columns;
    float *result = y + (size_t)blockIdx.x * columns;
    float greatest = -3.402823466e38f, sum = 0;
    for (unsigned column = threadIdx.x; column < columns; column += THREADS) greatest = fmaxf(greatest, row[column]);
    greatest = over_block(greatest, false);
    for (unsigned column = threadIdx.x; column < columns; column += THREADS) sum += expf(row[column] - greatest);
    float share = 1.0f / over_block(sum, true);
    for (unsigned column = threadIdx.x; column < columns; column += THREADS)
        result[column] = expf(row[column] - greatest) * share;
}
