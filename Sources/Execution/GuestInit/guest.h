// What the parts of weft-guest share, and what it has in common with VM/GuestImage.swift and VM/GuestFrames.swift.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

enum {
    FRAME_BYTES_MAX = 32 << 10,
    LIST_MAX = 4096,
    PAYLOAD_USER = 65534,
    INODES_MAX = 16384,
    DEPTH_MAX = 64,
};

enum {
    FRAME_STARTED = 'S',       // nothing: the payload's program has taken over
    FRAME_NOT_EXECUTED = 'X',  // errno: it could not
    FRAME_OUTPUT = 'O',        // bytes
    FRAME_ERROR = 'R',         // bytes
    FRAME_USAGE = 'U',         // processes killed for want of memory, peak of memory in bytes, processor time in us
    FRAME_FILE = 'F',          // whether it is executable (1 byte), path
    FRAME_DATA = 'D',          // bytes of the file before
    FRAME_ENDED = 'E',         // whether by a signal (1 byte), status or signal (4 bytes): the last frame
    FRAME_TROUBLE = 'T',       // why the machine could not do its work, as text
};

#define ORDER_PATH "/weft/order"
#define INPUT_PATH "/weft/input"
#define FILES_FOLDER "/weft/files"
#define WORK_FOLDER "/work"
#define RUN_GROUP "/groups/run"

/// What is to be run, as the worker wrote it.
struct order {
    char *arguments[LIST_MAX + 1];
    char *environment[LIST_MAX + 1];
    char *modules[LIST_MAX + 1];
    size_t argument_count, environment_count, module_count;
    unsigned long long memory_bytes, process_count, disk_bytes, temporary_bytes;
    bool has_input;
};

bool read_order(struct order *order);
void send_frame(char kind, const void *bytes, size_t size);
/// Moves the payload's files to where it works, and gives them to it.
bool move_inputs(void);
/// Sends every regular file that changed at `since` or later.
void send_files(struct timespec since);
