// A tile of a picture whose light is followed backwards from the eye, with random numbers that depend on the pixel and the seed
// alone: red, green and blue as floats. Multiplications and additions are not joined and roots are exact, so that the paths are
// the same on all devices. One thread for each pixel.
#if defined(__HIP__) || defined(__HIPCC_RTC__)
#pragma clang fp contract(off)
#endif

__device__ __forceinline__ float times(float a, float b) { return __fmul_rn(a, b); }
__device__ __forceinline__ float plus(float a, float b) { return __fadd_rn(a, b); }
__device__ __forceinline__ float minus(float a, float b) { return __fsub_rn(a, b); }

struct sphere {
    float x, y, z, radius;
    /// Red, green and blue of what it throws back or, for a lamp, gives.
    float red, green, blue;
    /// 0 throws light anywhere, 1 is a mirror, 2 is a lamp.
    int kind;
};

#define SPHERES 5
__constant__ sphere spheres[SPHERES] = {
    {0.0f, 0.0f, -1.0f, 0.5f, 0.8f, 0.3f, 0.2f, 0},  {-1.05f, 0.0f, -1.1f, 0.5f, 0.9f, 0.9f, 0.9f, 1},
    {1.05f, 0.0f, -0.9f, 0.5f, 0.2f, 0.4f, 0.8f, 0}, {0.45f, -0.35f, -0.35f, 0.15f, 0.9f, 0.8f, 0.3f, 1},
    {0.2f, 1.6f, -0.6f, 0.4f, 6.0f, 5.5f, 5.0f, 2},
};

__device__ inline unsigned next_random(unsigned *state) {
    // PCG-RXS-M-XS-32 (O'Neill, "PCG: A Family of Simple Fast Space-Efficient Statistically Good Algorithms", section 6.3.4).
    unsigned old = *state;
    *state = old * 747796405u + 2891336453u;
    unsigned word = ((old >> ((old >> 28) + 4u)) ^ old) * 277803737u;
    return (word >> 22) ^ word;
}

/// From 0 to 1, without 1.
__device__ inline float next_number(unsigned *state) { return times((float)(next_random(state) >> 8), 5.9604644775390625e-8f); }

__device__ inline float dot_product(float3 a, float3 b) { return plus(plus(times(a.x, b.x), times(a.y, b.y)), times(a.z, b.z)); }

__device__ inline float3 moved(float3 from, float3 direction, float by) {
    return make_float3(plus(from.x, times(direction.x, by)), plus(from.y, times(direction.y, by)),
                       plus(from.z, times(direction.z, by)));
}

__device__ inline float3 of_length_one(float3 a) {
    float length = sqrtf(dot_product(a, a));
    return make_float3(a.x / length, a.y / length, a.z / length);
}

/// Where a ray goes on from a surface that throws light anywhere: the normal and a random direction, added.
__device__ inline float3 scattered(float3 normal, unsigned *state) {
    for (int attempt = 0; attempt < 8; attempt++) {
        float x = minus(times(2.0f, next_number(state)), 1.0f), y = minus(times(2.0f, next_number(state)), 1.0f);
        float z = minus(times(2.0f, next_number(state)), 1.0f);
        float3 inside = make_float3(x, y, z);
        float square = dot_product(inside, inside);
        if (square > 1.0f || square < 0.001f) continue;
        float3 sum = moved(normal, of_length_one(inside), 1.0f);
        if (dot_product(sum, sum) > 0.001f) return of_length_one(sum);
    }
    return normal;
}

