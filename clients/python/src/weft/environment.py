"""What functions need on workers: the same Python, and the packages that are installed here, pinned by their bytes.

Payloads have no network, so nothing is installed on workers. What a function refers to goes along instead: the
distributions that are installed here, exactly these versions, with what they require, and modules of your own. Each is
one archive that is uploaded once and cached by workers under its digest. The standard library is the worker's.
"""

from __future__ import annotations

import ast
import importlib.machinery
import importlib.metadata
import importlib.util
import io
import marshal
import pickle
import platform
import re
import sys
import sysconfig
import threading
import zipfile
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any, Iterable, Iterator

import cloudpickle

from .errors import ConfigurationError

__all__ = ["Environment", "Package"]

#: All that goes along with one function.
LARGEST_BYTES = 512 << 20

#: In every task's archive, or part of this very package's machinery.
_ALWAYS_THERE = frozenset({"__main__", "__mp_main__", "cloudpickle", "weft_task", "builtins"})
_KEPT_METADATA = frozenset({"METADATA", "PKG-INFO", "entry_points.txt", "top_level.txt"})
_NATIVE = (".so", ".pyd", ".dylib")


def python_name() -> str:
    """What a worker's Python must be, for example ``cpython-3.11``: pickles of code need the same."""
    return f"{sys.implementation.name}-{sys.version_info[0]}.{sys.version_info[1]}"


@dataclass(frozen=True)
class Package:
    """One archive that goes along. ``digest`` is that of the archive's bytes; ``version`` is empty for your own
    modules.

    ``is_native``: it has machine code, so it needs a worker of this machine's kind. ``is_unpacked``: it has files
    other than modules, so it cannot be imported from the archive.
    """

    name: str
    version: str
    digest: str
    data: bytes
    is_native: bool
    is_unpacked: bool

    @property
    def path(self) -> str:
        """Where it lies in the working directory."""
        return f".weft/{'unpacked' if self.is_unpacked else 'packages'}/{self.name}.zip"


@dataclass(frozen=True)
class Environment:
    """What goes along with functions.

    ``packages``: names of distributions or modules that can be imported here, besides what functions refer to, for
    example what
    they import when they run. ``name==version`` also checks what is installed here. ``automatic`` False: nothing but
    ``packages``
    goes along, the rest is the worker's own. ``python`` is the command that workers start; its version must be this
    interpreter's (3.11 for 3.11.x), which each task checks. Should it not be, a ``python3.11`` beside it is used.
    """

    packages: tuple[str, ...] = ()
    automatic: bool = True
    python: str = "python3"

    def __init__(self, packages: Iterable[str] = (), *, automatic: bool = True, python: str = "python3") -> None:
        object.__setattr__(self, "packages", (packages,) if isinstance(packages, str) else tuple(packages))
        object.__setattr__(self, "automatic", automatic)
        object.__setattr__(self, "python", python)

    def resolve(self, modules: Iterable[str] = ()) -> tuple[Package, ...]:
        """The archives that go along with a function that refers to ``modules``.

        Raises ``ConfigurationError`` for a package that is not here, or not in that version.
        """
        names = frozenset(modules) if self.automatic else frozenset()
        return _resolve(frozenset(map(_stated, self.packages)), frozenset(name.partition(".")[0] for name in names))


def environment_digest(packages: Iterable[Package]) -> str:
    """One digest for a Python version and all that goes along."""
    lines = sorted(f"{package.name}=={package.version} {package.digest}" for package in packages)
    return "sha256:" + sha256("\n".join([python_name(), *lines]).encode()).hexdigest()


def machine() -> dict[str, str]:
    """What a job requires of a node for machine code that is built for this machine."""
    return {"os": platform.system().lower().replace("darwin", "macos"), "arch": platform.machine().lower()}


class Pickler(cloudpickle.CloudPickler):  # type: ignore[misc,unused-ignore]
    """Pickles, and notes the modules that are referred to and not pickled themselves."""

    def __init__(self, file: Any) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self.modules: set[str] = set()

    def reducer_override(self, obj: Any) -> Any:
        reduced = super().reducer_override(obj)
        if reduced is NotImplemented:
            module = obj.__name__ if isinstance(obj, ModuleType) else getattr(obj, "__module__", None)
            if isinstance(module, str):
                self.modules.add(module)
        return reduced


def pickled(value: Any) -> tuple[bytes, set[str]]:
    """The bytes, and the modules they refer to."""
    file = io.BytesIO()
    pickler = Pickler(file)
    pickler.dump(value)
    return file.getvalue(), pickler.modules


