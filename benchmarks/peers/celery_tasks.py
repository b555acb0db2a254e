"""The Celery application that worker and client share. Its redis is the one of BENCH_REDIS_URL, its tasks as cheap as
Celery's settings make them: JSON, no events, generous prefetching. Acknowledged early (Celery's default), so a task
that a dying worker held is lost."""

import os

import peerkit
from celery import Celery

_url = os.environ["BENCH_REDIS_URL"]
app = Celery("bench", broker=f"{_url}/0", backend=f"{_url}/1")
app.conf.update(
    accept_content=["json"],
    task_serializer="json",
    result_serializer="json",
    result_expires=3600,
    task_acks_late=False,
    task_send_sent_event=False,
    worker_send_task_events=False,
    worker_prefetch_multiplier=64,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    broker_pool_limit=4,
)


@app.task
def spawn_true() -> int:
    """One process."""
    return peerkit.spawn_true()


@app.task
def nothing() -> None:
    """The task that does nothing."""
