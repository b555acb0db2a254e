"""Which machine this is, and which versions ran on it."""

import os
import platform
import re
import shutil
import subprocess
from typing import Optional


def describe(scratch: str) -> dict[str, object]:
    """Processor, memory, system; without any name or address of the machine."""
    return {
        "processor": processor_model(_read("/proc/cpuinfo")),
        "processors": os.cpu_count(),
        "usable_processors": len(os.sched_getaffinity(0)),
        "memory_bytes": memory_bytes(_read("/proc/meminfo")),
        "kernel": platform.release(),
        "system": pretty_name(_read("/etc/os-release")),
        "architecture": platform.machine(),
        "virtual": "hypervisor" in _read("/proc/cpuinfo").partition("\n\n")[0].split(),
        "scratch_filesystem": filesystem_of(scratch, _read("/proc/mounts")),
    }


def processor_model(cpuinfo: str) -> str:
    """From /proc/cpuinfo; some architectures have no name there."""
    found = re.search(r"^(?:model name|Model|cpu model)\s*:\s*(.+)$", cpuinfo, re.MULTILINE)
    return found.group(1).strip() if found else f"unnamed {platform.machine()} processor"


def memory_bytes(meminfo: str) -> int:
    """From /proc/meminfo; 0 when it is not there."""
    found = re.search(r"^MemTotal:\s*(\d+) kB", meminfo, re.MULTILINE)
    return int(found.group(1)) * 1024 if found else 0


def pretty_name(os_release: str) -> str:
    """From /etc/os-release."""
    found = re.search(r'^PRETTY_NAME="?([^"\n]+)"?', os_release, re.MULTILINE)
    return found.group(1) if found else platform.system()


def filesystem_of(path: str, mounts: str) -> str:
    """The type of the file system that `path` lies on: of the longest mount point above it."""
    best, kind = "", "unknown"
    real = os.path.realpath(path)
    for line in mounts.splitlines():
        words = line.split()
        if len(words) < 3:
            continue
        point = words[1].rstrip("/")
        if (real + "/").startswith(point + "/") and len(point) >= len(best):
            best, kind = point, words[2]
    return kind


def weft_versions(repository: str) -> dict[str, str]:
    """The commit that the repository is at; `-dirty` when files differ from it."""
    commit = _git(repository, "rev-parse", "--short=12", "HEAD")
    if commit is None:
        return {}
    changed = _git(repository, "status", "--porcelain", "--untracked-files=no")
    return {"commit": commit + ("-dirty" if changed else "")}


def _git(repository: str, *arguments: str) -> Optional[str]:
    if shutil.which("git") is None:
        return None
    done = subprocess.run(
        ["git", "-C", repository, *arguments], capture_output=True, text=True, timeout=30, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
