"""A name server of a test's own, and processes that ask it and nobody else."""

from __future__ import annotations

import os
import secrets
import socket
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.faults.beside import beside

SILENT, UNKNOWN, KNOWN = "silent", "unknown", "known"
HEAD = struct.Struct("!HHHHHH")
A, NO_SUCH_NAME, ANSWER_FLAGS = 1, 3, 0x8180


class Names:
    """Knows one address for every name: 127.0.0.1. ``mode`` says whether it tells; ``asked`` counts questions."""

    def __init__(self, address: str, folder: Path) -> None:
        self.mode, self.asked = SILENT, 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((address, 53))
        self._file = folder / "resolv.conf"
        self._file.write_text(f"nameserver {address}\n")

    def command(self) -> list[str]:
        """The words before a command that make it ask this server, in a view of the file system of its own."""
        return ["unshare", "--mount", "sh", "-c", f'mount --bind {self._file} /etc/resolv.conf && exec "$@"', "sh"]

    def serve(self) -> None:
        """Serve until the socket is closed."""
        with suppress(OSError):
            while True:
                question, peer = self._socket.recvfrom(4096)
                if not question:  # the end
                    return
                self.asked += 1
                if self.mode != SILENT and (answer := self._answer(question)):
                    self._socket.sendto(answer, peer)

    def _answer(self, question: bytes) -> bytes:
        number = HEAD.unpack_from(question)[0]
        end = question.index(b"\0", HEAD.size) + 5
        asked, kind = question[HEAD.size : end], struct.unpack_from("!H", question, end - 4)[0]
        if self.mode == UNKNOWN:
            return HEAD.pack(number, ANSWER_FLAGS | NO_SUCH_NAME, 1, 0, 0, 0) + asked
        found = b"\xc0\x0c" + struct.pack("!HHIH", A, 1, 0, 4) + socket.inet_aton("127.0.0.1") if kind == A else b""
        return HEAD.pack(number, ANSWER_FLAGS, 1, int(bool(found)), 0, 0) + asked + found

    def end(self) -> None:
        """Close; what waits for a question wakes up."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


def missing() -> str:
    """Say what keeps us from giving a process a resolver of its own, "" for nothing."""
    if os.geteuid() != 0:
        return "another resolver needs root"
    tried = subprocess.run(
        ["unshare", "--mount", "mount", "--bind", "/etc/hosts", "/etc/resolv.conf"], capture_output=True, check=False
    )
    return "" if tried.returncode == 0 else "this machine makes no mount namespaces"


@contextmanager
def names(folder: Path) -> Iterator[Names]:
    """Run a name server for the time of the block."""
    one = Names(f"127.53.{secrets.randbelow(256)}.{1 + secrets.randbelow(254)}", folder)
    with beside(one):
        yield one