@lru_cache(maxsize=1)
def task_archive() -> bytes:
    """The archive that every task starts with: what runs calls, and cloudpickle."""
    folder = Path(__file__).parent / "_task"
    members: dict[str, bytes] = {"__main__.py": (folder / "__main__.py").read_bytes()}
    sources = {"weft_task.py": folder / "weft_task.py"}
    home = Path(cloudpickle.__file__).parent
    sources.update({f"cloudpickle/{path.name}": path for path in sorted(home.glob("*.py"))})
    for name, path in sources.items():
        source = path.read_bytes()
        members[name] = source
        code = marshal.dumps(compile(source, name, "exec", dont_inherit=True))
        members[name + "c"] = _compiled(code, source)
    return _archive(members)


# Finding what is needed


def _stated(requirement: str) -> str:
    """The name of a package, after checking its version."""
    match = re.fullmatch(r"\s*([A-Za-z0-9._-]+)\s*(?:==\s*([^\s;=]+))?\s*", requirement)
    if match is None:
        raise ConfigurationError(
            f"{requirement!r} cannot be pinned: what is installed here goes along, so say its name, or name==version"
        )
    name, version = match[1], match[2]
    if version is not None:
        try:
            installed = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            raise ConfigurationError(f"{name} is not installed here, so it cannot go along") from None
        if installed != version:
            raise ConfigurationError(f"{name} {installed} is installed here, not {version}")
    return name


@lru_cache(maxsize=64)
def _resolve(stated: frozenset[str], modules: frozenset[str]) -> tuple[Package, ...]:
    with _lock:
        found: dict[str, Package] = {}
        seen: set[str] = set()
        waiting: list[tuple[str, bool]] = [(name, True) for name in sorted(stated)]
        waiting += [(name, False) for name in sorted(modules)]
        while waiting:
            name, must = waiting.pop()
            if name in seen or name in _ALWAYS_THERE or _is_standard(name):
                continue
            seen.add(name)
            waiting += _add(name, found, must=must)
        packages = tuple(found[name] for name in sorted(found))
        size = sum(len(package.data) for package in packages)
        if size > LARGEST_BYTES:
            raise ConfigurationError(
                f"{size >> 20} MiB of packages would go along; {LARGEST_BYTES >> 20} MiB is the most"
            )
        return packages


_lock = threading.Lock()


def _add(name: str, found: dict[str, Package], *, must: bool) -> list[tuple[str, bool]]:
    """Adds what a module or distribution is of, and returns what that needs in turn."""
    distribution = _distributions().get(name) or _distributions_by_name().get(_normal(name))
    needs: list[tuple[str, bool]] = []
    if distribution is not None:
        title = distribution.metadata["Name"]
        if title != "weft":
            needs = [(required, False) for required in _requirements(distribution)]
        files = _files(distribution)
        if files:
            found[_normal(title)] = _package(_normal(title), distribution.version, files)
            return needs
    local = _local_files(name)
    if local:
        found[name] = _package(name, "", local)
        needs += [(imported, False) for imported in _imports(name, local)] if name != "weft" else []
    elif distribution is None and must:
        raise ConfigurationError(f"{name} can neither be imported here nor is it installed, so it cannot go along")
    return needs


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@lru_cache(maxsize=1)
def _distributions_by_name() -> dict[str, importlib.metadata.Distribution]:
    return {
        _normal(item.metadata["Name"]): item for item in importlib.metadata.distributions() if item.metadata["Name"]
    }


@lru_cache(maxsize=1)
def _distributions() -> dict[str, importlib.metadata.Distribution]:
    """Which distribution a module is of."""
    homes: dict[str, importlib.metadata.Distribution] = {}
    for distribution in _distributions_by_name().values():
        names = {path.parts[0].partition(".")[0] for path in distribution.files or () if path.suffix == ".py"}
        names |= {path.parts[0].partition(".")[0] for path in distribution.files or () if path.name.endswith(_NATIVE)}
        for name in names | set((distribution.read_text("top_level.txt") or "").split()):
            homes.setdefault(name, distribution)
    return homes


def _requirements(distribution: importlib.metadata.Distribution) -> Iterator[str]:
    """Names of what it requires and is here; extras are not required, and what other systems need is not here."""
    for text in distribution.requires or ():
        marker = text.partition(";")[2]
        match = re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", text)
        if match is not None and "extra" not in marker and _normal(match[0]) in _distributions_by_name():
            yield match[0]


def _files(distribution: importlib.metadata.Distribution) -> dict[str, Path]:
    """What a distribution has put in its place, by its name there; nothing for one that is developed in place."""
    files: dict[str, Path] = {}
    for entry in distribution.files or ():
        if entry.parts[0] in ("..", "/") or "__pycache__" in entry.parts or entry.suffix in (".pyc", ".pyi", ".pth"):
            continue
        if entry.parts[0].endswith((".dist-info", ".egg-info")) and entry.name not in _KEPT_METADATA:
            continue
        path = Path(str(distribution.locate_file(entry)))
        if path.is_file():
            files[entry.as_posix()] = path
    is_here = any(".dist-info/" not in name and not name.startswith("__editable__") for name in files)
    return files if is_here else {}


