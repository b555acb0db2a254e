// A tile of a picture whose light is followed backwards from the eye, with random numbers that depend on the pixel and the seed
// alone: red, green and blue as floats. Multiplications and additions are not joined and roots are exact, so that the paths are
// the same on all devices. One work item for each pixel.
#pragma OPENCL FP_CONTRACT OFF

float times(float a, float b) { return a * b; }
float plus(float a, float b) { return a + b; }
float minus(float a, float b) { return a - b; }

struct sphere {
    float x, y, z, radius;
    /// Red, green and blue of what it throws back or, for a lamp, gives.
    float red, green, blue;
    /// 0 throws light anywhere, 1 is a mirror, 2 is a lamp.
    int kind;
};

#define SPHERES 5
constant struct sphere spheres[SPHERES] = {
    {0.0f, 0.0f, -1.0f, 0.5f, 0.8f, 0.3f, 0.2f, 0},  {-1.05f, 0.0f, -1.1f, 0.5f, 0.9f, 0.9f, 0.9f, 1},
    {1.05f, 0.0f, -0.9f, 0.5f, 0.2f, 0.4f, 0.8f, 0}, {0.45f, -0.35f, -0.35f, 0.15f, 0.9f, 0.8f, 0.3f, 1},
    {0.2f, 1.6f, -0.6f, 0.4f, 6.0f, 5.5f, 5.0f, 2},
};

uint next_random(uint *state) {
    // PCG-RXS-M-XS-32 (O'Neill, "PCG: A Family of Simple Fast Space-Efficient Statistically Good Algorithms", section 6.3.4).
    uint old = *state;
    *state = old * 747796405u + 2891336453u;
    uint word = ((old >> ((old >> 28) + 4u)) ^ old) * 277803737u;
    return (word >> 22) ^ word;
}

/// From 0 to 1, without 1.
float next_number(uint *state) { return times((float)(next_random(state) >> 8), 5.9604644775390625e-8f); }

float dot_product(float3 a, float3 b) { return plus(plus(times(a.x, b.x), times(a.y, b.y)), times(a.z, b.z)); }

float3 moved(float3 from, float3 direction, float by) {
    return (float3)(plus(from.x, times(direction.x, by)), plus(from.y, times(direction.y, by)),
                    plus(from.z, times(direction.z, by)));
}

float3 of_length_one(float3 a) {
    float length = sqrt(dot_product(a, a));
    return (float3)(a.x / length, a.y / length, a.z / length);
}

/// Where a ray goes on from a surface that throws light anywhere: the normal and a random direction, added.
float3 scattered(float3 normal, uint *state) {
    for (int attempt = 0; attempt < 8; attempt++) {
        float x = minus(times(2.0f, next_number(state)), 1.0f), y = minus(times(2.0f, next_number(state)), 1.0f);
        float z = minus(times(2.0f, next_number(state)), 1.0f);
        float3 inside = (float3)(x, y, z);
        float square = dot_product(inside, inside);
        if (square > 1.0f || square < 0.001f) continue;
        float3 sum = moved(normal, of_length_one(inside), 1.0f);
        if (dot_product(sum, sum) > 0.001f) return of_length_one(sum);
    }
    return normal;
}

/// Red, green and blue of the light that comes along a ray.
float3 traced(float3 origin, float3 direction, uint *state) {
    float3 light = (float3)(0.0f, 0.0f, 0.0f), share = (float3)(1.0f, 1.0f, 1.0f);
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
            float3 from = (float3)(minus(origin.x, spheres[i].x), minus(origin.y, spheres[i].y),
                                  minus(origin.z, spheres[i].z));
            float along = dot_product(from, direction);
            float rest = minus(dot_product(from, from), times(spheres[i].radius, spheres[i].radius));
            float square = minus(times(along, along), rest);
            if (square <= 0.0f) continue;
            float root = sqrt(square), distance = minus(-along, root);
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
        float3 place = moved(origin, direction, nearest), normal = (float3)(0.0f, 1.0f, 0.0f);
        float3 colour = (float3)(0.75f, 0.75f, 0.75f);
        int kind = 0;
        if (hit < SPHERES) {
            normal = (float3)(minus(place.x, spheres[hit].x) / spheres[hit].radius,
                              minus(place.y, spheres[hit].y) / spheres[hit].radius,
                              minus(place.z, spheres[hit].z) / spheres[hit].radius);
            if (dot_product(normal, direction) > 0.0f) normal = (float3)(-normal.x, -normal.y, -normal.z);
            colour = (float3)(spheres[hit].red, spheres[hit].green, spheres[hit].blue);
            kind = spheres[hit].kind;
        } else if ((((int)floor(times(place.x, 2.0f)) + (int)floor(times(place.z, 2.0f))) & 1) != 0) {
            colour = (float3)(0.3f, 0.35f, 0.3f);
        }
        share = (float3)(times(share.x, colour.x), times(share.y, colour.y), times(share.z, colour.z));
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

kernel void path_tracer(global float *colours, uint picture_width, uint picture_height, uint left, uint top, uint width,
                        uint height, uint samples, uint seed) {
    uint column = get_global_id(0), row = get_global_id(1);
    if (column >= width || row >= height) return;
    uint pixel = (top + row) * picture_width + left + column;
    float aspect = (float)picture_width / (float)picture_height;
    float3 sum = (float3)(0.0f, 0.0f, 0.0f);
    for (uint sample = 0; sample < samples; sample++) {
        uint state = (pixel * 9781u + sample * 6271u) ^ seed;
        next_random(&state);
        float across = plus((float)(left + column), next_number(&state)) / (float)picture_width;
        float down = plus((float)(top + row), next_number(&state)) / (float)picture_height;
        float3 direction = (float3)(times(minus(times(2.0f, across), 1.0f), aspect), minus(0.9f, times(2.0f, down)), -1.6f);
        sum = moved(sum, traced((float3)(0.0f, 0.4f, 1.6f), of_length_one(direction), &state), 1.0f);
    }
    uint place = (row * width + column) * 3;
    colours[place] = sum.x / (float)samples;
    colours[place + 1] = sum.y / (float)samples;
    colours[place + 2] = sum.z / (float)samples;
}
