"""A web process of a test's own, what it says when it is asked how it is, and a program that asks it to send."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.workers.crew import NOBODY, wait_until

ANSWER_SECONDS = 120  # fifty may ask at once


@contextmanager
def web(database: str, log: Path) -> Iterator[str]:
    """A web process on a free port; yields its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        place = f"127.0.0.1:{free.getsockname()[1]}"
    environment = {**os.environ, "DATABASE_URL": database, "REDIS_URL": NOBODY}
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "newsletter", "web", "--bind", place], env=environment, stdout=out, stderr=out
        )
    try:
        wait_until(lambda: status(f"http://{place}/readyz") == 200, seconds=60)
        yield f"http://{place}"
    finally:
        process.terminate()
        process.wait(30)


def status(address: str) -> int:
    """The status of a GET, 0 when nobody answers."""
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return int(error.code)
    except OSError:
        return 0


def ask_to_send(address: str, secret: str, key: str = "") -> int:
    """Ask for "send" by the API, with an idempotency key or none; the status of the answer, ``OSError`` without one."""
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    headers |= {"Idempotency-Key": key} if key else {}
    request = urllib.request.Request(address, json.dumps({"act": "send"}).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return int(error.code)
