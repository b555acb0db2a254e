// y := exp(x - max) / sum of exp(x - max), for each row. One work group of 256 items for each row.
#define ITEMS 256

float over_group(local float *parts, float value, bool is_sum) {
    uint item = get_local_id(0);
    parts[item] = value;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint half_count = ITEMS / 2; half_count > 0; half_count /= 2) {
        if (item < half_count) {
            float other = parts[item + half_count];
            parts[item] = is_sum ? parts[item] + other : fmax(parts[item], other);
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    value = parts[0];
    barrier(CLK_LOCAL_MEM_FENCE);
    return value;
}

kernel void softmax(global const float *x, global float *y, uint columns) {
    local float parts[ITEMS];
    global const float *row = x + (size_t)get_group_id(0) * columns;
    global float *result = y + (size_t)get_group_id(0) * columns;
    float greatest = -3.402823466e38f, sum = 0;
    for (uint column = get_local_id(0); column < columns; column += ITEMS) greatest = fmax(greatest, row[column]);
    greatest = over_group(parts, greatest, false);
    for (uint column = get_local_id(0); column < columns; column += ITEMS) sum += exp(row[column] - greatest);
    float share = 1.0f / over_group(parts, sum, true);
    for (uint column = get_local_id(0); column < columns; column += ITEMS)
        result[column] = exp(row[column] - greatest) * share;
}
