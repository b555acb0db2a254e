// Looks for numbers that, appended to 44 bytes, give a SHA-256 (FIPS 180-4) that begins with at least `zeros` zero bits, 32 at
// most: found[0] counts them, found[1] is the smallest; 2^32 - 1 if there is none. Words and numbers are big-endian in the
// message. One thread for each number.

__constant__ unsigned round_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
    0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
    0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
    0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
    0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
    0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

__device__ __forceinline__ unsigned turned(unsigned word, int bits) { return word >> bits | word << (32 - bits); }

extern "C" __global__ void sha256_search(const unsigned *prefix, unsigned *found, unsigned first, unsigned count, unsigned zeros) {
    unsigned place = blockIdx.x * blockDim.x + threadIdx.x;
    if (place >= count) return;
    unsigned nonce = first + place, words[16];
    for (int i = 0; i < 11; i++) words[i] = prefix[i];
    words[11] = nonce;
    words[12] = 0x80000000;
    words[13] = words[14] = 0;
    words[15] = 48 * 8;
    unsigned a = 0x6a09e667, b = 0xbb67ae85, c = 0x3c6ef372, d = 0xa54ff53a;
    unsigned e = 0x510e527f, f = 0x9b05688c, g = 0x1f83d9ab, h = 0x5be0cd19;
#pragma unroll
    for (int i = 0; i < 64; i++) {
        if (i >= 16) {
            unsigned w2 = words[(i + 14) % 16], w15 = words[(i + 1) % 16];
            words[i % 16] += (turned(w2, 17) ^ turned(w2, 19) ^ w2 >> 10) + words[(i + 9) % 16] +
                             (turned(w15, 7) ^ turned(w15, 18) ^ w15 >> 3);
        }
        unsigned one = h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + ((e & f) ^ (~e & g)) + round_constants[i] +
                   words[i % 16];
        unsigned two = (turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
        h = g, g = f, f = e, e = d + one, d = c, c = b, b = a, a = one + two;
    }
    // The first 32 bits of the digest are enough to look at.
    if (zeros > 0 && (a + 0x6a09e667) >> (32 - zeros) != 0) return;
    atomicAdd(&found[0], 1u);
    atomicMin(&found[1], nonce);
}
