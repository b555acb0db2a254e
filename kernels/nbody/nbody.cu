// One step of bodies that attract each other: velocities by the forces at the step's beginning, positions by the new velocities.
// A position has x, y, z and the body's mass; `softening` is the square of the distance below which forces grow no more.
//
// A block has 256 threads, one for each body, and reads all others by tiles of 256.
extern "C" __global__ void nbody_step(const float4 *positions, float4 *moved, float4 *velocities, unsigned count, float step,
                                      float softening) {
    __shared__ float4 tile[256];
    unsigned body = blockIdx.x * 256 + threadIdx.x;
    float4 own = body < count ? positions[body] : make_float4(0, 0, 0, 0);
    float x = 0, y = 0, z = 0;
    for (unsigned start = 0; start < count; start += 256) {
        unsigned other = start + threadIdx.x;
        tile[threadIdx.x] = other < count ? positions[other] : make_float4(0, 0, 0, 0);
        __syncthreads();
#pragma unroll 8
        for (unsigned i = 0; i < 256; i++) {
            float dx = tile[i].x - own.x, dy = tile[i].y - own.y, dz = tile[i].z - own.z;
            float inverse = rsqrtf(dx * dx + dy * dy + dz * dz + softening);
            float force = tile[i].w * inverse * inverse * inverse;
            x += force * dx, y += force * dy, z += force * dz;
        }
        __syncthreads();
    }
    if (body >= count) return;
    float4 velocity = velocities[body];
    velocity.x += step * x, velocity.y += step * y, velocity.z += step * z;
    velocities[body] = velocity;
    moved[body] = make_float4(own.x + step * velocity.x, own.y + step * velocity.y, own.z + step * velocity.z, own.w);
}
