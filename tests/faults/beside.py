"""Something that serves in a thread of its own for the time of a block."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Server(Protocol):
    """``serve`` returns soon after ``end``."""

    def serve(self) -> None:
        """Serve until it is ended."""
        ...

    def end(self) -> None:
        """Close everything."""
        ...


@contextmanager
def beside(server: Server) -> Iterator[None]:
    """Let it serve, and wait for its thread at the end."""
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.end()
        thread.join(10)
