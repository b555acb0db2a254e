"""What schemathesis asks for is kept from ending the run itself, or from taking its minutes. README.md says more."""

from __future__ import annotations

import hashlib
import os
import re
from typing import Any

import schemathesis

#: Names of tokens that the run and the cluster themselves use.
OWN_TOKENS = frozenset(os.environ["WEFT_TEST_OWN_TOKENS"].split(","))
WAIT = re.compile(r"[0-9]{1,7}(ms|s|m)?")


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    query = case.query or {}
    # Valid waits are for nobody's end: each would take its time of the run.
    if isinstance(query.get("wait"), str) and WAIT.fullmatch(query["wait"]):
        query["wait"] = "20ms"
    # A log of a job that never ends is followed for ever.
    if query.get("follow") in (True, "true"):
        query["follow"] = "false"
    parameters = case.path_parameters or {}
    operation = case.operation.definition.raw.get("operationId")
    if operation == "revokeToken" and parameters.get("name") in OWN_TOKENS:
        parameters["name"] = "somebody-else"
    # Which outputs there are is in the job's spec, where no link leads to: half of the reads get one that is there.
    if operation == "getOutput" and case.meta.generation.mode.is_positive and len(str(parameters.get("path"))) % 2 == 0:
        parameters.update(job=int(os.environ["WEFT_TEST_JOB"]), index=0, path="kept.txt")
    # Only the digest of the body itself is accepted: half of the bodies get theirs.
    if operation == "putBlob" and isinstance(case.body, bytes) and len(case.body) % 2 == 0:
        if re.fullmatch(r"(sha256:)?[0-9a-f]{64}", str(parameters.get("digest"))):
            parameters["digest"] = "sha256:" + hashlib.sha256(case.body).hexdigest()
