"""The wire path alone: the writer and the SMTP transport without a ledger, over an event loop of twenty lines.

Nothing is claimed, marked or recorded: the distance to the full path is what the promise costs.
"""

from __future__ import annotations

import resource
import select
import time
from collections.abc import Iterator

from benchmarks.sink import sink
from newsletter.delivery.ledger import Row
from newsletter.delivery.relay import Relay
from newsletter.delivery.transport import Answered, Channel, Down, Envelope, Offered, Up
from newsletter.delivery.transports.smtp import Smtp
from newsletter.delivery.writer import IssueWriter, writer_of
from newsletter.issues.models import Issue


def measure(issue: Issue, *, messages: int, connections: int) -> dict[str, object]:
    """Send so many personalised copies of a frozen issue as fast as they can be written."""
    writer = writer_of(issue.pk)
    with sink() as seen:
        before = _cpu()
        _send(writer, Smtp(Relay("127.0.0.1", seen.port), most=connections), messages)
        used = _cpu() - before
        time.sleep(0.05)
    return {
        "what": "wire path alone",
        "connections": connections,
        "messages": seen.messages,
        "per_second": round(seen.per_second, 1),
        "cpu_seconds_per_1000": round(used / messages * 1000, 4),
    }


def _send(writer: IssueWriter, transport: Smtp, messages: int) -> None:
    rows = _rows(messages)
    waiting: dict[Envelope, Row] = {}
    poll, channels = select.epoll(), {}

    def envelope() -> Envelope | None:
        row = next(rows, None)
        if row is None:
            return None
        made = writer.envelope(row)
        waiting[made] = row
        return made

    for _ in range(transport.most):
        channel = transport.open()
        channels[channel.fileno()] = channel
        poll.register(channel.fileno(), select.EPOLLIN | select.EPOLLOUT)
    answered = 0
    while answered < messages:
        for number, _ in poll.poll():
            channel = channels[number]
            for happening in channel.handle(readable=True, writable=True):
                if isinstance(happening, Answered):
                    answered += 1
                elif isinstance(happening, Offered):
                    channel.send(writer.content(waiting.pop(happening.envelope)), envelope())
                elif isinstance(happening, Up) and (first := envelope()) is not None:
                    channel.offer(first)
                elif isinstance(happening, Down):
                    raise SystemExit(happening.words)
            poll.modify(number, select.EPOLLIN | (select.EPOLLOUT if channel.wants_write() else 0))
    for channel in channels.values():
        _leave(channel)


def _leave(channel: Channel) -> None:
    channel.leave()


def _rows(number: int) -> Iterator[Row]:
    for one in range(1, number + 1):
        yield Row(10_000_000 + one, one, f"r{one}@readers.example", f"Reader {one}", "", 0, "")


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
