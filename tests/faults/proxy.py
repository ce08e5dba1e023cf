"""A wire that can be cut: a small proxy, TCP or Unix socket, before any part of the rig.

Modes: ``passing``; ``hanging`` (nothing moves and nothing is closed: a half-open connection); ``refusing`` (new
connections are closed at once, old ones reset); ``breaking off`` (the first piece of an answer goes through, then all
hangs); ``swallowing`` (what is asked goes through, the answer is thrown away and the connection reset). ``delay`` is
seconds a piece waits, ``rate`` octets a second.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PASSING, HANGING, REFUSING, SWALLOWING = "passing", "hanging", "refusing", "swallowing"
BREAKING_OFF = "breaking off"
Place = tuple[str, int] | Path


class Proxy:
    """A running proxy; set ``mode``, ``delay`` and ``rate`` at any time."""

    def __init__(self, target: Place, source: str = "") -> None:
        self.target, self.source = target, source
        self.mode, self.delay, self.rate = PASSING, 0.0, 0
        self.cuts = 0
        self.knocks: list[tuple[float, bool]] = []  # monotonic second of every connection, and whether it was let in
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._over = asyncio.Event()
        self._carrying: set[asyncio.Task[None]] = set()  # one a connection
        self._writers: set[asyncio.StreamWriter] = set()

    def reset(self) -> int:
        """Break every connection now; returns how many."""
        return asyncio.run_coroutine_threadsafe(self._reset(), self._loop).result()

    async def _reset(self) -> int:
        broken = len(self._carrying)
        for writer in list(self._writers):
            _abort(writer)
        self.cuts += broken
        return broken

    async def _serve(self, listen: Path | None, ready: threading.Event) -> None:
        """Serve until it is over, and leave nothing open."""
        if listen is None:
            server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
            self.port = server.sockets[0].getsockname()[1]
        else:
            server = await asyncio.start_unix_server(self._accept, str(listen))
        ready.set()
        await self._over.wait()
        for task in self._carrying:
            task.cancel()
        while others := asyncio.all_tasks() - {asyncio.current_task()}:  # those that just come in, too
            await asyncio.gather(*others, return_exceptions=True)
        server.close()  # only now: what asyncio has accepted and not yet wrapped it would leave open
        for writer in self._writers:
            _abort(writer)
        await asyncio.sleep(0)  # the loop closes what was aborted when it comes round

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.knocks.append((time.monotonic(), self.mode != REFUSING))
        if self.mode == REFUSING or self._over.is_set():
            _abort(writer)
            return
        self._writers.add(writer)  # at once: a task that is cancelled before its first step closes nothing
        task = self._loop.create_task(self._carry(reader, writer))
        self._carrying.add(task)
        task.add_done_callback(self._carrying.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if isinstance(self.target, Path):
                behind, ahead = await asyncio.open_unix_connection(str(self.target))
            else:
                local = (self.source, 0) if self.source else None
                behind, ahead = await asyncio.open_connection(*self.target, local_addr=local)
        except OSError:
            self._writers.discard(writer)
            _abort(writer)
            return
        pair = {writer, ahead}
        self._writers |= pair
        try:
            await asyncio.gather(
                self._pump(reader, ahead), self._pump(behind, writer, answers=True), return_exceptions=True
            )
        finally:
            self._writers -= pair
            for one in pair:
                one.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool = False) -> None:
        with suppress(OSError):
            while octets := await reader.read(1 << 16):
                while self.mode == HANGING:
                    await asyncio.sleep(0.05)
                if self.mode == REFUSING:
                    break
                if self.mode == SWALLOWING and answers:
                    self.cuts += 1
                    _abort(writer)
                    break
                if self.mode == BREAKING_OFF and answers:
                    self.mode = HANGING
                if self.delay:
                    await asyncio.sleep(self.delay)
                if self.rate:
                    await asyncio.sleep(len(octets) / self.rate)
                writer.write(octets)
                await writer.drain()
        with suppress(OSError, RuntimeError):
            writer.close()

    def run(self, listen: Path | None, ready: threading.Event) -> None:
        """The thread."""
        self._loop.run_until_complete(self._serve(listen, ready))
        self._loop.close()

    def end(self) -> None:
        """Stop the thread."""
        self._loop.call_soon_threadsafe(self._over.set)


@contextmanager
def proxy(target: Place, *, listen: Path | None = None, source: str = "") -> Iterator[Proxy]:
    """A proxy to ``target`` for the time of the block, at ``listen`` or at a free port of 127.0.0.1.

    ``source`` is the address from which it goes on.
    """
    one, ready = Proxy(target, source), threading.Event()
    thread = threading.Thread(target=one.run, args=(listen, ready), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield one
    finally:
        one.end()
        thread.join(10)


def _abort(writer: asyncio.StreamWriter) -> None:
    sock = writer.get_extra_info("socket")
    if sock is not None and sock.family != socket.AF_UNIX:
        with suppress(OSError):  # the other side was quicker
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
