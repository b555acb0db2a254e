// One of the log2(n) stages of Stockham's Fourier transform of n complex numbers, n a power of two: the results are in order
// without a reversal of bits. Stage s joins transforms of 2^s elements to those of twice as many. One thread for each pair.
extern "C" __global__ void fft_stage(const float2 *from, float2 *to, unsigned count, unsigned stage) {
    unsigned pair = blockIdx.x * blockDim.x + threadIdx.x, half = count / 2;
    if (pair >= half) return;
    unsigned length = 1u << stage, place = pair & (length - 1);
    float sine, cosine;
    sincospif(-(float)place / (float)length, &sine, &cosine);
    float2 even = from[pair], odd = from[pair + half];
    float2 turned = make_float2(odd.x * cosine - odd.y * sine, odd.x * sine + odd.y * cosine);
    unsigned target = ((pair - place) << 1) + place;
    to[target] = make_float2(even.x + turned.x, even.y + turned.y);
    to[target + length] = make_float2(even.x - turned.x, even.y - turned.y);
}
