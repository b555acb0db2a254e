// A layer of a convolutional network: y[o] := sum over channels c of x[c] * w[o][c], filters of 3 x 3, zeros beyond the edges.
// x has `channels` planes of height x width, y `filters` of them.
//
// A block has 16 x 16 threads, one for each pixel of a tile, and makes four filters' planes of it; blockIdx.z counts filters
// by fours.
extern "C" __global__ void convolution(const float *x, const float *w, float *y, unsigned channels, unsigned filters,
                                       unsigned height, unsigned width) {
    __shared__ float tile[18][18];
    __shared__ float weights[4][9];
    unsigned left = blockIdx.x * 16, top = blockIdx.y * 16, filter = blockIdx.z * 4;
    unsigned thread = threadIdx.y * 16 + threadIdx.x;
    float sums[4] = {0, 0, 0, 0};
    for (unsigned channel = 0; channel < channels; channel++) {
        for (unsigned element = thread; element < 18 * 18; element += 256) {
            // Before the first row and column these are greater than any size.
            unsigned row = top + element / 18 - 1, column = left + element % 18 - 1;
            bool is_inside = row < height && column < width;
            tile[element / 18][element % 18] = is_inside ? x[((size_t)channel * height + row) * width + column] : 0.0f;
        }
        if (thread < 36) {
            unsigned own = filter + thread / 9;
            weights[thread / 9][thread % 9] = own < filters ? w[((size_t)own * channels + channel) * 9 + thread % 9] : 0.0f;
        }
        __syncthreads();
        for (unsigned row = 0; row < 3; row++)
            for (unsigned column = 0; column < 3; column++) {
                float value = tile[threadIdx.y + row][threadIdx.x + column];
                for (unsigned i = 0; i < 4; i++) sums[i] += value * weights[i][row * 3 + column];
            }
        __syncthreads();
    }
    unsigned row = top + threadIdx.y, column = left + threadIdx.x;
    if (row >= height || column >= width) return;
    for (unsigned i = 0; i < 4 && filter + i < filters; i++)
        y[((size_t)(filter + i) * height + row) * width + column] = sums[i];
}
