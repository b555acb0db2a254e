// Blurs a picture of bytes by the weights 1 4 6 4 1 along both axes, rounded to nearest once: whole numbers, so that all devices
// agree to the last bit. Beyond the edges pixels are like the nearest inside. Channels of a pixel follow each other.
//
// A work group has 16 x 16 items and makes a tile of as many pixels of one channel; get_group_id(2) is the channel.
kernel void image_filter(global const uchar *picture, global uchar *blurred, uint width, uint height, uint channels) {
    local ushort tile[20][20], across[20][16];
    int left = (int)get_group_id(0) * 16, top = (int)get_group_id(1) * 16;
    uint item = get_local_id(1) * 16 + get_local_id(0), channel = get_group_id(2);
    for (uint element = item; element < 400; element += 256) {
        int row = min(max(top + (int)(element / 20) - 2, 0), (int)height - 1);
        int column = min(max(left + (int)(element % 20) - 2, 0), (int)width - 1);
        tile[element / 20][element % 20] = picture[((size_t)row * width + column) * channels + channel];
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint element = item; element < 320; element += 256) {
        uint row = element / 16, column = element % 16;
        across[row][column] = (ushort)(tile[row][column] + 4 * tile[row][column + 1] + 6 * tile[row][column + 2] +
                                       4 * tile[row][column + 3] + tile[row][column + 4]);
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    uint row = get_local_id(1), column = get_local_id(0);
    if (top + (int)row >= (int)height || left + (int)column >= (int)width) return;
    uint sum = across[row][column] + 4 * across[row + 1][column] + 6 * across[row + 2][column] +
               4 * across[row + 3][column] + across[row + 4][column];
    blurred[((size_t)(top + row) * width + left + column) * channels + channel] = (uchar)((sum + 128) / 256);
}
