// Sorts pairs of unsigned keys and values by their keys, stably, by four bits in each of eight passes: every work group counts
// the digits of its 4096 keys, one group makes of all counts the places where each group's digits go, and every group puts its
// pairs there in their order.
//
// A work group has 256 items; each has 16 pairs that follow each other. `counts` has a row for each digit, with an element for
// each group.

// Exclusive prefix sums over the group's values, and their sum.
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

kernel void sort_count(global const uint *keys, global uint *counts, uint count, uint shift) {
    local uint digits[16];
    uint item = get_local_id(0);
    if (item < 16) digits[item] = 0;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint i = 0; i < 16; i++) {
        uint place = get_group_id(0) * 4096 + i * 256 + item;
        if (place < count) atomic_add(&digits[keys[place] >> shift & 15], 1u);
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    if (item < 16) counts[item * get_num_groups(0) + get_group_id(0)] = digits[item];
}

// One work group.
kernel void sort_places(global uint *counts, uint count) {
    local uint sums[256];
    uint carry = 0;
    for (uint start = 0; start < count; start += 256) {
        uint place = start + get_local_id(0), total;
        uint before = before_in_group(sums, place < count ? counts[place] : 0, &total);
        if (place < count) counts[place] = carry + before;
        carry += total;
    }
}

kernel void sort_move(global const uint *keys, global const uint *values, global uint *moved_keys,
                      global uint *moved_values, global const uint *places, uint count, uint shift) {
    // A row for each digit: how many of it each item has, then how many are in the items before it.
    local ushort digits[16][256];
    local uint sums[256], rows[16];
    uint item = get_local_id(0), first = get_group_id(0) * 4096 + item * 16;
    for (uint digit = 0; digit < 16; digit++) digits[digit][item] = 0;
    for (uint i = 0; i < 16; i++)
        if (first + i < count) digits[keys[first + i] >> shift & 15][item]++;
    barrier(CLK_LOCAL_MEM_FENCE);
    // Sixteen items for each row, sixteen elements for each item.
    uint row = item / 16, start = item % 16 * 16, sum = 0, total;
    for (uint i = 0; i < 16; i++) {
        uint own = digits[row][start + i];
        digits[row][start + i] = (ushort)sum;
        sum += own;
    }
    uint before = before_in_group(sums, sum, &total);
    if (item % 16 == 0) rows[row] = before;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint i = 0; i < 16; i++) digits[row][start + i] += (ushort)(before - rows[row]);
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint i = 0; i < 16 && first + i < count; i++) {
        uint key = keys[first + i], digit = key >> shift & 15;
        uint place = places[digit * get_num_groups(0) + get_group_id(0)] + digits[digit][item]++;
        moved_keys[place] = key;
        moved_values[place] = values[first + i];
    }
}
