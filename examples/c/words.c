// How often each word occurs in text.txt, into words.txt: what words.sh does, for any processor and for WASI.
// Nothing here depends on the machine, so every build of it gives the same answer.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct word {
    char *text;
    unsigned long count;
};

static int by_text(const void *left, const void *right) {
    return strcmp(((const struct word *)left)->text, ((const struct word *)right)->text);
}

// The most frequent first, equally frequent ones by the alphabet.
static int by_count(const void *left, const void *right) {
    const struct word *a = left, *b = right;
    return a->count == b->count ? strcmp(a->text, b->text) : a->count < b->count ? 1 : -1;
}

static char *read_all(FILE *file) {
    size_t size = 0, room = 4096;
    char *text = malloc(room);
    while (text) {
        size += fread(text + size, 1, room - size - 1, file);
        if (size < room - 1) {
            text[size] = 0;
            return text;
        }
        text = realloc(text, room *= 2);
    }
    return NULL;
}

static int letter(char byte) { return byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte; }

int main(void) {
    FILE *file = fopen("text.txt", "r");
    char *text = file ? read_all(file) : NULL;
    struct word *words = text ? malloc((strlen(text) / 2 + 1) * sizeof *words) : NULL;
    if (!words) return 1;
    size_t total = 0, different = 0;
    for (char *next = text; *next;) {
        char *start = next;
        while ((*next = letter(*next)) >= 'a' && *next <= 'z') next++;
        if (*next) *next++ = 0;
        if (*start) words[total++] = (struct word){start, 1};
    }
    qsort(words, total, sizeof *words, by_text);
    for (size_t index = 0; index < total; index++) {
        if (different && !strcmp(words[different - 1].text, words[index].text)) words[different - 1].count++;
        else words[different++] = words[index];
    }
    qsort(words, different, sizeof *words, by_count);
    FILE *result = fopen("words.txt", "w");
    if (!result) return 1;
    for (size_t index = 0; index < different; index++)
        fprintf(result, "%7lu %s\n", words[index].count, words[index].text);
    printf("%zu words, %zu different\n", total, different);
    return fclose(result) != 0;
}