/// Red, green and blue of the light that comes along a ray.
__device__ inline float3 traced(float3 origin, float3 direction, unsigned *state) {
    float3 light = make_float3(0.0f, 0.0f, 0.0f), share = make_float3(1.0f, 1.0f, 1.0f);
    for (int bounce = 0; bounce < 6; bounce++) {
        float nearest = 1e30f;
        int hit = -1;
        // The floor lies at y = -0.5, in squares of two colours.
        if (direction.y < -0.0001f) {
            float distance = minus(-0.5f, origin.y) / direction.y;
            if (distance > 0.001f) {
                nearest = distance;
                hit = SPHERES;
            }
        }
        for (int i = 0; i < SPHERES; i++) {
            float3 from = make_float3(minus(origin.x, spheres[i].x), minus(origin.y, spheres[i].y),
                                     minus(origin.z, spheres[i].z));
            float along = dot_product(from, direction);
            float rest = minus(dot_product(from, from), times(spheres[i].radius, spheres[i].radius));
            float square = minus(times(along, along), rest);
            if (square <= 0.0f) continue;
            float root = sqrtf(square), distance = minus(-along, root);
            if (distance <= 0.001f) distance = plus(-along, root);
            if (distance > 0.001f && distance < nearest) {
                nearest = distance;
                hit = i;
            }
        }
        if (hit < 0) {
            float height = plus(times(0.5f, direction.y), 0.5f), rest = minus(1.0f, height);
            light.x = plus(light.x, times(share.x, plus(rest, times(0.5f, height))));
            light.y = plus(light.y, times(share.y, plus(rest, times(0.7f, height))));
            light.z = plus(light.z, times(share.z, 1.0f));
            break;
        }
        float3 place = moved(origin, direction, nearest), normal = make_float3(0.0f, 1.0f, 0.0f);
        float3 colour = make_float3(0.75f, 0.75f, 0.75f);
        int kind = 0;
        if (hit < SPHERES) {
            normal = make_float3(minus(place.x, spheres[hit].x) / spheres[hit].radius,
                                 minus(place.y, spheres[hit].y) / spheres[hit].radius,
                                 minus(place.z, spheres[hit].z) / spheres[hit].radius);
            if (dot_product(normal, direction) > 0.0f) normal = make_float3(-normal.x, -normal.y, -normal.z);
            colour = make_float3(spheres[hit].red, spheres[hit].green, spheres[hit].blue);
            kind = spheres[hit].kind;
        } else if ((((int)floorf(times(place.x, 2.0f)) + (int)floorf(times(place.z, 2.0f))) & 1) != 0) {
            colour = make_float3(0.3f, 0.35f, 0.3f);
        }
        share = make_float3(times(share.x, colour.x), times(share.y, colour.y), times(share.z, colour.z));
        if (kind == 2) {
            light = moved(light, share, 1.0f);
            break;
        }
        origin = place;
        direction = kind == 1 ? of_length_one(moved(direction, normal, times(-2.0f, dot_product(direction, normal))))
                              : scattered(normal, state);
    }
    return light;
}

extern "C" __global__ void path_tracer(float *colours, unsigned picture_width, unsigned picture_height, unsigned left, unsigned top, unsigned width,
                                       unsigned height, unsigned samples, unsigned seed) {
    unsigned column = blockIdx.x * blockDim.x + threadIdx.x, row = blockIdx.y * blockDim.y + threadIdx.y;
    if (column >= width || row >= height) return;
    unsigned pixel = (top + row) * picture_width + left + column;
    float aspect = (float)picture_width / (float)picture_height;
    float3 sum = make_float3(0.0f, 0.0f, 0.0f);
    for (unsigned sample = 0; sample < samples; sample++) {
        unsigned state = (pixel * 9781u + sample * 6271u) ^ seed;
        next_random(&state);
        float across = plus((float)(left + column), next_number(&state)) / (float)picture_width;
        float down = plus((float)(top + row), next_number(&state)) / (float)picture_height;
        float3 direction = make_float3(times(minus(times(2.0f, across), 1.0f), aspect), minus(0.9f, times(2.0f, down)), -1.6f);
        sum = moved(sum, traced(make_float3(0.0f, 0.4f, 1.6f), of_length_one(direction), &state), 1.0f);
    }
    unsigned place = (row * width + column) * 3;
    colours[place] = sum.x / (float)samples;
    colours[place + 1] = sum.y / (float)samples;
    colours[place + 2] = sum.z / (float)samples;
}
