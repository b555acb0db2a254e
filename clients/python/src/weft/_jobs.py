"""The canonical form of a job, checked (docs/jobs.md, "The canonical form" and "Limits")."""

from __future__ import annotations

import base64
import binascii
import re
import sys
from dataclasses import dataclass
from typing import Any, Callable
from unicodedata import normalize

KIB, MIB, GIB, TIB, PIB = 2**10, 2**20, 2**30, 2**40, 2**50
INT64_MAX = 2**63 - 1

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_CAPABILITY = re.compile(r"(0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]?)")
_CPUS = re.compile(r"[1-9][0-9]{0,6}m")
_ENVIRONMENT_NAME = re.compile(r"(?!WEFT_)[A-Za-z_][A-Za-z0-9_]{0,127}")
_LABEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./-]{0,62}")
_SYSTEM_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
_ARCHES = ("x86_64", "arm64", "riscv64")
_ARCH_ALIASES = ("amd64", "x64", "x86-64", "aarch64", "armv7l", "armhf", "i686", "x86")
_LIMITS = ("cpu", "memory", "processes", "disk", "time", "network")
_URL = re.compile(r"(?=[!-~]{1,2048}\Z)https?://[^/?#@]+([/?][^#]*)?")
_SIGNER = re.compile(r"[1-9A-HJ-NP-Za-km-z]{40,64}")
_IMAGE_NAME = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_IMAGE = re.compile(
    rf"{_IMAGE_NAME}(?:/{_IMAGE_NAME})*"
    r"(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[0-9a-f]{64})?"
)
_DECIMAL = re.compile(r"[0-9]{1,400}(\.[0-9]{1,400})?(e[+-]?[0-9]{1,3})?")
_HOST_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST = re.compile(rf"{_HOST_LABEL}(?:\.{_HOST_LABEL})*(?::(?P<port>[0-9]+))?")


class JobError(ValueError):
    """A job is not valid, or not in its canonical form; the message names the field."""


@dataclass(frozen=True)
class Output:
    """A file that a job keeps."""

    path: str
    optional: bool
    # How two of it are compared; none for as the policy has it.
    comparator: Any = None


@dataclass(frozen=True)
class Policy:
    """A job's verification, with defaults written out."""

    replicas: int = 1
    quorum: int = 1
    max_replicas: int = 1
    stdout: bool = True
    # In thousand-millionths; none where the three numbers decide.
    max_error: int | None = None
    spot_check: int | None = None
    comparator: Any = "sha256"
    same_hardware: bool = False


@dataclass(frozen=True)
class Job:
    """What verifying a receipt needs of a job."""

    name: str
    first_index: int
    count: int
    outputs: tuple[Output, ...]
    policy: Policy

    @property
    def compares_digests(self) -> bool:
        """Whether answers are alike when they are equal, and never otherwise."""
        outputs = (output.comparator or self.policy.comparator for output in self.outputs)
        return self.policy.comparator == "sha256" and all(comparator == "sha256" for comparator in outputs)


def read_job(spec: Any) -> Job:
    """Checks a job in its canonical form; the bytes of ``spec`` are canonical JSON already.

    Raises ``JobError`` for the first thing that is wrong.
    """
    job = _Fields(spec, "the job")
    name = job.required("name", _line(1, 200))
    array = job.optional("array", _array)
    first, count = (0, 1) if array is None else array
    sources = _Sources(None if array is None else count)
    payload_arch = job.required("payload", sources.payload)
    job.optional("environment", _environment)
    inputs = job.optional("inputs", _list(256, sources.input)) or []
    outputs = job.optional("outputs", _list(256, _output)) or []
    mounts = job.optional("mounts", _list(64, _mount)) or []
    job.optional("resources", _resources)
    arch = job.optional("requirements", _requirements)
    policy = job.optional("verification", _verification) or Policy()
    job.optional("retries", _integer(0, 100, default=2))
    job.optional("timeout", _integer(1, 30 * 86400, default=3600))
    job.optional("priority", _integer(-100, 100, default=0))
    job.optional("labels", _labels)
    job.optional("idempotency_key", _line(1, 200))
    job.optional("signatures", _signatures)
    job.optional("cache", _false)
    job.end()
    if sources.inline_bytes > MIB:
        raise JobError("inputs: more than 1 MiB of texts")
    if None not in (arch, payload_arch) and arch != payload_arch:
        raise JobError(f"requirements.arch: the payload is written for {payload_arch}")
    _check_paths(inputs, [output.path for output in outputs])
    _check_mounts(mounts, [*inputs, *(output.path for output in outputs)])
    return Job(name=name, first_index=first, count=count, outputs=tuple(outputs), policy=policy)


