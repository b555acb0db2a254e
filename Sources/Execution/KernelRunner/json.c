// The probe's answer: one line of JSON, made of what libraries say of themselves.
#if defined(__linux__)
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>

#include "runner.h"

static bool needs_comma;

static void key_of(const char *key) {
    printf("%s\"%s\":", needs_comma ? "," : "", key);
    needs_comma = true;
}

/// Printable ASCII as it is, everything else as a question mark, so that no library can break the line.
void json_text(const char *key, const char *text) {
    if (!text || !*text) return;
    key_of(key);
    putchar('"');
    for (size_t count = 0; *text && count < 256; text++, count++) {
        unsigned char byte = (unsigned char)*text;
        if (byte == '"' || byte == '\\') putchar('\\');
        putchar(byte >= 0x20 && byte < 0x7f ? byte : '?');
    }
    putchar('"');
}

void json_number(const char *key, uint64_t value) {
    key_of(key);
    printf("%llu", (unsigned long long)value);
}

void json_bool(const char *key, bool value) {
    key_of(key);
    fputs(value ? "true" : "false", stdout);
}

void json_state(const char *backend, const char *state, const char *reason, const char *library, const char *driver) {
    putchar('{');
    json_text("backend", backend);
    json_text("state", state);
    json_text("reason", reason);
    json_text("library", library);
    json_text("driver", driver);
}

void json_devices(void) {
    key_of("devices");
    putchar('[');
    needs_comma = false;
}

void json_device(unsigned index) {
    printf("%s{", needs_comma ? "," : "");
    needs_comma = false;
    json_number("index", index);
}

void json_device_end(void) {
    putchar('}');
    needs_comma = true;
}

void json_end(void) { puts("]}"); }
#endif
