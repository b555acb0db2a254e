// A unit for the emulation: what is around a source so that its kernels can be called by name.
#define _GNU_SOURCE
#include "emulated_unit.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMESPACE_BYTES = 256, NESTING_MAX = 256, SYMBOL_BYTES = NAMESPACE_BYTES + SHARED_NAME_BYTES + 16 };

struct names {
    char text[SHARED_NAMES_LIMIT][SYMBOL_BYTES];
    size_t count;
    bool overflows;
};

/// The namespaces that are open, as they stand in symbols (Itanium C++ ABI, section 5.1.4): "1a1b" within a::b.
struct scope {
    char names[NAMESPACE_BYTES];
    size_t length;
    /// How long `names` was before each brace.
    size_t before[NESTING_MAX];
    unsigned nesting;
    /// Whether `namespace` was said, and what came after it.
    bool is_named;
    /// Whether anything was `extern "C"`: within a namespace, some compilers then name what is in it as if it were outside.
    bool has_c;
    char next[NAMESPACE_BYTES];
    size_t next_length;
};

static void name_next(struct scope *scope, const char *name, int length) {
    if (scope->next_length + (size_t)length + 8 >= sizeof scope->next) return;
    scope->next_length += (size_t)sprintf(scope->next + scope->next_length, "%d%.*s", length, length, name);
}

static void enter(struct scope *scope) {
    if (scope->nesting < NESTING_MAX) {
        scope->before[scope->nesting] = scope->length;
        if (scope->is_named && scope->next_length == 0) name_next(scope, "_GLOBAL__N_1", 12);
        if (scope->is_named && scope->length + scope->next_length < sizeof scope->names) {
            memcpy(scope->names + scope->length, scope->next, scope->next_length);
            scope->length += scope->next_length;
        }
    }
    scope->nesting++;
}

static void leave(struct scope *scope) {
    if (scope->nesting == 0) return;
    if (--scope->nesting < NESTING_MAX) scope->length = scope->before[scope->nesting];
}

static void add_symbol(struct names *names, const char *symbol) {
    for (size_t i = 0; i < names->count; i++)
        if (!strcmp(names->text[i], symbol)) return;
    if (names->count == SHARED_NAMES_LIMIT) names->overflows = true;
    else strcpy(names->text[names->count++], symbol);
}

static void add(struct names *names, const struct scope *scope, const char *name, size_t length) {
    if (length == 0) return;
    if (length >= SHARED_NAME_BYTES) {
        names->overflows = true;
        return;
    }
    char symbol[SYMBOL_BYTES];
    snprintf(symbol, sizeof symbol, "%.*s", (int)length, name);
    if (scope->length == 0 || scope->has_c) add_symbol(names, symbol);
    if (scope->length == 0) return;
    snprintf(symbol, sizeof symbol, "_ZN%.*s%zu%.*sE", (int)scope->length, scope->names, length, (int)length, name);
    add_symbol(names, symbol);
}

static bool begins(const char *text, const char *with) { return !strncmp(text, with, strlen(with)); }

/// What follows a comment, a text or a character that starts at `text`; `text` itself where none does.
static const char *after_literal(const char *text) {
    if (begins(text, "//")) {
        while (*text && *text != '\n') text += *text == '\\' && text[1] ? 2 : 1;
        return text;
    }
    if (begins(text, "/*")) {
        const char *end = strstr(text + 2, "*/");
        return end ? end + 2 : text + strlen(text);
    }
    if (begins(text, "R\"")) {
        const char *open = strchr(text, '(');
        if (!open || open - text > 18) return text + 2;
        char end[24];
        snprintf(end, sizeof end, ")%.*s\"", (int)(open - text - 2), text + 2);
        const char *close = strstr(open, end);
        return close ? close + strlen(end) : text + strlen(text);
    }
    if (*text == '"' || *text == '\'') {
        char quote = *text++;
        while (*text && *text != quote && *text != '\n') text += *text == '\\' && text[1] ? 2 : 1;
        return *text == quote ? text + 1 : text;
    }
    return text;
}

static bool is_name(char character) { return isalnum((unsigned char)character) || character == '_'; }

