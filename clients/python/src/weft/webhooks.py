"""Checks what a coordinator sends to a webhook (docs/webhooks.md): CloudEvents, signed as Standard Webhooks are.

Needs nothing but Python's own library.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Mapping, Optional

from . import models
from .errors import UnexpectedAnswer, WeftError
from .models import Event

#: Deliveries that are older, or of a later time than this clock's by more, are refused.
TOLERANCE_SECONDS = 300


class WebhookRefused(WeftError):
    """This is no delivery of the coordinator, or an old one: answer it with 400 and do nothing."""


@dataclass(frozen=True)
class CloudEvent:
    """A delivery whose signature is right.

    ``id`` stays the same when a delivery is repeated: whoever has seen it with this ``source`` has seen the event.
    """

    id: str
    source: str
    #: ``org.weft.`` and the kind of the event, as ``org.weft.job.moved``; ``org.weft.webhook.test`` is a test.
    type: str
    time: datetime
    data: Mapping[str, Any]
    #: The job, task, attempt or node that it is about.
    subject: Optional[str] = None

    @property
    def event(self) -> Event:
        """What happened, as ``Client.events`` has it. Raises ``UnexpectedAnswer`` for a test, where nothing did."""
        return models.read(Event, self.data)


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The header ``webhook-signature``. Raises ``ValueError`` for a secret that is none."""
    prefix, _, encoded = secret.strip().partition("_")
    try:
        key = base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise ValueError("the secret is no base64") from error
    if prefix != "whsec" or not key:
        raise ValueError("a webhook's secret is whsec_ and base64")
    content = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


def verify_webhook(
    secret: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    tolerance_seconds: float = TOLERANCE_SECONDS,
    now: Optional[float] = None,
) -> CloudEvent:
    """The event of a delivery, once its signature and age are right; else raises ``WebhookRefused``.

    ``headers`` are those of the request, in any case of letters; ``body`` its very bytes. The signatures are compared in
    a time that tells nothing about them. ``now`` is the time of day in seconds, for tests.
    """
    fields = {name.lower(): value for name, value in headers.items()}
    try:
        message_id, stamp, signatures = (fields[f"webhook-{name}"] for name in ("id", "timestamp", "signature"))
    except KeyError as error:
        raise WebhookRefused(f"the header {error.args[0]} is missing") from None
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 16):
        raise WebhookRefused("webhook-timestamp is no time in seconds")
    expected = sign(secret, message_id, int(stamp), body).encode()
    # All are compared: there may be several, while a secret is being changed.
    matches = [hmac.compare_digest(expected, signature.encode()) for signature in signatures.split(" ")]
    if not any(matches):
        raise WebhookRefused("the signature is not that of this secret and body")
    age = (time.time() if now is None else now) - int(stamp)
    if abs(age) > tolerance_seconds:
        raise WebhookRefused(f"it was signed {age:.0f} seconds ago; {tolerance_seconds:.0f} are allowed")
    try:
        return models.read(CloudEvent, json.loads(body))
    except (ValueError, UnexpectedAnswer) as error:
        raise WebhookRefused(f"this is no event: {error}") from error
