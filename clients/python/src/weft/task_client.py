"""``TaskClient``: the calls of UDCS's client, on Weft. New programs use ``weft.Client`` and ``weft.Executor``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Mapping, NoReturn, Sequence

from ._client import Client
from .errors import CallTimeout, ConfigurationError, NotAvailable

if TYPE_CHECKING:
    from types import TracebackType

    from .jobs import JobLike
    from .models import Job

__all__ = ["TaskClient"]


class TaskClient:
    """Devices, tasks and their ends, by the names that UDCS gives them.

    A task is a job of Weft; its id is the job's number as a text. Arguments are ``weft.Client``'s.
    """

    def __init__(self, url: str | None = None, token: str | None = None, **options: Any) -> None:
        self._client = Client(url, token, **options)

    def __enter__(self) -> TaskClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes every connection."""
        self._client.close()

    def list_devices(self) -> list[dict[str, Any]]:
        """The processors and devices of the nodes that are connected.

        Each has ``device_id``, ``node_id``, ``node_name``, ``type`` (``cpu``, ``gpu``, …), ``count``, ``available``,
        and
        for ``cpu`` also ``architecture``, ``os`` and ``memory_bytes``. For ``cpu`` counts are processors, with
        fractions. Devices that their nodes know one by one have ``vendor``, ``model``, ``memory_bytes``, ``capability``
        and ``fault`` (None while it works); ``available`` says whether one of their kind is free.
        """
        devices: list[dict[str, Any]] = []
        for node in self._client.nodes():
            if node.state not in ("connected", "draining", "paused"):
                continue
            known = {"node_id": node.id, "node_name": node.name, "state": node.state}
            capacity, free = node.profile.capacity, node.free
            devices.append(
                {
                    **known,
                    "device_id": f"{node.id}/cpu",
                    "type": "cpu",
                    "count": capacity.cpu_millis / 1000,
                    "available": free.cpu_millis / 1000,
                    "architecture": node.profile.architecture,
                    "os": node.profile.operating_system,
                    "memory_bytes": capacity.memory_bytes,
                }
            )
            left = {device.kind: device.count for device in free.devices}
            told = {device.kind for device in node.profile.devices}
            devices += [
                {
                    **known,
                    "device_id": f"{node.id}/{device.id}",
                    "type": device.kind,
                    "count": 1,
                    "available": min(1, left.get(device.kind, 0)) if not device.fault else 0,
                    "vendor": device.vendor,
                    "model": device.model,
                    "memory_bytes": device.memory_bytes,
                    "capability": device.capability,
                    "fault": device.fault or None,
                }
                for device in node.profile.devices
            ]
            devices += [
                {
                    **known,
                    "device_id": f"{node.id}/{device.kind}",
                    "type": device.kind,
                    "count": device.count,
                    "available": left.get(device.kind, 0),
                }
                for device in capacity.devices
                if device.kind not in told
            ]
        return devices

    def submit_task(self, task: JobLike, **fields: Any) -> str:
        """Submits a job (docs/jobs.md): a mapping, a ``weft.JobSpec`` or a text. ``fields`` are added to a mapping.

        Returns the task's id. Raises ``weft.Invalid``.
        """
        if fields:
            if not isinstance(task, Mapping):
                raise ConfigurationError("fields can be added to a mapping only")
            task = {**task, **fields}
        return str(self._client.submit(task).id)

    def wait_for_completion(self, task_id: str | int, timeout: float | None = None) -> dict[str, Any]:
        """Waits for a task's end, at most ``timeout`` seconds; then raises ``weft.CallTimeout``.

        Returns ``task_id``, ``status`` (``completed``, ``failed`` or ``cancelled``), ``error`` (None or a sentence),
        ``exit_status``, ``stdout``, ``stderr`` (bytes) and ``outputs`` (paths and bytes), of the first of an array's
        tasks.
        """
        job = self._client.wait(task_id, timeout)
        return self._result(job)

    def submit_native_binary(
        self,
        binary: str | os.PathLike[str] | bytes,
        args: Sequence[str] = (),
        *,
        inputs: Mapping[str, str | os.PathLike[str] | bytes] | None = None,
        outputs: Sequence[str] = (),
        arch: str | None = None,
        **fields: Any,
    ) -> str:
        """Runs a program of this machine (a path, or its bytes) on a worker.

        ``inputs`` are files or bytes by their paths there, ``outputs`` paths of files to keep, ``arch`` what it is
        built for (``x86_64``, ``arm64``, …), ``fields`` more of the job's (docs/jobs.md). Returns the task's id.
        """
        name = "program" if isinstance(binary, bytes) else Path(binary).name
        program = self._client.put_blob(binary)
        files: list[dict[str, Any]] = [{"path": name, "blob": program.digest, "executable": True}]
        files += [
            {"path": path, "blob": self._client.put_blob(source).digest} for path, source in (inputs or {}).items()
        ]
        job: dict[str, Any] = {"name": name, "command": [f"./{name}", *args], "inputs": files, "outputs": list(outputs)}
        if arch is not None:
            fields["requirements"] = {**fields.get("requirements", {}), "arch": arch}
        return self.submit_task({**job, **fields})

    def submit_cuda_kernel(self, *_: Any, **__: Any) -> NoReturn:
        """Raises ``weft.NotAvailable``: no driver of Weft runs CUDA kernels yet."""
        raise NotAvailable(
            "Weft cannot run CUDA kernels: no driver offers payloads of the kind cuda, and nodes list no CUDA devices; "
            "kinds of payload today are process, assembly, wasm and container"
        )

    def submit_game_render(self, *_: Any, **__: Any) -> NoReturn:
        """Raises ``weft.NotAvailable``: Weft has no workload that renders yet."""
        raise NotAvailable(
            "Weft cannot render games: it has no render workload that splits frames into tasks and merges them, "
            "and no driver with a GPU; a renderer that runs on processors can be submitted with submit_native_binary"
        )

    def _result(self, job: Job) -> dict[str, Any]:
        if not job.has_ended:
            raise CallTimeout(f"job {job.id} is {job.state}")
        task = next(iter(self._client.tasks_page(job, limit=1).items), None)
        completion = task.completion if task is not None else None
        result: dict[str, Any] = {
            "task_id": str(job.id),
            "status": "completed" if job.state == "succeeded" else job.state,
            "error": None if job.state == "succeeded" else (task.reason if task else None) or job.reason or job.state,
            "exit_status": completion.exit_status if completion else None,
            "stdout": b"",
            "stderr": b"",
            "outputs": {},
        }
        if task is not None and completion is not None:
            result["stdout"] = self._client.stdout(job, task.index)
            result["stderr"] = self._client.stderr(job, task.index)
            result["outputs"] = {
                output.path: self._client.output(job, output.path, task.index)
                for output in completion.outputs
                if output.blob is not None
            }
        return result