/// The names of all arrays that are declared `extern __shared__`, which becomes `extern __thread`, as long with its spaces. Such a
/// variable has no initialiser anywhere. Of one that is `thread_local`, compilers must suppose one, and g++ 12 calls it in
/// templates whether it exists or not.
static void take_shared(char *text, struct names *names) {
    bool is_extern = false, is_shared = false, is_array = false;
    int depth = 0;
    struct scope scope = {.length = 0};
    const char *last = text;
    size_t length = 0;
    while (*text) {
        const char *after = after_literal(text);
        if (after != text) {
            if (is_extern && *text == '"') scope.has_c = true;
            text += after - text;
        } else if (is_name(*text)) {
            char *start = text;
            while (is_name(*text)) text++;
            size_t count = (size_t)(text - start);
            // Digits of numbers such as 1'000 would begin a character.
            if (isdigit((unsigned char)*start)) {
                while (*text == '\'' && is_name(text[1])) {
                    text++;
                    while (is_name(*text)) text++;
                }
                continue;
            }
            if (scope.is_named && !(count == 6 && begins(start, "inline"))) name_next(&scope, start, (int)count);
            if (count == 9 && begins(start, "namespace")) scope.is_named = true;
            if (count == 6 && begins(start, "extern")) is_extern = true;
            if (count == 10 && begins(start, "__shared__")) {
                is_shared = true;
                if (is_extern) memcpy(start, "__thread  ", count);
            }
            if (depth == 0) last = start, length = count;
        } else {
            if (*text == '(') depth++;
            if (*text == ')') depth--;
            if (*text == '[' && depth == 0 && is_extern && is_shared) {
                if (!is_array) add(names, &scope, last, length);
                is_array = true;
            }
            if (*text == ',') is_array = false;
            if (*text == ';' || *text == '{' || *text == '}') {
                if (*text == ';' && is_extern && is_shared && !is_array) add(names, &scope, last, length);
                if (*text == '{') enter(&scope);
                if (*text == '}') leave(&scope);
                is_extern = is_shared = is_array = scope.is_named = false;
                scope.next_length = 0;
                depth = 0;
            }
            text++;
        }
    }
}

static bool is_entry(const char *name) {
    if (!*name || isdigit((unsigned char)*name)) return false;
    for (; *name; name++)
        if (!is_name(*name) && !strchr("<>:, *", *name)) return false;
    return true;
}

char *emulated_unit(const char *source, const char *const *entries, size_t entry_count, const char **why) {
    *why = "there is no memory for it";
    for (size_t i = 0; i < entry_count; i++) {
        if (is_entry(entries[i])) continue;
        *why = "the name of an entry has letters, digits and _, and for templates < > : , * besides";
        return NULL;
    }
    struct names *names = calloc(1, sizeof *names);
    char *text = strdup(source);
    if (!names || !text) {
        free(names);
        free(text);
        return NULL;
    }
    take_shared(text, names);
    if (names->overflows) {
        free(names);
        free(text);
        *why = "it has more than 128 extern __shared__ arrays of different names (half as many in namespaces), or one with a "
               "name of over 127 bytes";
        return NULL;
    }
    char *unit = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&unit, &size);
    if (!file) {
        free(names);
        free(text);
        return NULL;
    }
    fprintf(file, "#include \"cuda_emulation.h\"\n#line 1 \"kernel.cu\"\n%s\n#line 1 \"weft_emulated_unit.cpp\"\n", text);
    free(text);
    if (names->count > 0) {
        fputs("WEFT_EMULATION_SHARED(", file);
        for (size_t i = 0; i < names->count; i++) fprintf(file, "WEFT_EMULATION_SHARED_NAME(\"%s\") ", names->text[i]);
        fputs(")\n", file);
    }
    fputs("extern \"C\" {\n"
          "int weft_emulated_launch(const char *entry, const unsigned grid[3], const unsigned block[3],\n"
          "                         unsigned long sharedBytes, void **arguments) {\n",
          file);
    for (size_t i = 0; i < entry_count; i++)
        fprintf(file, "    WEFT_EMULATION_LAUNCH((&::%s), \"%s\")\n", entries[i], entries[i]);
    fputs("    return weft::emulation::noEntry(entry);\n}\n"
          "int weft_emulated_parameters(const char *entry, unsigned long *sizes, unsigned capacity) {\n",
          file);
    for (size_t i = 0; i < entry_count; i++)
        fprintf(file, "    WEFT_EMULATION_PARAMETERS((&::%s), \"%s\")\n", entries[i], entries[i]);
    fputs("    return -1;\n}\n"
          "const char *weft_emulated_error(void) { return weft::emulation::report.text; }\n}\n",
          file);
    free(names);
    if (fclose(file) == 0) return unit;
    free(unit);
    return NULL;
}
