// A layer of a convolutional network: y[o] := sum over channels c of x[c] * w[o][c], filters of 3 x 3, zeros beyond the edges.
// x has `channels` planes of height x width, y `filters` of them.
//
// A work group has 16 x 16 items, one for each pixel of a tile, and makes four filters' planes of it; get_group_id(2) counts
// filters by fours.
kernel void convolution(global const float *x, global const float *w, global float *y, uint channels, uint filters,
                        uint height, uint width) {
    local float tile[18][18];
    local float weights[4][9];
    uint left = get_group_id(0) * 16, top = get_group_id(1) * 16, filter = get_group_id(2) * 4;
    uint item = get_local_id(1) * 16 + get_local_id(0);
    float sums[4] = {0, 0, 0, 0};
    for (uint channel = 0; channel < channels; channel++) {
        for (uint element = item; element < 18 * 18; element += 256) {
            // Before the first row and column these are greater than any size.
            uint row = top + element / 18 - 1, column = left + element % 18 - 1;
            bool is_inside = row < height && column < width;
            tile[element / 18][element % 18] = is_inside ? x[((size_t)channel * height + row) * width + column] : 0.0f;
        }
        if (item < 36) {
            uint own = filter + item / 9;
            weights[item / 9][item % 9] = own < filters ? w[((size_t)own * channels + channel) * 9 + item % 9] : 0.0f;
        }
        barrier(CLK_LOCAL_MEM_FENCE);
        for (uint row = 0; row < 3; row++)
            for (uint column = 0; column < 3; column++) {
                float value = tile[get_local_id(1) + row][get_local_id(0) + column];
                for (uint i = 0; i < 4; i++) sums[i] += value * weights[i][row * 3 + column];
            }
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    uint row = top + get_local_id(1), column = left + get_local_id(0);
    if (row >= height || column >= width) return;
    for (uint i = 0; i < 4 && filter + i < filters; i++)
        y[((size_t)(filter + i) * height + row) * width + column] = sums[i];
}
