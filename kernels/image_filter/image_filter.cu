// Blurs a picture of bytes by the weights 1 4 6 4 1 along both axes, rounded to nearest once: whole numbers, so that all devices
// agree to the last bit. Beyond the edges pixels are like the nearest inside. Channels of a pixel follow each other.
//
// A block has 16 x 16 threads and makes a tile of as many pixels of one channel; blockIdx.z is the channel.
extern "C" __global__ void image_filter(const unsigned char *picture, unsigned char *blurred, unsigned width, unsigned height, unsigned channels) {
    __shared__ unsigned short tile[20][20], across[20][16];
    int left = (int)blockIdx.x * 16, top = (int)blockIdx.y * 16;
    unsigned item = threadIdx.y * 16 + threadIdx.x, channel = blockIdx.z;
    for (unsigned element = item; element < 400; element += 256) {
        int row = min(max(top + (int)(element / 20) - 2, 0), (int)height - 1);
        int column = min(max(left + (int)(element % 20) - 2, 0), (int)width - 1);
        tile[element / 20][element % 20] = picture[((size_t)row * width + column) * channels + channel];
    }
    __syncthreads();
    for (unsigned element = item; element < 320; element += 256) {
        unsigned row = element / 16, column = element % 16;
        across[row][column] = (unsigned short)(tile[row][column] + 4 * tile[row][column + 1] + 6 * tile[row][column + 2] +
                                       4 * tile[row][column + 3] + tile[row][column + 4]);
    }
    __syncthreads();
    unsigned row = threadIdx.y, column = threadIdx.x;
    if (top + (int)row >= (int)height || left + (int)column >= (int)width) return;
    unsigned sum = across[row][column] + 4 * across[row + 1][column] + 6 * across[row + 2][column] +
               4 * across[row + 3][column] + across[row + 4][column];
    blurred[((size_t)(top + row) * width + left + column) * channels + channel] = (unsigned char)((sum + 128) / 256);
}
