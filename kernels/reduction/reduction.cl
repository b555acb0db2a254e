// The sum of all elements. First each work group adds up its share, four elements at a time, then one group the groups' sums.
// The order of additions depends on the sizes alone, so a device gives the same sum each time.
//
// A work group has 256 items.
void sum_of_group(local float *parts, float value) {
    uint item = get_local_id(0);
    parts[item] = value;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint half_count = 128; half_count > 0; half_count /= 2) {
        if (item < half_count) parts[item] += parts[item + half_count];
        barrier(CLK_LOCAL_MEM_FENCE);
    }
}

kernel void reduction_parts(global const float *x, global float *sums, uint count) {
    local float parts[256];
    uint fours = count / 4, stride = get_global_size(0);
    float4 sum = (float4)(0);
    for (uint place = get_global_id(0); place < fours; place += stride) sum += vload4(place, x);
    float value = (sum.x + sum.y) + (sum.z + sum.w);
    uint rest = 4 * fours + get_local_id(0);
    if (get_group_id(0) == 0 && rest < count) value += x[rest];
    sum_of_group(parts, value);
    if (get_local_id(0) == 0) sums[get_group_id(0)] = parts[0];
}

kernel void reduction_total(global const float *sums, global float *total, uint count) {
    local float parts[256];
    float value = 0;
    for (uint place = get_local_id(0); place < count; place += 256) value += sums[place];
    sum_of_group(parts, value);
    if (get_local_id(0) == 0) total[0] = parts[0];
}
