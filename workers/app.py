"""The hands: a Celery application whose messages are wake-ups and nothing else.

A message carries ids, may be lost, doubled or reordered, and expires; what is due is in the database. So: early
acknowledgement, no results, one message ahead, no time of arrival, short socket timeouts (a hung broker must not
hang us), queues of their own for letters, deliveries and upkeep.
"""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsletter.settings")

from newsletter import embedded

embedded.ensure()

import django  # noqa: E402  settings may be read only after the parts are there

django.setup()

from celery import Celery, signals  # noqa: E402
from django.conf import settings  # noqa: E402

from workers import stopping  # noqa: E402
from workers.beat import TIMETABLE  # noqa: E402
from workers.broker import be_patient  # noqa: E402
from workers.hand import name_a_place  # noqa: E402
from workers.pump import Pump  # noqa: E402

SOCKET_SECONDS = 2


def _broker(address: str) -> str:
    """Return the address in kombu's form; redis-py says unix:// where kombu says redis+socket://."""
    if address.startswith("unix://"):
        place, _, options = address.removeprefix("unix://").partition("?")
        return f"redis+socket://{place}?virtual_host={options.removeprefix('db=') or '0'}"
    return address


be_patient()
app = Celery("newsletter", broker=_broker(settings.REDIS_URL), include=["workers.tasks"])
app.conf.update(
    task_ignore_result=True,
    task_acks_late=False,
    task_serializer="json",
    accept_content=["json"],
    task_default_queue="upkeep",
    task_routes={"letters": {"queue": "letters"}, "deliver": {"queue": "deliver"}},
    task_publish_retry=False,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    worker_enable_remote_control=False,
    worker_send_task_events=False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_connection_timeout=SOCKET_SECONDS,
    broker_transport_options={
        "visibility_timeout": 300,
        "socket_timeout": SOCKET_SECONDS,
        "socket_connect_timeout": SOCKET_SECONDS,
        "max_retries": 0,
        "interval_start": 0,
        "interval_max": 0.1,
    },
    timezone="UTC",
    enable_utc=True,
    beat_schedule=TIMETABLE,
)
app.steps["worker"].add(Pump)


@signals.celeryd_init.connect
def _name_the_place(**_: Any) -> None:
    """Everything this worker starts shares one deliverer; see ``hand.place``."""
    os.environ["NEWSLETTER_PLACE"] = name_a_place()


@signals.worker_shutting_down.connect
def _stop_slices(**_: Any) -> None:
    """Tell the slices under way in our children to begin nothing new."""
    stopping.say()


@signals.worker_process_init.connect
def _heed_term(**_: Any) -> None:
    """A SIGTERM to the whole group must not cut a child in the middle of a message."""
    stopping.heed_term()
