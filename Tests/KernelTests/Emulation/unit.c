// Prints the unit of a source: unit SOURCE ENTRY...
#include <stdio.h>
#include <stdlib.h>

#include "emulated_unit.h"

int main(int count, char **arguments) {
    static char source[1 << 20];
    FILE *file = count > 1 ? fopen(arguments[1], "r") : NULL;
    if (!file) return 2;
    source[fread(source, 1, sizeof source - 1, file)] = 0;
    fclose(file);
    const char *why = NULL;
    char *unit = emulated_unit(source, (const char *const *)arguments + 2, (size_t)(count - 2), &why);
    if (!unit) {
        fprintf(stderr, "%s\n", why);
        return 1;
    }
    fputs(unit, stdout);
    free(unit);
    return 0;
}
