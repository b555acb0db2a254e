// One step of bodies that attract each other: velocities by the forces at the step's beginning, positions by the new velocities.
// A position has x, y, z and the body's mass; `softening` is the square of the distance below which forces grow no more.
//
// A work group has 256 items, one for each body, and reads all others by tiles of 256.
kernel void nbody_step(global const float4 *positions, global float4 *moved, global float4 *velocities, uint count,
                       float step, float softening) {
    local float4 tile[256];
    uint body = get_global_id(0);
    float4 own = body < count ? positions[body] : (float4)(0);
    float x = 0, y = 0, z = 0;
    for (uint start = 0; start < count; start += 256) {
        uint other = start + get_local_id(0);
        tile[get_local_id(0)] = other < count ? positions[other] : (float4)(0);
        barrier(CLK_LOCAL_MEM_FENCE);
        for (uint i = 0; i < 256; i++) {
            float4 far = tile[i];
            float dx = far.x - own.x, dy = far.y - own.y, dz = far.z - own.z;
            float inverse = rsqrt(dx * dx + dy * dy + dz * dz + softening);
            float force = far.w * inverse * inverse * inverse;
            x += force * dx, y += force * dy, z += force * dz;
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    if (body >= count) return;
    float4 velocity = velocities[body];
    velocity.x += step * x, velocity.y += step * y, velocity.z += step * z;
    velocities[body] = velocity;
    moved[body] = (float4)(own.x + step * velocity.x, own.y + step * velocity.y, own.z + step * velocity.z, own.w);
}
