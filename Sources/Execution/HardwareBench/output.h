// What weft-hardware says: one JSON object on standard output, on one line.
#ifndef WEFT_HARDWARE_OUTPUT_H
#define WEFT_HARDWARE_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

void begin_object(const char *name);
void end_object(void);
void begin_list(const char *name);
void end_list(void);

/// `name` is NULL inside a list. A text that is NULL or empty, and a number that was not measured, are left out.
void put_text(const char *name, const char *text);
void put_integer(const char *name, int64_t value);
void put_number(const char *name, double value);
void put_flag(const char *name, bool value);

/// Something that could not be measured, and why. Kept until `put_notes`.
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void put_notes(void);

/// Ends the line and the program.
_Noreturn void finish(void);

/// The object `{"state": state, "reason": …}`, and the end of the program.
_Noreturn void finish_without(const char *state, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
