"""Runs one chunk of calls on a worker. Uses the standard library and, where functions do, cloudpickle.

In the working directory: ``.weft/function`` a pickled function, ``.weft/calls`` a pickled list of pickled chunks (this
task's by its index, or the only one), ``.weft/packages/*.zip`` modules to import from the archive,
``.weft/unpacked/*.zip`` modules that need files of their own. ``.weft/result`` is a list of outcomes,
pickled or as JSON.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import io
import json
import operator
import os
import pickle
import sys
import traceback
import types
import zipfile
from typing import Any, Callable, Sequence

FOLDER = os.path.abspath(".weft")


def main(results: str) -> None:
    encode = _json if results == "json" else _pickled
    _find_packages()
    try:
        with open(os.path.join(FOLDER, "function"), "rb") as file:
            function = pickle.load(file)
        with open(os.path.join(FOLDER, "calls"), "rb") as file:
            chunks = pickle.load(file)
        index = int(os.environ["WEFT_TASK_INDEX"]) if len(chunks) > 1 else 0
        calls = pickle.loads(chunks[index])
    except BaseException as error:
        outcomes: list[Any] = [("load", type(error).__name__, str(error), _trace(error, 1))]
    else:
        outcomes = [_outcome(function, arguments, keywords, encode) for arguments, keywords in calls]
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    with open(os.path.join(FOLDER, "result"), "wb") as file:
        file.write(json.dumps(outcomes).encode() if encode is _json else pickle.dumps(outcomes))


def _outcome(
    function: Any, arguments: Sequence[Any], keywords: dict[str, Any], encode: Callable[[Any], Any]
) -> tuple[Any, ...]:
    try:
        data = encode(function(*arguments, **keywords))
    except BaseException as error:
        trace = _trace(error, 1)
        pickled = None
        try:
            if encode is _pickled:
                # What cannot be read here cannot be read there either.
                data = _pickled(error)
                pickle.loads(data)
                pickled = data
        except BaseException:
            pickled = None
        return ("error", pickled, type(error).__name__, str(error), trace)
    return ("value", data)


def _json(value: Any) -> str:
    return json.dumps(value, allow_nan=True)


def _pickled(value: Any) -> bytes:
    try:
        return pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    except Exception:
        return _pickled_with_code(value)


def _pickled_with_code(value: Any) -> bytes:
    """With functions and classes by their code, and without tracebacks: their frames are of this process."""
    import cloudpickle

    class Pickler(cloudpickle.CloudPickler):  # type: ignore[misc,unused-ignore]
        def reducer_override(self, obj: Any) -> Any:
            if isinstance(obj, types.TracebackType):
                return operator.itemgetter(0), ((None,),)
            return super().reducer_override(obj)

    file = io.BytesIO()
    Pickler(file, pickle.HIGHEST_PROTOCOL).dump(value)
    return file.getvalue()


def _trace(error: BaseException, skipped: int) -> str:
    """The traceback without this module's own frames."""
    trace = error.__traceback__
    for _ in range(skipped):
        trace = trace.tb_next if trace is not None and trace.tb_next is not None else trace
    return "".join(traceback.format_exception(type(error), error, trace))


def _find_packages() -> None:
    packages = os.path.join(FOLDER, "packages")
    if os.path.isdir(packages):
        # Before the worker's own: what goes along is what the function was written with.
        sys.path[1:1] = [os.path.join(packages, name) for name in sorted(os.listdir(packages))]
    unpacked = os.path.join(FOLDER, "unpacked")
    if os.path.isdir(unpacked):
        archives = [os.path.join(unpacked, name) for name in sorted(os.listdir(unpacked))]
        sys.meta_path.insert(0, _Unpacking(archives))


class _Unpacking(importlib.abc.MetaPathFinder):
    """Unpacks an archive when a module of it is first imported: most tasks need few of what goes along."""

    def __init__(self, archives: list[str]) -> None:
        self._archives: dict[str, str] = {}
        for archive in archives:
            with zipfile.ZipFile(archive) as file:
                for member in file.namelist():
                    name = member.split("/", 1)[0].split(".", 1)[0]
                    self._archives.setdefault(name, archive)

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:
        if path is not None or fullname not in self._archives:
            return None
        archive = self._archives[fullname]
        folder = archive[: -len(".zip")]
        if not os.path.isdir(folder):
            with zipfile.ZipFile(archive) as file:
                file.extractall(folder)
            sys.path.insert(1, folder)
        return importlib.machinery.PathFinder.find_spec(fullname, [folder])
