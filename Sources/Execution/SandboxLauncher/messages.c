// Messages in and out, for the launcher and for cells.
#if defined(__linux__)
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "launcher.h"

uint64_t now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

void close_if_open(int fd) {
    if (fd >= 0) close(fd);
}

bool receive_message(int socket, int flags, struct incoming *incoming) {
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int) * 8)];
    } control;
    struct iovec parts[2] = {
        {.iov_base = &incoming->request, .iov_len = sizeof incoming->request},
        {.iov_base = incoming->spec, .iov_len = sizeof incoming->spec},
    };
    struct msghdr message = {
        .msg_iov = parts, .msg_iovlen = 2, .msg_control = &control, .msg_controllen = sizeof control,
    };
    ssize_t count;
    do count = recvmsg(socket, &message, flags | MSG_CMSG_CLOEXEC);
    while (count < 0 && errno == EINTR);
    incoming->fd_count = 0;
    if (count <= 0) return false;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        size_t received = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t index = 0; index < received; index++) {
            int fd;
            memcpy(&fd, CMSG_DATA(header) + index * sizeof fd, sizeof fd);
            if (incoming->fd_count < 4) incoming->fds[incoming->fd_count++] = fd;
            else close(fd);
        }
    }
    size_t header_bytes = sizeof incoming->request;
    bool whole = (size_t)count >= header_bytes && !(message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) &&
                 incoming->request.magic == PROTOCOL_MAGIC;
    incoming->spec_bytes = whole ? (size_t)count - header_bytes : 0;
    return whole;
}

bool read_incoming_spec(const struct incoming *incoming, int expected_fds, struct spec *spec, struct failure *failure) {
    bool in_file = !incoming->spec_bytes;
    if (incoming->fd_count != expected_fds + in_file) {
        errno = EBADMSG;
        return failed(failure, "request", "came with %d descriptors", incoming->fd_count);
    }
    if (in_file) return spec_read_file(incoming->fds[expected_fds], spec, failure);
    return spec_read(incoming->spec, incoming->spec_bytes, spec, failure);
}

void close_incoming(const struct incoming *incoming) {
    for (int index = 0; index < incoming->fd_count; index++) close(incoming->fds[index]);
}

bool send_reply(int socket, const struct reply *reply) {
    while (send(socket, reply, sizeof *reply, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
        if (errno == EINTR) continue;
        struct pollfd writable = {.fd = socket, .events = POLLOUT};
        if (errno != EAGAIN || poll(&writable, 1, 10000) <= 0) return false;
    }
    return true;
}

bool send_failure(int socket, uint64_t id, const struct failure *failure) {
    struct reply reply = {.magic = PROTOCOL_MAGIC, .kind = REPLY_ERROR, .id = id, .a = failure->error};
    memcpy(reply.step, failure->step, sizeof reply.step);
    memcpy(reply.text, failure->text, sizeof reply.text);
    return send_reply(socket, &reply);
}
#endif
