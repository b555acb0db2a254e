"""Jobs in canonical form, valid and not, for comparing with what docs/jobs.md says and with what Weft does."""

from __future__ import annotations

from typing import Any

from .forge import NODES, text64

PROCESS: dict[str, Any] = {"process": {"command": ["true"]}}
DIGEST = "sha256:" + "ab" * 32
TWO = {"count": 2, "first": 0}
Job = dict[str, Any]


TOLERANCE = {"absolute": "0.0", "nan": "unequal", "relative": "1e-05"}
COMPARATORS: list[Any] = [
    "exit",
    {"numeric": TOLERANCE},
    {"numeric": {**TOLERANCE, "absolute": "1e-300", "nan": "equal", "format": "npy"}},
    {"metric": {**TOLERANCE, "name": "/validation/accuracy"}},
    {"image": {"psnr": "45.0"}},
    {"image": {"channel_difference": 2, "format": "pnm"}},
    {"video": {"psnr": "35.0"}},
    {"command": {"program": DIGEST, "args": []}},
    {"command": {"program": DIGEST, "args": ["--tolerance", "1e-3"]}},
]
WRONG_COMPARATORS: list[Any] = [
    "fuzzy",
    {},
    {"numeric": {}},
    {"numeric": {**TOLERANCE, "absolute": 0}},
    {"numeric": {**TOLERANCE, "relative": "1.5"}},
    {"numeric": {**TOLERANCE, "absolute": "-1.0"}},
    {"numeric": {**TOLERANCE, "absolute": "small"}},
    {"numeric": {**TOLERANCE, "nan": "maybe"}},
    {"numeric": {**TOLERANCE, "format": "png"}},
    {"numeric": TOLERANCE, "image": {"psnr": "45.0"}},
    {"metric": TOLERANCE},
    {"image": {"psnr": "45.0", "channel_difference": 2}},
    {"image": {"psnr": "0.5"}},
    {"image": {"channel_difference": 65536}},
    {"video": {}},
    {"video": {"psnr": 35}},
    {"command": {"program": DIGEST}},
    {"command": {"program": "compare", "args": []}},
    {"command": {"program": DIGEST, "args": ["a\0"]}},
    {"command": {"program": DIGEST, "args": "--tolerance"}},
]


def job(**fields: Any) -> Job:
    return {"name": "job", "payload": PROCESS, **fields}


def payload_of(kind: str, **fields: Any) -> Job:
    return {"name": "job", "payload": {kind: fields}}


def command(*words: str) -> Job:
    return payload_of("process", command=list(words))


def wasm(**fields: Any) -> Job:
    return payload_of("wasm", module={"blob": DIGEST}, **fields)


def spirv(**fields: Any) -> Job:
    """A kernel with one launch, in whatever language ``fields`` says."""
    launch = {"entry": "f", "grid": [1, 1, 1], **fields.pop("launch", {})}
    return payload_of("kernel", **{"language": "spirv", "source": {"blob": DIGEST}, "launches": [launch], **fields})


def image(reference: Any, **fields: Any) -> Job:
    return payload_of("container", image=reference, **fields)


def source(**members: Any) -> Job:
    return job(inputs=[{"path": "p", **members}])


def signatures(count: int) -> list[dict[str, str]]:
    return [{"signature": text64(bytes(64)), "signer": node.id} for node in NODES[:count]]


def files(*paths: str) -> list[dict[str, str]]:
    return [{"path": path, "text": ""} for path in paths]


