// One of the log2(n) stages of Stockham's Fourier transform of n complex numbers, n a power of two: the results are in order
// without a reversal of bits. Stage s joins transforms of 2^s elements to those of twice as many. One work item for each pair.
kernel void fft_stage(global const float2 *from, global float2 *to, uint count, uint stage) {
    uint pair = get_global_id(0), half_count = count / 2;
    if (pair >= half_count) return;
    uint length = 1u << stage, place = pair & (length - 1);
    float turn = -(float)place / (float)length, sine = sinpi(turn), cosine = cospi(turn);
    float2 even = from[pair], odd = from[pair + half_count];
    float2 turned = (float2)(odd.x * cosine - odd.y * sine, odd.x * sine + odd.y * cosine);
    uint target = ((pair - place) << 1) + place;
    to[target] = even + turned;
    to[target + length] = even - turned;
}
