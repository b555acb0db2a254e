// What kernels print is bounded, and nothing of it is lost in the middle. Prints a line, then far too much.
#include "checks.h"

__global__ void once() {
    if (threadIdx.x == 3) printf("thread %d says %s %.2f\n", int(threadIdx.x), "hello", 1.5);
}

__global__ void flood() {
    for (int i = 0; i < 200; i++) printf("0123456789012345678901234567890123456789012345678901234567890\n");
}

int main() {
    CHECK(run(once, dim3(1), dim3(32), 0) == 0);
    CHECK(weft::emulation::report.printedBytes == strlen("thread 3 says hello 1.50\n"));
    CHECK(run(flood, dim3(10), dim3(100), 0) == 0);
    CHECK(weft::emulation::report.printedBytes == 1 << 20);
    CHECK(weft::emulation::report.droppedBytes > 11000000);
    CHECK(run(once, dim3(1), dim3(32), 0) == 0);
    CHECK(weft::emulation::report.droppedBytes == 0);
    return end();
}