VALID: list[Job] = [
    job(),
    *[job(name=name) for name in ("n" * 200, "\U0001f600" * 200, "\u00a0\u2028\u200b", " ")],
    *[command(*words) for words in (["w"] * 1000, ["w" * 131_071] * 4, ["w", ""], ["/"])],
    *[job(array=array) for array in ({"count": 1, "first": 0}, {"count": 100_000_000, "first": 0})],
    *[job(environment=values) for values in ({"A" * 128: ""}, {"_9": "\n"}, {"WEFT": ""}, {"A": "a" * 131_071})],
    *[job(labels=values) for values in ({"a/b.c-d_e": ""}, {"9" * 63: "v" * 256})],
    *[job(outputs=[path]) for path in ("...", "p" * 255, "/".join(["p" * 255] * 4), "a\\b", "a\u0085", "~", "-")],
    job(outputs=[f"{number}" for number in range(256)]),
    job(outputs=["a", {"optional": True, "path": "b/c"}], inputs=files("a", "b/d")),
    *[source(**members) for members in ({"text": ""}, {"text": "\ufeff\0"}, {"base64": "/w=="}, {"blob": DIGEST})],
    *[source(text=text) for text in ("a" * 65_536, "é" * 32_768)],
    *[source(url=url) for url in ("http://a", "https://a/b@c?d", "http://a/?", "http://a" + "/" * 2040)],
    source(url="https://a/b", sha256=DIGEST, executable=True),
    {**source(each=[DIGEST, DIGEST]), "array": TWO},
    job(inputs=[{"path": f"{number}", "text": "a" * 65_536} for number in range(16)]),
    payload_of("process", command=["true"], stdin={"text": ""}),
    *[job(resources={"cpus": cpus}) for cpus in (2, 1024, "10m", "500m", "1023999m")],
    *[job(resources={"memory": size}) for size in (2**20, 2**46)],
    *[job(resources={"disk": size}) for size in (2**20, 2**50)],
    job(resources={"devices": [{"count": 1, "kind": "gpu"}, {"count": 64, "kind": "a._-9"}]}),
    job(
        resources={
            "devices": [
                {"capability": "8.6", "count": 1, "kind": "gpu", "memory": 1 << 34, "share": 1 << 30, "vendor": "nvidia"},
                {"count": 1, "kind": "gpu", "vendor": "amd"},
            ]
        }
    ),
    *[job(requirements={"arch": arch}) for arch in ("x86_64", "arm64", "arm", "i386", "mips")],
    job(requirements={"os": "linux", "labels": {"a": ""}, "drivers": ["b", "a"], "isolation": "none"}),
    job(requirements={"enforced": ["time", "cpu"], "isolation": "vm"}),
    *[job(verification=policy) for policy in ({"replicas": 64}, {"max_replicas": 3}, {"replicas": 3, "quorum": 3})],
    job(verification={"replicas": 3, "quorum": 1, "max_replicas": 3, "stdout": False}),
    job(verification={"max_error": "0.1"}),
    *[job(verification={"spot_check": share}) for share in ("0.001", "0.05", "1")],
    job(array=TWO, verification={"max_error": "0.001", "canaries": [{"task": 1, "answer": DIGEST}]}),
    *[job(verification={"comparator": rule, "replicas": 2}) for rule in COMPARATORS],
    *[job(outputs=[{"path": "a", "comparator": rule}]) for rule in ("sha256", *COMPARATORS)],
    job(outputs=[{"path": "a", "optional": True, "comparator": "exit"}], verification={"same_hardware": True}),
    job(verification={"max_error": "0.000001", "stdout": False}),
    job(retries=0, timeout=1, priority=-100, idempotency_key="k" * 200),
    job(retries=100, timeout=2_592_000, priority=100),
    wasm(args=[""], deterministic=True, seed=2**63 - 1, fuel=2**63 - 1, stdin={"text": "x"}),
    wasm(fuel=1),
    payload_of("assembly", source={"text": "x"}, arch="arm64", args=["a"]),
    {**payload_of("assembly", source={"text": "x"}, arch="arm64"), "requirements": {"arch": "arm64"}},
    *[
        image(reference)
        for reference in (
            "alpine",
            "alpine:3.20@" + DIGEST,
            "localhost/x",
            "localhost:5000/a/b:T",
            "A.com:065535/x",
            "a--b/c__d.e",
            "a" * 512,
            "a:" + "t" * 128,
        )
    ],
    image("alpine", command=["true"], pull="never", stdin={"blob": DIGEST}),
    image({"archive": {"blob": DIGEST}}),
    spirv(),
    spirv(launch={"block": [8, 8, 1], "arguments": [{"local_bytes": 64}]}),
    spirv(language=["cuda", "opencl"], options={"defines": {"N": "1"}, "fast_math": True}, launch={"shared_bytes": 1}),
    job(signatures=signatures(16)),
    job(cache=False),
]

