// y := a x + y, in single precision. One work item for each element.
kernel void saxpy(float a, global const float *x, global float *y, uint count) {
    uint place = get_global_id(0);
    if (place < count) y[place] = a * x[place] + y[place];
}
