// Inclusive prefix sums of unsigned integers, modulo 2^32: each work group scans 1024 elements, one group scans the sums of
// all groups, and then each group adds what came before it.
//
// A work group has 256 items.

// The exclusive prefix sum over the group's values; `*total` is their sum, in all items.
uint before_in_group(local uint *sums, uint value, uint *total) {
    uint item = get_local_id(0), sum = value;
    sums[item] = sum;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint distance = 1; distance < 256; distance *= 2) {
        uint other = item >= distance ? sums[item - distance] : 0;
        barrier(CLK_LOCAL_MEM_FENCE);
        sum += other;
        sums[item] = sum;
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    *total = sums[255];
    barrier(CLK_LOCAL_MEM_FENCE);
    return sum - value;
}

kernel void scan_blocks(global const uint *x, global uint *y, global uint *sums, uint count) {
    local uint shared_sums[256];
    uint first = get_group_id(0) * 1024 + get_local_id(0) * 4, values[4], sum = 0, total;
    for (uint i = 0; i < 4; i++) {
        sum += first + i < count ? x[first + i] : 0;
        values[i] = sum;
    }
    uint before = before_in_group(shared_sums, sum, &total);
    for (uint i = 0; i < 4; i++)
        if (first + i < count) y[first + i] = before + values[i];
    if (get_local_id(0) == 0) sums[get_group_id(0)] = total;
}

// One work group: what comes before each group, in place.
kernel void scan_sums(global uint *sums, uint count) {
    local uint shared_sums[256];
    uint carry = 0;
    for (uint start = 0; start < count; start += 256) {
        uint place = start + get_local_id(0), total;
        uint before = before_in_group(shared_sums, place < count ? sums[place] : 0, &total);
        if (place < count) sums[place] = carry + before;
        carry += total;
    }
}

kernel void scan_add(global uint *y, global const uint *sums, uint count) {
    uint first = get_group_id(0) * 1024 + get_local_id(0) * 4, before = sums[get_group_id(0)];
    for (uint i = 0; i < 4; i++)
        if (first + i < count) y[first + i] += before;
}