WRONG_REQUIREMENTS: list[Job] = [{"drivers": ["a", "a"]}, {"enforced": ["x"]}, {"enforced": ["cpu", "cpu"]}]
WRONG_WASM: list[Job] = [{"args": []}, {"deterministic": False}, {"seed": 1}, {"fuel": 0}, {"x": 1}]

#: Not valid, or valid but not in canonical form: a receipt must have neither.
INVALID: list[Job] = [
    {"name": "job"},
    {"payload": PROCESS},
    {"name": "job", "command": ["true"]},
    job(retires=1),
    *[job(name=name) for name in ("", "n" * 201, "e\u0301" * 101, "\n", "\x7f", "\u0085", 1, None)],
    *[command(*words) for words in ([], [""], ["a\0"], ["w"] * 1001, ["w" * 131_072], ["é" * 65_536])],
    command(*["w" * 131_071] * 4, *["w"] * 5),
    payload_of("process", command="true"),
    {"name": "job", "payload": {}},
    {"name": "job", "payload": {**PROCESS, "wasm": {"module": {"blob": DIGEST}}}},
    *[
        job(array=array)
        for array in (
            {"count": 1},
            {"count": 0, "first": 0},
            {"count": 100_000_001, "first": 0},
            {"count": 2, "first": 4_294_967_295},
            {"count": 1, "first": 0, "x": 1},
            {"from": 0, "to": 1},
            "0-1",
            2,
        )
    ],
    *[job(environment=values) for values in ({}, {"A": 1}, {"1A": ""}, {"WEFT_A": ""}, {"A-B": ""}, {"Ä": ""})],
    *[job(environment=values) for values in ({"A": "\0"}, {"A" * 129: ""}, {"A": "a" * 131_072})],
    *[job(labels=values) for values in ({}, {"": ""}, {"_a": ""}, {"a" * 64: ""}, {"a": "v" * 257}, {"a": "\n"})],
    *[job(outputs=[path]) for path in ("", "/a", "a/", "a//b", "..", "a/../b", "./a", "p" * 256, "é" * 128, "a\n")],
    job(outputs=["/".join(["p" * 255] * 4) + "/b"]),
    *[job(outputs=paths) for paths in ([], ["a", "a"], ["a", "a/b"], ["é", "e\u0301"], ["é/x", "e\u0301"], [1])],
    *[job(outputs=[output]) for output in ({"path": "a"}, {"path": "a", "optional": False}, {"optional": True})],
    job(inputs=files("a/b"), outputs=["a"]),
    job(inputs=files("a", "a")),
    job(inputs=files(*map(str, range(257)))),
    *[source(**members) for members in ({}, {"base64": "YQ=="}, {"base64": "/x=="}, {"base64": "/w"}, {"text": 1})],
    *[source(**members) for members in ({"blob": "ab" * 32}, {"blob": DIGEST, "text": ""}, {"blob": DIGEST.upper()})],
    *[source(text=text) for text in ("a" * 65_537, "é" * 32_769)],
    *[source(url=url) for url in ("ftp://a", "HTTP://a", "http://", "http:///x", "http://u@a", "http://a#", "a b")],
    source(url="http://a" + "/" * 2041),
    source(blob=DIGEST, sha256=DIGEST),
    source(text="", executable=False),
    source(each=[DIGEST]),
    {**source(each=[DIGEST]), "array": TWO},
    job(inputs=[{"path": f"{number}", "text": "a" * 65_536 if number < 16 else "a"} for number in range(17)]),
    payload_of("process", command=["true"], stdin="text"),
    *[job(resources={"cpus": cpus}) for cpus in (0, 1, 1025, "9m", "1000m", "2000m", "0500m", "0.5", True)],
    *[job(resources={"memory": size}) for size in (2**20 - 1, 2**28, 2**46 + 1, "1GiB")],
    *[job(resources={"disk": size}) for size in (2**20 - 1, 2**30, 2**50 + 1)],
    *[job(resources={"devices": [device]}) for device in ({"kind": "gpu"}, {"kind": "GPU", "count": 1}, "gpu")],
    job(resources={"devices": [{"count": 1, "kind": "gpu"}, {"count": 2, "kind": "gpu"}]}),
    *[
        job(resources={"devices": [{"count": 1, "kind": "gpu", **more}]})
        for more in (
            {"capability": "8.6"},
            {"capability": "8", "vendor": "nvidia"},
            {"capability": "08.6", "vendor": "nvidia"},
            {"memory": 1},
            {"share": "1GiB"},
            {"vendor": "NVIDIA"},
            {"model": "H200"},
        )
    ],
    job(resources={}),
    job(requirements={}),
    job(requirements={"drivers": []}),
    *[job(requirements={"arch": arch}) for arch in ("amd64", "x64", "x86-64", "aarch64", "armhf", "armv7l", "x86")],
    *[job(requirements=values) for values in ({"os": "a b"}, {"os": "Linux"}, {"isolation": "process"})],
    *[job(requirements=values) for values in WRONG_REQUIREMENTS],
    *[job(verification=policy) for policy in ({}, {"replicas": 1}, {"replicas": 65}, {"replicas": 3, "quorum": 2})],
    *[job(verification={"max_error": rate}) for rate in (0.001, "1e-3", "0.0010", "0", "1", "0.2", "0.0000001", ".1", None)],
    *[job(verification={"spot_check": share}) for share in (0.05, "5e-2", "0", "0.0001", "1.5", "0.050")],
    *[job(verification={"spot_check": "0.1", **more}) for more in ({"max_error": "0.1"}, {"replicas": 2})],
    job(verification="none"),
    job(verification={"same_hardware": False}),
    *[
        job(array=TWO, verification={"max_error": "0.001", "canaries": canaries})
        for canaries in (
            [],
            [{"task": 1}],
            [{"answer": DIGEST}],
            [{"task": "1", "answer": DIGEST}],
            [{"task": 1, "answer": "right"}],
            [{"task": 1, "answer": DIGEST}, {"task": 1, "answer": DIGEST}],
        )
    ],
    job(array=TWO, verification={"replicas": 2, "canaries": [{"task": 1, "answer": DIGEST}]}),
    *[job(outputs=[{"path": "a", "comparator": rule}]) for rule in WRONG_COMPARATORS],
    job(verification={"comparator": "sha256", "stdout": False}),
    *[job(verification={"max_error": "0.01", field: 3}) for field in ("replicas", "quorum", "max_replicas")],
    *[job(verification=policy) for policy in ({"quorum": 2}, {"replicas": 3, "max_replicas": 7}, {"stdout": True})],
    *[job(verification=policy) for policy in ({"replicas": 3, "max_replicas": 2}, {"comparator": "sha256"})],
    *[job(retries=number) for number in (-1, 2, 101)],
    *[job(timeout=number) for number in (0, 3600, 2_592_001, "90s")],
    *[job(priority=number) for number in (0, 101)],
    *[wasm(**field) for field in WRONG_WASM],
    payload_of("assembly", source={"text": "x"}, arch="amd64"),
    {**payload_of("assembly", source={"text": "x"}, arch="arm64"), "requirements": {"arch": "x86_64"}},
    *[
        image(reference)
        for reference in (
            "",
            "Alpine",
            "a b",
            "-a",
            "a___b",
            "a..b",
            "a//b",
            "a:",
            "a:b:c",
            "a@sha256:12",
            "a" * 513,
            "a:" + "t" * 129,
            "A.com:65536/x",
            "a_b.com/x",
            "HOST/x",
        )
    ],
    *[spirv(language=languages) for languages in (["spirv"], ["opencl", "spirv"], ["spirv", "opencl"], "spir-v")],
    *[spirv(options=options) for options in ({"fast_math": True}, {"defines": {"N": "1"}})],
    spirv(launch={"shared_bytes": 1}),
    spirv(emulated=True),
    image("alpine", pull="missing"),
    image({"archive": {"blob": DIGEST}}, pull="never"),
    *[job(cache=value) for value in (True, None, 0, "false")],
    job(signatures=[]),
    job(signatures=signatures(17)),
    job(signatures=signatures(1) * 2),
    job(signatures=[{"signature": "AAAA", "signer": NODES[0].id}]),
]
