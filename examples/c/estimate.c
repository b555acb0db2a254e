// Estimates π with random points. In deterministic mode the points come from the job's seed, so that replicas agree.
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static double coordinate(void) {
    unsigned int number;
    if (getentropy(&number, sizeof number)) exit(1);
    return number / 4294967296.0;
}

int main(int count, char **arguments) {
    long points = count > 1 ? atol(arguments[1]) : 100000, inside = 0;
    for (long index = 0; index < points; index++) {
        double x = coordinate(), y = coordinate();
        inside += x * x + y * y < 1;
    }
    printf("%.6f\n", 4.0 * (double)inside / (double)points);
    FILE *file = fopen("estimate.txt", "w");
    if (!file) return 1;
    fprintf(file, "points %ld inside %ld\n", points, inside);
    return fclose(file) != 0;
}