Check = Callable[[Any, str], Any]


class _Fields:
    """A JSON object whose keys are taken one by one."""

    def __init__(self, value: Any, field: str) -> None:
        if not isinstance(value, dict):
            raise JobError(f"{field}: not an object")
        if not value:
            raise JobError(f"{field}: it is empty, which is the default")
        self._rest = dict(value)
        self._field = field

    def required(self, key: str, check: Check) -> Any:
        if key not in self._rest:
            raise JobError(f"{self._field}: {key} is missing")
        return self.optional(key, check)

    def optional(self, key: str, check: Check) -> Any:
        """The checked value; None if there is none."""
        if key not in self._rest:
            return None
        return check(self._rest.pop(key), key if self._field == "the job" else f"{self._field}.{key}")

    def end(self) -> None:
        if self._rest:
            raise JobError(f"{self._field}: unknown key {min(self._rest)!r}")


def _text(value: Any, field: str) -> str:
    if not isinstance(value, str):
        raise JobError(f"{field}: not a text")
    return value


def _integer(low: int, high: int, default: int | None = None) -> Check:
    def check(value: Any, field: str) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise JobError(f"{field}: not a number from {low} to {high}")
        if value == default:
            raise JobError(f"{field}: the default is not written out")
        return value

    return check


def _true(value: Any, field: str) -> bool:
    if value is not True:
        raise JobError(f"{field}: only true is written out")
    return True


def _false(value: Any, field: str) -> bool:
    if value is not False:
        raise JobError(f"{field}: only false is written out")
    return False


def _choice(*values: str) -> Check:
    def check(value: Any, field: str) -> str:
        if not isinstance(value, str) or value not in values:
            raise JobError(f"{field}: not one of {', '.join(values)}")
        return value

    return check


def _pattern(pattern: re.Pattern[str], what: str) -> Check:
    def check(value: Any, field: str) -> str:
        if not pattern.fullmatch(_text(value, field)):
            raise JobError(f"{field}: not {what}")
        return str(value)

    return check


_digest = _pattern(DIGEST, "a digest sha256:<64 hex digits>")
_system_name = _pattern(_SYSTEM_NAME, "a name of 1 to 64 lower-case letters, digits, _, - and .")


def _has_control(text: str) -> bool:
    return any(ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0 for character in text)


def _line(low: int, high: int) -> Check:
    """One line of ``low`` to ``high`` characters (Unicode scalars)."""

    def check(value: Any, field: str) -> str:
        if not low <= len(_text(value, field)) <= high or _has_control(value):
            raise JobError(f"{field}: not a text of one line with {low} to {high} characters")
        return str(value)

    return check


def _list(high: int, item: Check) -> Check:
    """At least one item: an empty list is the default and left out."""

    def check(value: Any, field: str) -> list[Any]:
        if not isinstance(value, list) or not 1 <= len(value) <= high:
            raise JobError(f"{field}: not a list of 1 to {high} items")
        return [item(each, f"{field}[{index}]") for index, each in enumerate(value)]

    return check


def _array(value: Any, field: str) -> tuple[int, int]:
    fields = _Fields(value, field)
    first = fields.required("first", _integer(0, 2**32 - 1))
    count = fields.required("count", _integer(1, 100_000_000))
    fields.end()
    if first + count > 2**32:
        raise JobError(f"{field}: indexes go up to 4294967295")
    return first, count


def _words(value: Any, field: str) -> list[str]:
    """Arguments: their number, their bytes, no zero bytes."""
    words: list[str] = _list(1000, _word)(value, field)
    if sum(len(word.encode()) for word in words) > 512 * KIB:
        raise JobError(f"{field}: more than 512 KiB")
    return words


def _word(value: Any, field: str) -> str:
    if len(_text(value, field).encode()) > 131_071 or "\0" in value:
        raise JobError(f"{field}: more than 131071 bytes, or a zero byte")
    return str(value)


def _command(value: Any, field: str) -> None:
    if not _words(value, field)[0]:
        raise JobError(f"{field}[0]: no program")


