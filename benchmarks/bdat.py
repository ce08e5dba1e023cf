"""BDAT (RFC 3030) against DATA with pipelining: what would be gained if messages left in chunks?

The same messages, connections and writes on both ways; one round trip a message on both, for the next envelope goes out
behind the content. Rounds take turns. CPU is that of the sender and of the sink, which looks through the content of
DATA for its end as every server must, and skips a chunk.
"""

from __future__ import annotations

import resource
import select
import socket
import statistics
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from benchmarks.dkim import _copy, _sheet
from benchmarks.sink import sink
from newsletter.delivery.message import Compiled, compile_message

MESSAGES, CONNECTIONS, ROUNDS = 40_000, 32, 5
Pieces = list[bytes]


def main() -> None:
    """Print the medians of both ways."""
    messages, rounds = (3_200, 1) if "--quick" in sys.argv[1:] else (MESSAGES, ROUNDS)
    compiled = compile_message(_sheet())
    ways: dict[str, tuple[Callable[[bytes, bytes], Pieces], bytes, int]] = {
        "DATA": (lambda content, then: [content, b".\r\n" + then], b"DATA\r\n", 4),
        "BDAT": (lambda content, then: [b"BDAT %d LAST\r\n" % len(content), content, then], b"", 3),
    }
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, (write, command, replies) in ways.items():
            found[name].append(_measure(compiled, messages, write, command, replies))
    for name, runs in found.items():
        rate, ours, theirs = (statistics.median(column) for column in zip(*runs, strict=True))
        print(f"{name}: {rate:8,.0f} messages/s, {ours:5.1f} us CPU a message here, {theirs:5.1f} us in the sink")


def _measure(
    compiled: Compiled, messages: int, write: Callable[[bytes, bytes], Pieces], command: bytes, replies: int
) -> tuple[float, float, float]:
    """Return messages a second, and CPU microseconds of a message here and in the sink."""
    there = resource.getrusage(resource.RUSAGE_CHILDREN)
    with sink() as seen:
        here = resource.getrusage(resource.RUSAGE_SELF)
        _send(compiled, messages, seen.port, write, command, replies)
        after = resource.getrusage(resource.RUSAGE_SELF)
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = (after.ru_utime + after.ru_stime - here.ru_utime - here.ru_stime) / messages * 1e6
    sunk = (ended.ru_utime + ended.ru_stime - there.ru_utime - there.ru_stime) / messages * 1e6
    if seen.messages != messages:
        raise SystemExit(f"the sink has {seen.messages} of {messages}")
    return seen.per_second, used, sunk


@dataclass(slots=True)
class Line:
    """One connection: how many messages it still has to begin, and how many lines of the sink it waits for."""

    sock: socket.socket
    left: int
    expected: int
    rest: bytes | memoryview = b""


def _send(
    compiled: Compiled, messages: int, port: int, write: Callable[[bytes, bytes], Pieces], command: bytes, replies: int
) -> None:
    """Send an equal share of the messages over every connection, one under way on each."""
    poll, lines = select.epoll(), dict[int, Line]()
    envelope = b"MAIL FROM:<b@b.example>\r\nRCPT TO:<r%d@readers.example>\r\n" + command
    number = 0

    def flush(line: Line) -> None:
        with suppress(BlockingIOError):
            line.rest = line.rest[line.sock.send(line.rest) :]
        poll.modify(line.sock.fileno(), select.EPOLLIN | (select.EPOLLOUT if line.rest else 0))

    for one in range(CONNECTIONS):
        sock = _connected(port)
        lines[sock.fileno()] = Line(sock, messages // CONNECTIONS, replies - 1)
        poll.register(sock.fileno(), select.EPOLLIN)
        sock.sendall(envelope % -one)
    while lines:
        for descriptor, mask in poll.poll():
            line = lines[descriptor]
            if mask & select.EPOLLOUT:
                flush(line)
            if not mask & select.EPOLLIN:
                continue
            line.expected -= line.sock.recv(4096).count(b"\n")
            if line.expected:
                continue
            if not line.left:
                lines.pop(descriptor).sock.close()
                continue
            number, line.left = number + 1, line.left - 1
            line.expected = replies if line.left else 1
            then = envelope % number if line.left else b""
            line.rest = memoryview(b"".join(write(compiled.content(_copy(number)), then)))
            flush(line)


def _connected(port: int) -> socket.socket:
    sock = socket.create_connection(("127.0.0.1", port))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 512 * 1024)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.recv(1000)
    sock.sendall(b"EHLO here\r\n")
    sock.recv(1000)
    sock.setblocking(False)
    return sock


if __name__ == "__main__":
    main()
