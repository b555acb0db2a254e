"""Whether this machine is doing anything else."""

import os
import time
from dataclasses import dataclass

from . import processes

#: A run begins when others use less than this part of the machine's processor time for a second.
QUIET_SHARE = 0.10
#: A run during which others used more than this is called disturbed.
DISTURBED_SHARE = 0.10

_KERNEL_THREAD_PARENT = 2


@dataclass(frozen=True)
class MachineTime:
    """Clock ticks of all processors since the start of the machine, from the first line of /proc/stat."""

    total: int
    idle: int
    stolen: int

    @staticmethod
    def parse(line: str) -> "MachineTime":
        """user nice system idle iowait irq softirq steal (guest time is in user already)."""
        ticks = [int(word) for word in line.split()[1:9]]
        return MachineTime(sum(ticks), ticks[3] + ticks[4], ticks[7])

    @staticmethod
    def now() -> "MachineTime":
        """Read from /proc."""
        with open("/proc/stat", encoding="ascii") as file:
            return MachineTime.parse(file.readline())

    def busy_share_since(self, earlier: "MachineTime") -> float:
        """The part of the time that was not idle, 0 to 1."""
        return 1 - (self.idle - earlier.idle) / max(1, self.total - earlier.total)

    def stolen_share_since(self, earlier: "MachineTime") -> float:
        """The part that the hypervisor gave to other machines, 0 to 1."""
        return (self.stolen - earlier.stolen) / max(1, self.total - earlier.total)


def wait(limit_seconds: float) -> float:
    """Returns when the machine is quiet, or after the limit. Nothing of ours may run meanwhile. Returns the seconds
    waited; a quiet machine costs one. A limit of 0 asks for no wait at all."""
    begin = time.monotonic()
    while limit_seconds > 0:
        earlier = MachineTime.now()
        time.sleep(1)
        if MachineTime.now().busy_share_since(earlier) < QUIET_SHARE or time.monotonic() - begin >= limit_seconds:
            break
    return time.monotonic() - begin


class Watch:
    """What others use of the machine from its making to `shares`.

    The time of a process that ends goes over to its parent when that waits for it, so the sum over all processes that
    are not ours and their dead children tells the others' time, short-lived ones included. Kernel threads do not
    count: most of what they do is done for the run.
    """

    def __init__(self) -> None:
        self._begin = time.monotonic()
        self._machine = MachineTime.now()
        self._others = _ticks_of_others(processes.all_processes(), os.getpid())

    def shares(self) -> tuple[float, float]:
        """The others' and the hypervisor's share of this machine's processor time, 0 to 1."""
        used = _ticks_of_others(processes.all_processes(), os.getpid()) - self._others
        seconds = max(1e-3, time.monotonic() - self._begin)
        share = used / os.sysconf("SC_CLK_TCK") / seconds / (os.cpu_count() or 1)
        return min(1.0, max(0.0, share)), max(0.0, MachineTime.now().stolen_share_since(self._machine))


def _ticks_of_others(found: dict[int, list[str]], own: int) -> int:
    """utime, stime, cutime and cstime of all but `own`, its descendants and kernel threads."""
    ours = {own, *processes.descendants_in(found, own)}
    return sum(
        sum(int(ticks) for ticks in fields[11:15])
        for pid, fields in found.items()
        if pid not in ours and pid != _KERNEL_THREAD_PARENT and int(fields[1]) != _KERNEL_THREAD_PARENT)