class _Sources:
    """Checks what contains bytes of the job itself, and counts them."""

    def __init__(self, tasks: int | None) -> None:
        self._tasks = tasks
        self.inline_bytes = 0

    def payload(self, value: Any, field: str) -> str | None:
        """The processor that the payload is written for, where it is for one."""
        fields = _Fields(value, field)
        kinds: list[str | None] = [fields.optional(kind, self._kinds[kind]) for kind in self._kinds if kind in value]
        fields.end()
        if len(kinds) != 1:
            raise JobError(f"{field}: not exactly one kind")
        return kinds[0]

    @property
    def _kinds(self) -> dict[str, Check]:
        return {
            "process": self._process,
            "assembly": self._assembly,
            "wasm": self._wasm,
            "container": self._container,
            "kernel": self._kernel,
        }

    def _process(self, value: Any, field: str) -> None:
        fields = _Fields(value, field)
        fields.required("command", _command)
        fields.optional("stdin", self._source)
        fields.end()

    def _assembly(self, value: Any, field: str) -> str:
        fields = _Fields(value, field)
        fields.required("source", self._source)
        arch = str(fields.required("arch", _choice(*_ARCHES)))
        fields.optional("args", _words)
        fields.optional("stdin", self._source)
        fields.end()
        return arch

    def _wasm(self, value: Any, field: str) -> None:
        fields = _Fields(value, field)
        fields.required("module", self._source)
        fields.optional("args", _words)
        fields.optional("stdin", self._source)
        deterministic = fields.optional("deterministic", _true)
        seed = fields.optional("seed", _integer(0, INT64_MAX, default=0))
        fields.optional("fuel", _integer(1, INT64_MAX))
        fields.end()
        if seed and not deterministic:
            raise JobError(f"{field}.seed: goes with deterministic only")

    def _container(self, value: Any, field: str) -> None:
        fields = _Fields(value, field)
        fields.required("image", self._image)
        fields.optional("command", _command)
        fields.optional("stdin", self._source)
        pull = fields.optional("pull", _choice("always", "never"))
        fields.end()
        if pull and not isinstance(value["image"], str):
            raise JobError(f"{field}.pull: goes with an image of a registry only")

    def _kernel(self, value: Any, field: str) -> None:
        fields = _Fields(value, field)
        fields.required("source", self._source)
        languages = fields.required("language", _languages)
        emulated = fields.optional("emulated", _true)
        fields.optional("options", _kernel_options)
        names = fields.optional("buffers", _list(64, _kernel_buffer)) or []
        arguments = fields.required("launches", _list(1024, _kernel_launch))
        fields.end()
        if emulated and "cuda" not in languages:
            raise JobError(f"{field}.emulated: goes with CUDA C only")
        if languages == ["spirv"]:
            for key in ("defines", "fast_math"):
                if key in value.get("options", {}):
                    raise JobError(f"{field}.options.{key}: a SPIR-V module has none")
            if any("shared_bytes" in launch for launch in value["launches"]):
                raise JobError(f"{field}.launches: a SPIR-V module has no shared_bytes")
        if len(set(names)) != len(names):
            raise JobError(f"{field}.buffers: a name comes twice")
        if not {name for launch in arguments for name in launch} <= set(names):
            raise JobError(f"{field}.launches: there is no such buffer")

    def _image(self, value: Any, field: str) -> None:
        if isinstance(value, str):
            _image_reference(value, field)
            return
        fields = _Fields(value, field)
        fields.required("archive", self._source)
        fields.end()

    def input(self, value: Any, field: str) -> str:
        fields = _Fields(value, field)
        path = str(fields.required("path", _path))
        fields.optional("executable", _true)
        self._source({key: item for key, item in value.items() if key not in ("path", "executable")}, field)
        return path

    def _source(self, value: Any, field: str) -> None:
        fields = _Fields(value, field)
        checks = {
            "blob": _digest,
            "text": self._inline_text,
            "base64": self._inline_base64,
            "url": _pattern(_URL, "an address that begins with http:// or https://"),
            "each": self._each,
        }
        found = [key for key in checks if key in value]
        if len(found) != 1:
            raise JobError(f"{field}: not exactly one source")
        fields.required(found[0], checks[found[0]])
        if found == ["url"]:
            fields.optional("sha256", _digest)
        fields.end()

    def _inline(self, size: int, field: str) -> None:
        if size > 64 * KIB:
            raise JobError(f"{field}: more than 64 KiB")
        self.inline_bytes += size

    def _inline_text(self, value: Any, field: str) -> None:
        self._inline(len(_text(value, field).encode()), field)

    def _inline_base64(self, value: Any, field: str) -> None:
        data = decode_base64(_text(value, field))
        if data is None:
            raise JobError(f"{field}: not base64")
        self._inline(len(data), field)
        try:
            data.decode()
        except UnicodeDecodeError:
            return
        raise JobError(f"{field}: bytes that are UTF-8 are written as a text")

    def _each(self, value: Any, field: str) -> None:
        if len(_list(100_000, _digest)(value, field)) != self._tasks:
            raise JobError(f"{field}: not as many digests as the array has tasks")


