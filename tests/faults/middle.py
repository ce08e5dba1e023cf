"""Whoever sits between us and the relay: hears every octet, and may change what the relay says or keep it back."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from tests.faults.beside import beside

Rewrite = Callable[[bytes], bytes]


def leave(octets: bytes) -> bytes:
    """Change nothing."""
    return octets


def without_starttls(octets: bytes) -> bytes:
    """Take the offer out, as long known from some providers of hotels and airports."""
    return octets.replace(b"250-STARTTLS\r\n", b"").replace(b"STARTTLS", b"XXXXXXXA")


def silent_after_the_yes(octets: bytes) -> bytes:
    """Keep back everything of the handshake."""
    return octets if octets.startswith(b"2") else b""


def never_an_answer(_octets: bytes) -> bytes:
    """Keep back all there is."""
    return b""


class Middle:
    """``heard`` is what clients said over each connection; ``rewrite`` may be set at any time."""

    def __init__(self, port: int, rewrite: Rewrite) -> None:
        self.target, self.rewrite = port, rewrite
        self.heard: list[bytearray] = []
        self._open: list[socket.socket] = []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self.listener.getsockname()[1]

    def in_clear(self) -> bytes:
        """Everything that was heard and could be read, of all connections."""
        return b"".join(bytes(one) for one in self.heard)

    def serve(self) -> None:
        """Serve until the listener is closed."""
        with suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                far = socket.create_connection(("127.0.0.1", self.target))
                self._open += [near, far]
                said = bytearray()
                self.heard.append(said)
                threading.Thread(target=self._listen, args=(near, far, said), daemon=True).start()
                threading.Thread(target=self._answer, args=(far, near), daemon=True).start()

    def _listen(self, near: socket.socket, far: socket.socket, said: bytearray) -> None:
        with suppress(OSError):
            while octets := near.recv(1 << 16):
                said += octets
                far.sendall(octets)
            far.shutdown(socket.SHUT_WR)

    def _answer(self, far: socket.socket, near: socket.socket) -> None:
        with suppress(OSError):
            while octets := far.recv(1 << 16):
                near.sendall(self.rewrite(octets))
            near.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        """Close everything."""
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for one in self._open:
            one.close()


@contextmanager
def middle(port: int, rewrite: Rewrite = leave) -> Iterator[Middle]:
    """Sit before a port of this machine for the time of the block."""
    one = Middle(port, rewrite)
    with beside(one):
        yield one
