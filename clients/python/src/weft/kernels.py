"""Kernels for GPUs with NumPy's arrays, for ``Client.submit_opencl_kernel``, ``Client.submit_cuda_kernel`` and
``Client.submit_spirv_kernel``.

```python
with weft.Client() as client:
    kernel = client.submit_cuda_kernel(source, [x, y, np.float32(2)], grid_size=16, block_size=64)
    x, y = client.kernel_result(kernel)
```

An array of ``data`` is a buffer that the kernel reads and writes; ``In(array)`` is one that is only read, ``Out(shape, dtype)``
one that begins with zeros. Numbers have to have a type, as ``np.float32(2)`` and ``np.int32(7)`` have.
"""

from __future__ import annotations

import io
import re
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Mapping, Sequence, Union

if TYPE_CHECKING:
    import numpy as np

    from .models import Job

__all__ = ["In", "KernelCall", "KernelJob", "Out"]

#: One number, or two or three, as in ``(8, 8)``.
Size = Union[int, Sequence[int]]

_DTYPES = ("float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
_ENTRY = {
    "opencl": re.compile(r"\b(?:__kernel|kernel)\s+(?:__attribute__\s*\(\(.*?\)\)\s*)?void\s+([A-Za-z_]\w*)\s*\("),
    "cuda": re.compile(r"\b__global__\s+(?:__launch_bounds__\s*\(.*?\)\s*)?void\s+([A-Za-z_]\w*)\s*\("),
}
_ENTRY["hip"] = _ENTRY["cuda"]
_SPIRV_MAGIC = 0x07230203
_SPIRV_HEADER_WORDS = 5
_SPIRV_ENTRY_POINT = 15
_SPIRV_KERNEL = 6


@dataclass(frozen=True)
class In:
    """An array that the kernel only reads."""

    array: np.ndarray[Any, Any]


@dataclass(frozen=True)
class Out:
    """An array that the kernel writes; it begins with zeros."""

    shape: int | Sequence[int]
    dtype: Any


@dataclass(frozen=True)
class KernelJob:
    """A job of a kernel, and the outputs that its arrays come back as."""

    job: Job
    outputs: tuple[str, ...]


class KernelCall:
    """A kernel and what it is called with: the job, and the files that it needs. SPIR-V is bytes, other sources are text.

    Raises ``ValueError`` for what no kernel can be called with.
    """

    def __init__(
        self,
        language: str,
        source: str | bytes,
        data: Sequence[Any],
        grid: Size,
        block: Size,
        *,
        entry: str | None = None,
        shared_bytes: int = 0,
        defines: Mapping[str, int | str] | None = None,
        fast_math: bool = False,
        emulated: bool = False,
    ) -> None:
        self._language = language
        self._source = source if isinstance(source, str) else ""
        #: A source that goes as a blob, because it is no text.
        self.module: bytes | None = source if isinstance(source, bytes) else None
        self._launch: dict[str, Any] = {
            "entry": entry or _only_entry(language, source),
            "grid": _size(grid),
            "block": _size(block),
            "shared_bytes": shared_bytes,
        }
        self._options: dict[str, Any] = {"defines": dict(defines or {}), "fast_math": fast_math}
        self._emulated = emulated
        self._buffers: list[dict[str, Any]] = []
        #: Files by their paths in the job, in NumPy's format.
        self.files: dict[str, bytes] = {}
        self.outputs: tuple[str, ...] = ()
        self._launch["arguments"] = [self._argument(value) for value in data]

    def document(
        self, blobs: Mapping[str, str], fields: Mapping[str, Any], module: str | None = None
    ) -> dict[str, Any]:
        """The job. ``blobs`` are the digests of ``files``, ``module`` that of the module, ``fields`` what else the job says."""
        payload = {
            "language": self._language,
            "source": self._source if module is None else {"blob": module},
            "emulated": self._emulated,
            "options": self._options,
            "buffers": self._buffers,
            "launches": [self._launch],
        }
        inputs = [{"path": path, "blob": digest} for path, digest in blobs.items()]
        return {**fields, "payload": {"kernel": payload}, "inputs": inputs, "outputs": list(self.outputs)}

    def _argument(self, value: Any) -> Any:
        import numpy as np

        if isinstance(value, np.generic):
            name = _dtype(value.dtype)
            number = float(value) if value.dtype.kind == "f" else int(value)
            return {"dtype": name, "value": number}
        if isinstance(value, Out):
            array, reads, writes = np.empty(value.shape, value.dtype), False, True
        elif isinstance(value, In):
            array, reads, writes = np.asarray(value.array), True, False
        elif isinstance(value, np.ndarray):
            array, reads, writes = value, True, True
        else:
            raise ValueError(f"{value!r} has no type that a kernel knows: give an array, or a number like np.float32(2)")
        number_of_buffer = len(self._buffers)
        name = f"buffer{number_of_buffer}"
        buffer: dict[str, Any] = {"name": name, "dtype": _dtype(array.dtype), "shape": list(array.shape)}
        if reads:
            buffer["in"] = f"in{number_of_buffer}.npy"
            self.files[buffer["in"]] = _npy(array)
        if writes:
            buffer["out"] = f"out{number_of_buffer}.npy"
            self.outputs += (buffer["out"],)
        self._buffers.append(buffer)
        return name


def read_array(data: bytes) -> np.ndarray[Any, Any]:
    """An array in NumPy's format; never one of objects, which would run code."""
    import numpy as np

    array: np.ndarray[Any, Any] = np.load(io.BytesIO(data), allow_pickle=False)
    return array


def _npy(array: np.ndarray[Any, Any]) -> bytes:
    import numpy as np

    file = io.BytesIO()
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    np.save(file, np.ascontiguousarray(little).reshape(array.shape), allow_pickle=False)
    return file.getvalue()


def _dtype(dtype: Any) -> str:
    if dtype.name not in _DTYPES:
        raise ValueError(f"kernels have no numbers of type {dtype.name}; there are {', '.join(_DTYPES)}")
    return str(dtype.name)


def _size(value: Size) -> list[int]:
    sizes = [value] if isinstance(value, int) else [int(size) for size in value]
    if not 1 <= len(sizes) <= 3:
        raise ValueError("a grid and a block have one to three dimensions")
    return sizes


def _only_entry(language: str, source: str | bytes) -> str:
    found = _ENTRY[language].findall(source) if isinstance(source, str) else _spirv_kernels(source)
    names = list(dict.fromkeys(found))
    if len(names) != 1:
        raise ValueError(f"say which kernel is meant with entry=…: the source has {', '.join(names) or 'none'}")
    return str(names[0])


def _spirv_kernels(module: bytes) -> list[str]:
    """The kernels that a module names as its entry points (SPIR-V Specification, sections 2.3 and 3.42.5)."""
    order = next((order for order in "<>" if module[:4] == struct.pack(f"{order}I", _SPIRV_MAGIC)), None)
    if order is None or len(module) % 4:
        raise ValueError("this is no SPIR-V module: it does not consist of words, the first of which is 0x07230203")
    words = struct.unpack(f"{order}{len(module) // 4}I", module)
    names = []
    place = _SPIRV_HEADER_WORDS
    while place < len(words):
        count, code = words[place] >> 16, words[place] & 0xFFFF
        if not count:
            raise ValueError("this is no SPIR-V module: an instruction has no words")
        if code == _SPIRV_ENTRY_POINT and count > 3 and words[place + 1 : place + 2] == (_SPIRV_KERNEL,):
            text = struct.pack(f"<{len(words[place + 3 : place + count])}I", *words[place + 3 : place + count])
            names.append(text.split(b"\0")[0].decode(errors="replace"))
        place += count
    return names
