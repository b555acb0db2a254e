// c := a ∘ b for six operations: 0 add, 1 subtract, 2 multiply, 3 divide, 4 the smaller, 5 the greater.
kernel void elementwise(int operation, global const float *a, global const float *b, global float *c, uint count) {
    uint place = get_global_id(0);
    if (place >= count) return;
    float x = a[place], y = b[place];
    switch (operation) {
    case 0: c[place] = x + y; break;
    case 1: c[place] = x - y; break;
    case 2: c[place] = x * y; break;
    case 3: c[place] = x / y; break;
    case 4: c[place] = fmin(x, y); break;
    default: c[place] = fmax(x, y); break;
    }
}