_DTYPES = ("float16", "bfloat16", "float32", "float64")
_INTEGERS = {
    **{f"int{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64)},
    **{f"uint{bits}": (0, min(2**bits - 1, INT64_MAX)) for bits in (8, 16, 32, 64)},
}
_variable = _pattern(re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}"), "a name of letters, digits and _")
_entry = _pattern(re.compile(r"[A-Za-z_][A-Za-z0-9_<>:,. -]{0,255}"), "a kernel's name")
_macro = _pattern(re.compile(r"[!#-&(-\[\]-~]{0,256}"), "a macro's value")


def _languages(value: Any, field: str) -> list[str]:
    if not isinstance(value, list):
        return [str(_choice("opencl", "cuda", "hip", "spirv")(value, field))]
    # A module of SPIR-V is no text that could be read as another language.
    found: list[str] = _list(3, _choice("opencl", "cuda", "hip"))(value, field)
    if len(found) < 2 or len(set(found)) != len(found):
        raise JobError(f"{field}: not a list of different languages")
    return found


def _kernel_options(value: Any, field: str) -> None:
    fields = _Fields(value, field)
    fields.optional("defines", _defines)
    fields.optional("fast_math", _true)
    fields.end()


def _defines(value: Any, field: str) -> None:
    if not isinstance(value, dict) or not 1 <= len(value) <= 64:
        raise JobError(f"{field}: not 1 to 64 macros")
    for name, text in value.items():
        _macro(text, f"{field}.{_variable(name, field)}")


def _kernel_buffer(value: Any, field: str) -> str:
    fields = _Fields(value, field)
    name = str(fields.required("name", _variable))
    fields.required("dtype", _choice(*_DTYPES, *_INTEGERS))
    fields.required("shape", _shape)
    fields.optional("in", _path)
    fields.optional("out", _path)
    fields.end()
    return name


def _shape(value: Any, field: str) -> None:
    if not isinstance(value, list) or len(value) > 8:
        raise JobError(f"{field}: not a list of at most 8 dimensions")
    for index, size in enumerate(value):
        _integer(1, 2**40)(size, f"{field}[{index}]")


def _kernel_launch(value: Any, field: str) -> list[str]:
    """The names of the buffers that it has."""
    fields = _Fields(value, field)
    fields.required("entry", _entry)
    fields.required("grid", _three(2**31 - 1))
    block = fields.optional("block", _three(1024))
    fields.optional("shared_bytes", _integer(0, 2**20, default=0))
    names = fields.optional("arguments", _list(64, _kernel_argument)) or []
    fields.end()
    if block == [1, 1, 1]:
        raise JobError(f"{field}.block: the default is not written out")
    if block and block[0] * block[1] * block[2] > 1024:
        raise JobError(f"{field}.block: more than 1024 threads")
    return [name for name in names if name is not None]


def _three(high: int) -> Check:
    def check(value: Any, field: str) -> list[int]:
        found: list[int] = _list(3, _integer(1, high))(value, field)
        if len(found) != 3:
            raise JobError(f"{field}: not three numbers")
        return found

    return check


def _kernel_argument(value: Any, field: str) -> str | None:
    """The buffer's name, if it is one."""
    if isinstance(value, str):
        return str(_variable(value, field))
    fields = _Fields(value, field)
    if isinstance(value, dict) and "local_bytes" in value:
        fields.required("local_bytes", _integer(1, 2**20))
        fields.end()
        return None
    dtype = fields.required("dtype", _choice("float32", "float64", *_INTEGERS))
    fields.required("value", _integer(*_INTEGERS[dtype]) if dtype in _INTEGERS else _real)
    fields.end()
    return None


def _real(value: Any, field: str) -> None:
    """A text, as Swift writes a double."""
    if not _DECIMAL.fullmatch(_text(value, field).removeprefix("-")):
        raise JobError(f"{field}: not a number's text")


def decode_base64(text: str) -> bytes | None:
    """The bytes of a base64 text (RFC 4648 §4, with padding); None if another text encodes them."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return None
    return data if base64.b64encode(data).decode() == text else None


def _image_reference(text: str, field: str) -> None:
    """``[host[:port]/]path[:tag][@sha256:digest]``; a first part is a host if it looks like one."""
    first = text.split("/", maxsplit=1)[0] if "/" in text else ""
    host = first if "." in first or ":" in first or first == "localhost" else None
    rest = text if host is None else text[len(host) + 1 :]
    if len(text.encode()) > 512 or not _IMAGE.fullmatch(rest):
        raise JobError(f"{field}: not an image like alpine:3.20")
    if host is not None:
        match = _HOST.fullmatch(host)
        if match is None or (match["port"] and not 1 <= int(match["port"]) <= 65535):
            raise JobError(f"{field}: {host!r} is no registry's host")


def _path(value: Any, field: str) -> str:
    text = _text(value, field)
    parts = text.split("/")
    if (
        len(text.encode()) > 1024
        or any(part in ("", ".", "..") or len(part.encode()) > 255 for part in parts)
        or any(character < " " or character == "\x7f" for character in text)
    ):
        raise JobError(f"{field}: not a path below the working directory")
    return text


def _output(value: Any, field: str) -> Output:
    if isinstance(value, str):
        return Output(_path(value, field), optional=False)
    fields = _Fields(value, field)
    path = fields.required("path", _path)
    optional = fields.optional("optional", _true) is not None
    comparator = fields.optional("comparator", _comparator)
    fields.end()
    if not optional and comparator is None:
        raise JobError(f"{field}: a path alone is written as a text")
    return Output(path, optional, comparator)


def _check_paths(inputs: list[str], outputs: list[str]) -> None:
    # Some file systems hold texts that Unicode holds to be equivalent for one name.
    inputs, outputs = ([normalize("NFC", path) for path in paths] for paths in (inputs, outputs))
    for field, paths in (("inputs", inputs), ("outputs", outputs)):
        if len(set(paths)) != len(paths):
            raise JobError(f"{field}: a path comes twice")
    files = {*inputs, *outputs}
    for path in files:
        parts = path.split("/")
        for count in range(1, len(parts)):
            if "/".join(parts[:count]) in files:
                raise JobError(f"{path!r} lies below another file")


def _mount(value: Any, field: str) -> tuple[str, str]:
    fields = _Fields(value, field)
    path: str = fields.required("path", _path)
    target: str = fields.required("at", _text)
    fields.end()
    if not target.startswith("/") or target.startswith("/."):
        raise JobError(f"{field}.at: not an absolute path")
    _path(target[1:], f"{field}.at")
    if any(_overlap(target, taken) and not taken.startswith(f"{target}/") for taken in _RESERVED):
        raise JobError(f"{field}.at: it belongs to the sandbox")
    return path, target


_RESERVED = [
    *("/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/proc", "/sbin", "/sys", "/usr", "/work")
]


def _overlap(first: str, second: str) -> bool:
    return first == second or first.startswith(f"{second}/") or second.startswith(f"{first}/")


def _check_mounts(mounts: list[tuple[str, str]], files: list[str]) -> None:
    for index, (path, target) in enumerate(mounts):
        for other_path, other_target in mounts[:index]:
            if _overlap(path, other_path) or _overlap(target, other_target):
                raise JobError(f"mounts[{index}]: it overlaps with another")
        if any(path == file or path.startswith(f"{file}/") for file in files):
            raise JobError(f"mounts[{index}].path: a file of this job")


def _environment(value: Any, field: str) -> None:
    total = 0
    for name, text in _mapping(value, field, 256).items():
        if not _ENVIRONMENT_NAME.fullmatch(name):
            raise JobError(f"{field}: {name!r} is no name of a variable")
        total += len(name.encode()) + len(_word(text, f"{field}.{name}").encode())
    if total > 512 * KIB:
        raise JobError(f"{field}: more than 512 KiB")


def _labels(value: Any, field: str) -> None:
    for name, text in _mapping(value, field, 64).items():
        if not _LABEL_NAME.fullmatch(name):
            raise JobError(f"{field}: {name!r} is no name of a label")
        _line(0, 256)(text, f"{field}.{name}")


def _mapping(value: Any, field: str, limit: int) -> dict[str, Any]:
    if not isinstance(value, dict) or not 1 <= len(value) <= limit:
        raise JobError(f"{field}: not an object of 1 to {limit} keys")
    return value


def _resources(value: Any, field: str) -> None:
    fields = _Fields(value, field)
    fields.optional("cpus", _cpus)
    fields.optional("memory", _integer(MIB, 64 * TIB, default=256 * MIB))
    fields.optional("disk", _integer(MIB, PIB, default=GIB))
    kinds = fields.optional("devices", _list(16, _device)) or []
    fields.end()
    if len(set(kinds)) != len(kinds):
        raise JobError(f"{field}.devices: a kind comes twice")


def _capability(value: Any, field: str) -> str:
    """``9.0``: the major and the minor number, without zeros before them."""
    if not isinstance(value, str) or not _CAPABILITY.fullmatch(value):
        raise JobError(f"{field}: not a capability such as 9.0")
    return value


def _cpus(value: Any, field: str) -> None:
    """``2`` for whole processors, ``"1500m"`` for others."""
    if isinstance(value, str):
        if not _CPUS.fullmatch(value):
            raise JobError(f"{field}: not a number of thousandths such as 1500m")
        if not 10 <= int(value[:-1]) <= 1024_000 or int(value[:-1]) % 1000 == 0:
            raise JobError(f"{field}: not from 0.01 to 1024, or a whole number written as thousandths")
        return
    _integer(1, 1024, default=1)(value, field)


def _device(value: Any, field: str) -> tuple[str, str | None]:
    """Its kind and vendor, which come once."""
    fields = _Fields(value, field)
    kind = str(fields.required("kind", _system_name))
    fields.required("count", _integer(1, 64))
    vendor: str | None = fields.optional("vendor", _system_name)
    fields.optional("memory", _integer(MIB, 64 * TIB))
    if fields.optional("capability", _capability) is not None and vendor is None:
        raise JobError(f"{field}.capability: without a vendor")
    fields.optional("share", _integer(MIB, 64 * TIB))
    fields.end()
    return kind, vendor


def _requirements(value: Any, field: str) -> str | None:
    """The processor that is asked for, if one is."""
    fields = _Fields(value, field)
    fields.optional("os", _system_name)
    arch: str | None = fields.optional("arch", _arch)
    fields.optional("labels", _labels)
    fields.optional("drivers", _set(16, _system_name))
    fields.optional("isolation", _choice("none", "gvisor", "vm"))
    fields.optional("enforced", _set(len(_LIMITS), _choice(*_LIMITS)))
    fields.end()
    return arch


def _arch(value: Any, field: str) -> str:
    if _system_name(value, field) in _ARCH_ALIASES:
        raise JobError(f"{field}: another name is the canonical one")
    return str(value)


def _set(limit: int, item: Check) -> Check:
    def check(value: Any, field: str) -> list[str]:
        items: list[str] = _list(limit, item)(value, field)
        if len(set(items)) != len(items):
            raise JobError(f"{field}: an item comes twice")
        return items

    return check


def parse_rate(text: str) -> int | None:
    """A share in its canonical spelling, like ``0.001``, in thousand-millionths; none if it is no such share."""
    match = re.fullmatch(r"(0|1)(?:\.([0-9]{1,9}))?", text, re.ASCII)
    if match is None or (match[2] or "1").endswith("0"):
        return None
    rate = int(match[1]) * 10**9 + int((match[2] or "").ljust(9, "0"))
    return rate if rate <= 10**9 else None


def _rate(low: int, high: int) -> Check:
    def check(value: Any, field: str) -> int:
        rate = parse_rate(_text(value, field))
        if rate is None or not low <= rate <= high:
            raise JobError(f"{field}: not a share in its canonical spelling, or out of bounds")
        return rate

    return check


def _verification(value: Any, field: str) -> Policy:
    fields = _Fields(value, field)
    max_error = fields.optional("max_error", _rate(1000, 100_000_000))
    spot_check = None if max_error is not None else fields.optional("spot_check", _rate(1_000_000, 10**9))
    replicas = quorum = max_replicas = 1
    if max_error is None and spot_check is None:
        replicas = fields.optional("replicas", _integer(1, 64, default=1)) or 1
        default_quorum = replicas // 2 + 1
        quorum = fields.optional("quorum", _integer(1, replicas, default=default_quorum)) or default_quorum
        default_max = 1 if replicas == 1 else min(2 * replicas + 1, 64)
        max_replicas = fields.optional("max_replicas", _integer(replicas, 64, default=default_max)) or default_max
    comparator = fields.optional("comparator", _comparator) or "sha256"
    if value.get("comparator") == "sha256":
        raise JobError(f"{field}.comparator: the default is not written out")
    stdout = fields.optional("stdout", _false) is None
    same_hardware = fields.optional("same_hardware", _true) is not None
    canaries = fields.optional("canaries", _list(1000, _canary)) or []
    fields.end()
    if canaries and max_error is None:
        raise JobError(f"{field}.canaries: go with max_error only")
    if sorted(set(canaries)) != canaries:
        raise JobError(f"{field}.canaries: not in the order of their tasks, or one comes twice")
    return Policy(replicas, quorum, max_replicas, stdout, max_error, spot_check, comparator, same_hardware)


def _canary(value: Any, field: str) -> int:
    fields = _Fields(value, field)
    task: int = fields.required("task", _integer(0, 2**32 - 1))
    fields.required("answer", _digest)
    fields.end()
    return task


def _comparator(value: Any, field: str) -> Any:
    """A comparator in its canonical form, as it is written: all its fields, numbers as texts."""
    if value in ("sha256", "exit"):
        return value
    if not isinstance(value, dict) or len(value) != 1 or next(iter(value)) not in _COMPARATORS:
        raise JobError(f"{field}: not sha256, exit, or one of {', '.join(_COMPARATORS)} with its fields")
    ((name, rule),) = value.items()
    _COMPARATORS[name](_Fields(rule, f"{field}.{name}"))
    return value


def _decimal(high: float, low: float = 0) -> Check:
    def check(value: Any, field: str) -> float:
        text = _text(value, field)
        number = float(text) if _DECIMAL.fullmatch(text) else float("nan")
        if not low <= number <= high:
            raise JobError(f"{field}: not a number from {low} to {high}, as a text")
        return number

    return check


def _one_of(*words: str) -> Check:
    def check(value: Any, field: str) -> str:
        if value not in words:
            raise JobError(f"{field}: not one of {', '.join(words)}")
        return str(value)

    return check


def _tolerance(fields: _Fields) -> None:
    fields.required("absolute", _decimal(sys.float_info.max))
    fields.required("relative", _decimal(1))
    fields.required("nan", _one_of("equal", "unequal"))


def _numeric(fields: _Fields) -> None:
    _tolerance(fields)
    fields.optional("format", _one_of("json", "csv", "npy", "safetensors"))
    fields.end()


def _metric(fields: _Fields) -> None:
    _tolerance(fields)
    fields.required("name", _line(1, 1024))
    fields.end()


def _image(fields: _Fields) -> None:
    psnr = fields.optional("psnr", _decimal(200, 1))
    difference = fields.optional("channel_difference", _integer(0, 65535))
    fields.optional("format", _one_of("png", "pnm"))
    fields.end()
    if (psnr is None) == (difference is None):
        raise JobError("image: either psnr or channel_difference")


def _video(fields: _Fields) -> None:
    fields.required("psnr", _decimal(200, 1))
    fields.end()


def _program(fields: _Fields) -> None:
    fields.required("program", _digest)
    fields.required("args", lambda value, field: value == [] or _list(1000, _word)(value, field))
    fields.end()


_COMPARATORS: dict[str, Callable[[_Fields], None]] = {
    "numeric": _numeric,
    "metric": _metric,
    "image": _image,
    "video": _video,
    "command": _program,
}


def _signatures(value: Any, field: str) -> None:
    signers = _list(16, _signature)(value, field)
    if len(set(signers)) != len(signers):
        raise JobError(f"{field}: a signer comes twice")


def _signature(value: Any, field: str) -> str:
    fields = _Fields(value, field)
    signer = fields.required("signer", _pattern(_SIGNER, "a peer id"))
    signature = decode_base64(fields.required("signature", _text))
    fields.end()
    if signature is None or len(signature) != 64:
        raise JobError(f"{field}.signature: not 64 bytes of base64")
    return str(signer)
