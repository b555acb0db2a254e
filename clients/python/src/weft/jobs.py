"""Jobs to submit, as values with types; docs/jobs.md says what each key means. A plain ``dict`` does as well.

```python
JobSpec(
    command="sort words > sorted",
    inputs=[Input("words", text="words")],
    outputs=["sorted"],
    resources=Resources(cpus=1, memory="64MiB"),
)
```
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Mapping, Sequence, Union

__all__ = ["Input", "JobSpec", "Output", "Requirements", "Resources", "Verification"]


@dataclass(frozen=True)
class Input:
    """A file put into the working directory. Exactly one of the sources: a text, base64, a blob, a URL, a blob for
    each task.
    """

    path: str
    text: str | None = None
    base64: str | None = None
    blob: str | None = None
    url: str | None = None
    each: Sequence[str] | None = None
    sha256: str | None = None
    executable: bool | None = None


@dataclass(frozen=True)
class Output:
    """A file to keep. ``comparator`` says when two of it are alike, like that of ``Verification``, which is the default."""

    path: str
    optional: bool | None = None
    comparator: str | Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Resources:
    """What one attempt may use. ``cpus`` like 2 or ``"500m"``, sizes in bytes or like ``"256MiB"``.

    ``devices`` like ``[{"kind": "gpu", "vendor": "nvidia", "memory": "16GiB", "capability": "8.0"}]``; with ``share``, so
    much of its memory instead of the whole device.
    """

    cpus: float | str | None = None
    memory: int | str | None = None
    disk: int | str | None = None
    devices: Sequence[Mapping[str, Any]] | None = None


@dataclass(frozen=True)
class Requirements:
    """What a node must be or have. ``isolation``: ``none``, ``process``, ``gvisor`` or ``vm``."""

    os: str | None = None
    arch: str | None = None
    labels: Mapping[str, str] | None = None
    drivers: Sequence[str] | None = None
    isolation: str | None = None
    enforced: Sequence[str] | None = None


@dataclass(frozen=True)
class Verification:
    """How answers are checked: ``replicas`` on different nodes, ``quorum`` of them alike; or by an error budget, or by spot
    checks.

    ``max_error`` is the share of the accepted answers that may be wrong, like ``1e-3``; ``spot_check`` the share of the
    tasks that a second node does as well. ``comparator`` says when answers are alike (docs/comparators.md):
    ``"sha256"``, ``"exit"``, or a mapping like ``{"numeric": {"relative": 1e-5}}``. ``canaries`` are tasks whose answers are
    known, like ``{"task": 17, "answer": "sha256:…"}``; they go with ``max_error``.
    """

    replicas: int | None = None
    quorum: int | None = None
    max_replicas: int | None = None
    comparator: str | Mapping[str, Any] | None = None
    stdout: bool | None = None
    max_error: float | str | None = None
    spot_check: float | str | None = None
    same_hardware: bool | None = None
    canaries: Sequence[Mapping[str, Any]] | None = None


@dataclass(frozen=True)
class Mount:
    """A directory of the working directory, ``path``, that the program finds at an absolute path, ``at``, too."""

    path: str
    at: str


@dataclass(frozen=True)
class JobSpec:
    """One job. ``timeout`` in seconds or like ``"10m"``; what is None has its default."""

    command: str | Sequence[str] | None = None
    payload: Mapping[str, Any] | None = None
    name: str | None = None
    stdin: str | Mapping[str, Any] | None = None
    array: int | str | Mapping[str, int] | None = None
    environment: Mapping[str, str] | None = None
    inputs: Sequence[Input | Mapping[str, Any]] | None = None
    outputs: Sequence[str | Output | Mapping[str, Any]] | None = None
    resources: Resources | Mapping[str, Any] | None = None
    requirements: Requirements | Mapping[str, Any] | None = None
    verification: Verification | Mapping[str, Any] | None = None
    retries: int | None = None
    timeout: float | str | None = None
    priority: int | None = None
    labels: Mapping[str, str] | None = None
    idempotency_key: str | None = None
    signatures: Sequence[Mapping[str, str]] | None = None
    cache: bool | None = None
    mounts: Sequence[Mount | Mapping[str, str]] | None = None

    def document(self) -> dict[str, Any]:
        """The job as JSON has it, without what was left out."""
        made: dict[str, Any] = plain(self)
        return made


#: A job as a mapping, a ``JobSpec``, or a text of YAML or JSON.
JobLike = Union[Mapping[str, Any], JobSpec, str]


def plain(value: Any) -> Any:
    """Values of the classes above as JSON has them."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {entry.name: getattr(value, entry.name) for entry in dataclasses.fields(value)}
        return {name: plain(member) for name, member in fields.items() if member is not None}
    if isinstance(value, Mapping):
        return {name: plain(member) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(member) for member in value]
    return value
