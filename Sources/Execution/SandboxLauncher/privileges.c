// Giving up root, capabilities and everything that could bring them back.
#if defined(__linux__)
#define _GNU_SOURCE
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "launcher.h"

/// Lowers a limit, hard and soft. A value above the hard limit leaves that one as it is: raising needs a privilege.
static bool lower(int resource, const char *name, rlim_t value, struct failure *failure) {
    struct rlimit limit;
    if (getrlimit((__rlimit_resource_t)resource, &limit)) return failed(failure, "rlimit", "cannot read %s", name);
    if (limit.rlim_max == RLIM_INFINITY || value < limit.rlim_max) limit.rlim_max = value;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit((__rlimit_resource_t)resource, &limit)) return failed(failure, "rlimit", "cannot lower %s", name);
    return true;
}

static bool lower_limits(const struct spec *spec, struct failure *failure) {
    const uint64_t *settings = spec->settings;
    if (!lower(RLIMIT_CORE, "core", 0, failure)) return false;
    if (settings[SETTING_FILE_SIZE_BYTES] && !lower(RLIMIT_FSIZE, "fsize", settings[SETTING_FILE_SIZE_BYTES], failure))
        return false;
    if (settings[SETTING_OPEN_FILES] && !lower(RLIMIT_NOFILE, "nofile", settings[SETTING_OPEN_FILES], failure))
        return false;
    if (settings[SETTING_PROCESSES] && !lower(RLIMIT_NPROC, "nproc", settings[SETTING_PROCESSES], failure))
        return false;
    return true;
}

static bool set_capabilities(uint64_t kept, struct failure *failure) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{0}};
    for (int half = 0; half < 2; half++) data[half].effective = data[half].permitted = (uint32_t)(kept >> (32 * half));
    if (syscall(SYS_capset, &header, data)) return failed(failure, "capabilities", "cannot give them up");
    return true;
}

bool reduce_privileges(const struct spec *spec, struct failure *failure) {
    if (!lower_limits(spec, failure)) return false;
    // Beyond the last capability the kernel answers EINVAL, which ends the loop.
    for (int capability = 0; capability < 64; capability++)
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)) {
            if (errno == EINVAL && capability > 0) break;
            return failed(failure, "capabilities", "cannot drop %d from the bounding set", capability);
        }
    unsigned long locked = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE |
                           SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;
    if (prctl(PR_SET_SECUREBITS, locked, 0, 0, 0)) return failed(failure, "capabilities", "cannot lock securebits");
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0))
        return failed(failure, "capabilities", "cannot clear the ambient set");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) return failed(failure, "no new privileges", "prctl");
    // Mounts; changing user; giving pipes to the task's user; ending it; finding directories that are its user's alone.
    return set_capabilities(1ull << CAP_SYS_ADMIN | 1ull << CAP_SETUID | 1ull << CAP_SETGID | 1ull << CAP_CHOWN |
                                1ull << CAP_KILL | 1ull << CAP_DAC_READ_SEARCH,
                            failure);
}

bool give_up_privileges(const struct spec *spec, struct failure *failure) {
    uid_t uid = (uid_t)spec->settings[SETTING_UID];
    gid_t gid = (gid_t)spec->settings[SETTING_GID];
    // In a user namespace of an ordinary user, setgroups is denied, and the groups are the user's own anyway.
    if (!spec->settings[SETTING_USER_NAMESPACE] && setgroups(0, NULL)) return failed(failure, "groups", "setgroups");
    // System calls, not the C library's functions: those may want to tell threads that this process does not have.
    if (syscall(SYS_setresgid, gid, gid, gid)) return failed(failure, "group", "setresgid to %u", gid);
    if (syscall(SYS_setresuid, uid, uid, uid)) return failed(failure, "user", "setresuid to %u", uid);
    return set_capabilities(0, failure);
}
#endif