def _local_files(name: str) -> dict[str, Path]:
    """A module of your own: a file, or a directory of them."""
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return {}
    if spec is None:
        return {}
    if spec.submodule_search_locations is None:
        return {Path(spec.origin).name: Path(spec.origin)} if spec.origin and Path(spec.origin).is_file() else {}
    files: dict[str, Path] = {}
    for location in spec.submodule_search_locations:
        root = Path(location)
        for path in sorted(root.rglob("*")):
            inside = path.relative_to(root)
            is_hidden = any(part.startswith(".") or part == "__pycache__" for part in inside.parts)
            if path.is_file() and not is_hidden and path.suffix not in (".pyc", ".pyi"):
                files.setdefault(f"{name}/{inside.as_posix()}", path)
    return files


def _imports(name: str, files: dict[str, Path]) -> set[str]:
    """What the loaded modules of ``name`` import: a module of your own says nowhere what it needs."""
    loaded = {
        getattr(module, "__file__", None)
        for title, module in list(sys.modules.items())
        if title == name or title.startswith(name + ".")
    }
    found: set[str] = set()
    for path in files.values():
        if str(path) not in loaded or path.suffix != ".py":
            continue
        try:
            tree = ast.parse(path.read_bytes())
        except (SyntaxError, ValueError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    return found


@lru_cache(maxsize=1024)
def _is_standard(name: str) -> bool:
    known = getattr(sys, "stdlib_module_names", None)
    if known is not None:
        return name in known
    if name in sys.builtin_module_names:
        return True
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return False
    origin = spec.origin if spec is not None else None
    if origin in ("frozen", "built-in"):
        return True
    if origin is None or "site-packages" in origin or "dist-packages" in origin:
        return False
    return any(origin.startswith(sysconfig.get_path(kind)) for kind in ("stdlib", "platstdlib"))


# Archives


def _package(name: str, version: str, files: dict[str, Path]) -> Package:
    files = _without_tests(files)
    modules = {title: path for title, path in files.items() if ".dist-info/" not in title and ".egg-info/" not in title}
    is_native = any(title.endswith(_NATIVE) or ".so." in title for title in modules)
    is_unpacked = any(not title.endswith((".py", "/py.typed")) for title in modules)
    members: dict[str, bytes] = {}
    for title, path in files.items():
        data = path.read_bytes()
        members[title] = data
        compiled = _cached_code(path, data) if title.endswith(".py") else None
        if compiled is not None:
            members[_cache_name(title) if is_unpacked else title + "c"] = compiled
    data = _archive(members)
    return Package(name, version, f"sha256:{sha256(data).hexdigest()}", data, is_native, is_unpacked)


def _without_tests(files: dict[str, Path]) -> dict[str, Path]:
    """A package without its own tests, which are often the most of it; with them where other modules import them."""
    others = {title: path for title, path in files.items() if not {"test", "tests"} & set(title.split("/")[1:-1])}
    imports = re.compile(rb"^[ \t]*(from|import)[ \t]+[\w.]*\btests?\b", re.MULTILINE)
    if len(others) == len(files) or any(
        title.endswith(".py") and imports.search(path.read_bytes()) for title, path in others.items()
    ):
        return files
    return others


def _cache_name(title: str) -> str:
    folder, _, name = title.rpartition("/")
    tag = sys.implementation.cache_tag
    return f"{folder}/__pycache__/{name[:-3]}.{tag}.pyc" if folder else f"__pycache__/{name[:-3]}.{tag}.pyc"


def _cached_code(path: Path, source: bytes) -> bytes | None:
    """What this interpreter has compiled already, so that workers need not."""
    try:
        data = Path(importlib.util.cache_from_source(str(path))).read_bytes()
        stat = path.stat()
    except (OSError, NotImplementedError):
        return None
    flags, seconds, size = (int.from_bytes(data[at : at + 4], "little") for at in (4, 8, 12))
    is_current = flags == 0 and seconds == int(stat.st_mtime) & 0xFFFFFFFF and size == len(source) & 0xFFFFFFFF
    if data[:4] != importlib.util.MAGIC_NUMBER or not is_current:
        return None
    return _compiled(data[16:], source)


def _compiled(code: bytes, source: bytes) -> bytes:
    """PEP 552: named by the source's hash and not checked, as times of files in archives mean nothing."""
    return importlib.util.MAGIC_NUMBER + (1).to_bytes(4, "little") + importlib.util.source_hash(source) + code


def _archive(members: dict[str, bytes]) -> bytes:
    """The same members are the same bytes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name in sorted(members):
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, members[name])
    return file.getvalue()
