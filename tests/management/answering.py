"""A server that does with every connection as told."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


@contextmanager
def answering(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """Serve at a free port of 127.0.0.1 for the time of the block, and give the port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    taken, _ = server.accept()
                except OSError:
                    return
                with taken, suppress(OSError):  # the other side was quicker
                    talk(taken)

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def say(*lines: str) -> Callable[[socket.socket], None]:
    """Answer line by line, whatever is asked; then wait for the other side to go."""

    def talk(taken: socket.socket) -> None:
        for line in lines:
            taken.sendall(line.encode("latin-1") + b"\r\n")
            if not taken.recv(4096):
                return
        taken.settimeout(3)
        taken.recv(4096)

    return talk
