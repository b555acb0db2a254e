// Attention of one head after the other: O := softmax(Q K^T / 8) V for heads of 64 elements, without ever having the whole of
// Q K^T: of each row the greatest number and the sum of exponentials so far are kept, and what is there already is made smaller
// when a greater one comes (Milakov, Gimelshein, "Online normalizer calculation for softmax"). With `causal` not 0 a row
// looks at itself and earlier rows only.
//
// A work group has 64 items, one for each of 64 rows of Q; get_group_id(1) is the head. K and V come by tiles of 32 rows.
#define WIDTH 64
#define ROWS 32

kernel __attribute__((reqd_work_group_size(64, 1, 1))) void attention(global const float *q, global const float *k,
                                                                      global const float *v, global float *o, uint length,
                                                                      int causal) {
    local float keys[ROWS][WIDTH], values[ROWS][WIDTH];
    uint row = get_global_id(0);
    size_t head = (size_t)get_group_id(1) * length * WIDTH;
    float own[WIDTH], sums[WIDTH];
    for (int i = 0; i < WIDTH; i++) {
        own[i] = row < length ? q[head + (size_t)row * WIDTH + i] * 0.125f : 0.0f;
        sums[i] = 0;
    }
    float greatest = -3.402823466e38f, total = 0;
    // The last row of the group sees as far as any other does.
    uint end = causal ? min(length, ((uint)get_group_id(0) + 1) * 64) : length;
    for (uint start = 0; start < end; start += ROWS) {
        barrier(CLK_LOCAL_MEM_FENCE);
        for (uint element = get_local_id(0); element < ROWS * WIDTH; element += 64) {
            bool is_there = start + element / WIDTH < length;
            size_t place = head + (size_t)start * WIDTH + element;
            keys[element / WIDTH][element % WIDTH] = is_there ? k[place] : 0.0f;
            values[element / WIDTH][element % WIDTH] = is_there ? v[place] : 0.0f;
        }
        barrier(CLK_LOCAL_MEM_FENCE);
        for (uint other = 0; other < ROWS; other++) {
            if (start + other >= length || (causal && start + other > row)) break;
            float score = 0;
            for (int i = 0; i < WIDTH; i++) score += own[i] * keys[other][i];
            if (score > greatest) {
                float shrunk = exp(greatest - score);
                total *= shrunk;
                for (int i = 0; i < WIDTH; i++) sums[i] *= shrunk;
                greatest = score;
            }
            float weight = exp(score - greatest);
            total += weight;
            for (int i = 0; i < WIDTH; i++) sums[i] += weight * values[other][i];
        }
    }
    if (row >= length) return;
    float share = 1.0f / total;
    for (int i = 0; i < WIDTH; i++) o[head + (size_t)row * WIDTH + i] = sums[i] * share;
}
