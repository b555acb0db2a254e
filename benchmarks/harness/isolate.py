"""A world of its own for every run.

As root: own network, process, host name and mount namespaces. Only the loopback interface is there, so that a server
is on it whatever it binds, ports cannot collide, and nothing outlives the run. As an ordinary user: the run shares the
machine's loopback, uses free ports, and is ended with all its descendants.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping

_UNSHARE = ("unshare", "--net", "--pid", "--fork", "--uts", "--mount-proc", "--kill-child")
_INSIDE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "inside.py")
_KEPT_VARIABLES = ("LD_LIBRARY_PATH", "LANG", "LC_ALL", "TZ")


def can_isolate() -> bool:
    """Whether namespaces can be had here."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        return False
    try:
        return subprocess.run(wrap(["true"]), capture_output=True, timeout=30, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def wrap(command: list[str]) -> list[str]:
    """The command in namespaces of its own."""
    return [*_UNSHARE, sys.executable, _INSIDE, *command]


def make_scratch(parent: str) -> str:
    """An empty folder for a run. Open to all, as a task may run as another user; with a short path, as sockets in it
    have names of 107 bytes at most."""
    folder = tempfile.mkdtemp(prefix="weftb-", dir=parent)
    os.chmod(folder, 0o755)
    return folder


def environment(scratch: str, tools: str, outer: Mapping[str, str]) -> dict[str, str]:
    """The variables of a run: the same for everyone, and no settings of the user's."""
    kept = {name: outer[name] for name in _KEPT_VARIABLES if name in outer}
    path = os.pathsep.join([tools, outer.get("PATH", "/usr/local/bin:/usr/bin:/bin")])
    own = {"PATH": path, "HOME": scratch, "TMPDIR": scratch, "PYTHONDONTWRITEBYTECODE": "1", "DO_NOT_TRACK": "1"}
    return {**kept, **own}
