#define _GNU_SOURCE
#include "output.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOTES_MAX 16
#define NOTE_BYTES 256

static bool needs_comma;
static char notes[NOTES_MAX][NOTE_BYTES];
static unsigned note_count;

static void quote(const char *text) {
    putchar('"');
    for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
        // Texts come from drivers: what is no plain ASCII might be half a character.
        if (*at < 32 || *at > 126) putchar('?');
        else if (*at == '"' || *at == '\\') printf("\\%c", *at);
        else putchar(*at);
    }
    putchar('"');
}

static void begin_value(const char *name) {
    if (needs_comma) putchar(',');
    if (name) {
        quote(name);
        putchar(':');
    }
    needs_comma = true;
}

void begin_object(const char *name) {
    begin_value(name);
    putchar('{');
    needs_comma = false;
}

void end_object(void) {
    putchar('}');
    needs_comma = true;
}

void begin_list(const char *name) {
    begin_value(name);
    putchar('[');
    needs_comma = false;
}

void end_list(void) {
    putchar(']');
    needs_comma = true;
}

void put_text(const char *name, const char *text) {
    if (!text || !*text) return;
    begin_value(name);
    quote(text);
}

void put_integer(const char *name, int64_t value) {
    if (value <= 0) return;
    begin_value(name);
    printf("%lld", (long long)value);
}

void put_number(const char *name, double value) {
    if (!isfinite(value) || value < 0) return;
    begin_value(name);
    printf("%.3f", value);
}

void put_flag(const char *name, bool value) {
    begin_value(name);
    fputs(value ? "true" : "false", stdout);
}

void note(const char *format, ...) {
    if (note_count == NOTES_MAX) return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(notes[note_count++], NOTE_BYTES, format, arguments);
    va_end(arguments);
}

void put_notes(void) {
    if (!note_count) return;
    begin_list("notes");
    for (unsigned index = 0; index < note_count; index++) put_text(NULL, notes[index]);
    end_list();
}

_Noreturn void finish(void) {
    putchar('\n');
    fflush(stdout);
    // Libraries of GPUs have threads and handlers of their own: nobody waits for them.
    _Exit(0);
}

_Noreturn void finish_without(const char *state, const char *format, ...) {
    char reason[NOTE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    begin_object(NULL);
    put_text("state", state);
    put_text("reason", reason);
    end_object();
    finish();
}
