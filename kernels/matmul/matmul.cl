// C := A B in single precision: A has m rows of k elements, B k rows of n. Each work group makes a tile of 128 x 128 of C out
// of strips that are 16 deep.
//
// A work group has 256 items; each makes 8 x 8 elements: four rows and four columns, and their like 64 further on.
#define TILE 128
#define DEPTH 16

kernel __attribute__((reqd_work_group_size(256, 1, 1))) void matmul(global const float *a, global const float *b,
                                                                    global float *c, uint m, uint n, uint k) {
    local float rows[DEPTH][TILE + 4];
    local float columns[DEPTH][TILE];
    uint item = get_local_id(0), top = get_group_id(1) * TILE, left = get_group_id(0) * TILE;
    uint row = item / 16 * 4, column = item % 16 * 4;
    float4 sums[8][2];
    for (int i = 0; i < 8; i++) sums[i][0] = sums[i][1] = (float4)(0);

    for (uint start = 0; start < k; start += DEPTH) {
        for (uint element = item; element < TILE * DEPTH; element += 256) {
            uint y = top + element / DEPTH, x = start + element % DEPTH;
            rows[element % DEPTH][element / DEPTH] = y < m && x < k ? a[(size_t)y * k + x] : 0.0f;
            y = start + element / TILE, x = left + element % TILE;
            columns[element / TILE][element % TILE] = y < k && x < n ? b[(size_t)y * n + x] : 0.0f;
        }
        barrier(CLK_LOCAL_MEM_FENCE);
        for (uint depth = 0; depth < DEPTH; depth++) {
            float4 near = vload4(0, &columns[depth][column]), far = vload4(0, &columns[depth][column + 64]);
            for (int i = 0; i < 8; i++) {
                float own = rows[depth][row + i % 4 + i / 4 * 64];
                sums[i][0] += own * near;
                sums[i][1] += own * far;
            }
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    for (int i = 0; i < 8; i++) {
        uint y = top + row + i % 4 + i / 4 * 64;
        if (y >= m) continue;
        for (int part = 0; part < 2; part++) {
            float own[4];
            vstore4(sums[i][part], 0, own);
            for (int j = 0; j < 4; j++) {
                uint x = left + column + part * 64 + j;
                if (x < n) c[(size_t)y * n + x] = own[j];
            }
        }
    }
}
