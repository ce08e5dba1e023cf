"""Wake-ups through Celery: quick, and never an error of whoever wakes."""

from __future__ import annotations

import logging
import os
import time
from concurrent.futures import ThreadPoolExecutor

from workers.app import app
from workers.beat import EXPIRES

log = logging.getLogger(__name__)
SILENT_SECONDS = 10.0  # after a failure nobody waits for the broker again so soon
PUBLISH_SECONDS = 1.0  # whoever wakes is answering a request; a worker listens with more patience
WAIT_SECONDS = 2.0  # a slow broker needs several answers for one message; nobody waits longer for all of them
MOST_CONNECTIONS = 4


class CeleryWake:
    """Publishes task messages; the pump finds the work when they are lost."""

    def __init__(self) -> None:
        self._silent_until = 0.0
        patience = {"socket_timeout": PUBLISH_SECONDS, "socket_connect_timeout": PUBLISH_SECONDS}
        self._pool = app.connection_for_write(transport_options=patience).Pool(MOST_CONNECTIONS)
        self._threads, self._process = ThreadPoolExecutor(MOST_CONNECTIONS), os.getpid()

    def freeze(self, issue_id: int) -> None:
        """Wake for a freeze."""
        self._publish("freeze", issue_id)

    def deliver(self, issue_id: int) -> None:
        """Wake for deliveries."""
        self._publish("deliver", issue_id)

    def letters(self) -> None:
        """Wake for letters."""
        self._publish("letters")

    def _publish(self, task: str, *ids: int) -> None:
        if time.monotonic() < self._silent_until:
            return
        if self._process != os.getpid():  # threads do not come along into a fork
            self._threads, self._process = ThreadPoolExecutor(MOST_CONNECTIONS), os.getpid()
        try:
            self._threads.submit(self._send, task, list(ids)).result(WAIT_SECONDS)
        except Exception as error:  # whatever a broker may do, a wake-up is only a hint
            self._silent_until = time.monotonic() + SILENT_SECONDS
            log.warning("wake_up_lost task=%s error=%s", task, type(error).__name__)

    def _send(self, task: str, ids: list[int]) -> None:
        with self._pool.acquire(block=True, timeout=PUBLISH_SECONDS) as broker:
            app.send_task(task, args=ids, expires=EXPIRES, retry=False, ignore_result=True, connection=broker)
