"""Finding and ending processes, by /proc. Used by the harness and by the peers' scripts."""

import ctypes
import os
import signal
import time
from collections.abc import Iterable

_PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> bool:
    """Makes this process the parent of every descendant whose own parent ends, daemons included, so that
    `end_descendants` finds all that was ever started. False where the system cannot do that."""
    try:
        return bool(ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)
    except (OSError, AttributeError):
        return False


def stat_fields(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the third (state) on; empty when the process is gone.
    The second, the name, may contain anything, so the line is cut after its last parenthesis."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except OSError:
        return []


def all_processes() -> dict[int, list[str]]:
    """`stat_fields` of every process that can be seen."""
    found = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            fields = stat_fields(int(name))
            if fields:
                found[int(name)] = fields
    return found


def descendants_in(processes: dict[int, list[str]], root: int) -> list[int]:
    """The children of `root`, their children and so on; without `root`."""
    children: dict[int, list[int]] = {}
    for pid, fields in processes.items():
        children.setdefault(int(fields[1]), []).append(pid)
    found: list[int] = []
    frontier = [root]
    while frontier:
        for child in children.get(frontier.pop(), []):
            found.append(child)
            frontier.append(child)
    return found


def end_descendants(root: int = 0, limit_seconds: float = 10.0) -> bool:
    """Kills every descendant of `root` (default: this process) and waits until they are gone.
    False when some are still there after `limit_seconds`."""
    root = root or os.getpid()
    deadline = time.monotonic() + limit_seconds
    while True:
        _reap_children()
        left = [pid for pid, state in _states_of_descendants(root) if state != "Z"]
        if not left:
            return True
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            except PermissionError:  # a program with privileges of its own; nothing more can be done
                pass
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)


def resident_bytes(pids: Iterable[int]) -> int:
    """The resident memory of these processes together, now (VmRSS). A process that has ended counts nothing."""
    total = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:
                total += sum(int(line.split()[1]) * 1024 for line in file if line.startswith("VmRSS:"))
        except OSError:
            pass
    return total


def descendants_running(*programs: str) -> list[int]:
    """This process's descendants whose first argument ends in one of `programs`, such as `raylet/raylet`."""
    found = []
    for pid in descendants_in(all_processes(), os.getpid()):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                first = file.read().split(b"\0")[0].decode("utf-8", "replace")
        except OSError:
            continue
        if first.endswith(programs):
            found.append(pid)
    return found


def _states_of_descendants(root: int) -> list[tuple[int, str]]:
    processes = all_processes()
    return [(pid, processes[pid][0]) for pid in descendants_in(processes, root)]


def _reap_children() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass
