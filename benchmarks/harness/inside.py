"""The first process of a run's own namespaces: `inside.py COMMAND...`, started by `isolate.wrap`.

Brings the loopback interface up (no other is there), takes the name localhost, runs the command, buries whatever is
orphaned, and ends with the command's status. As it is process 1, everything that is still there then ends with it.
"""

import fcntl
import os
import socket
import struct
import subprocess
import sys

_SIOCGIFFLAGS = 0x8913
_SIOCSIFFLAGS = 0x8914
_IFF_UP = 1


def raise_loopback() -> None:
    """What `ip link set lo up` does."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(any_socket, _SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | _IFF_UP))


def main(command: list[str]) -> int:
    """The status of the command, 128 + N when a signal ended it."""
    raise_loopback()
    socket.sethostname("localhost")
    process = subprocess.Popen(command)
    while True:
        pid, status = os.wait()
        if pid == process.pid:
            return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


if __name__ == "__main__":
    code = main(sys.argv[1:])
    os._exit(code)
