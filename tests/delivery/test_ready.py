"""The queue before the lanes: order, messages written ahead, what cannot be written."""

from __future__ import annotations

from dataclasses import dataclass, field

from newsletter.delivery.headers import address_octets
from newsletter.delivery.ledger import Row
from newsletter.delivery.ready import Ready
from newsletter.delivery.transport import Envelope
from newsletter.delivery.work import Job, Work


@dataclass
class Scribe:
    """Writes an address as the whole content and remembers for whom it wrote."""

    wrote: list[int] = field(default_factory=list)

    def envelope(self, row: Row) -> Envelope:
        recipient = address_octets(row.address)
        return Envelope(row.id, b"b@b.example", recipient, utf8=not recipient.isascii())

    def content(self, row: Row) -> bytes:
        self.wrote.append(row.id)
        if row.name == "poison":
            raise ZeroDivisionError
        return row.address.encode()


class Queue:
    """A queue with what it refused."""

    def __init__(self) -> None:
        self.refused: list[tuple[int, str]] = []
        self.scribe = Scribe()
        self.work = Work(1, 1, self.scribe, 0)
        self.ready = Ready(lambda job, words: self.refused.append((job.row.id, words)))

    def add(self, number: int, *, address: str = "a@r.example", name: str = "", work: Work | None = None) -> None:
        self.ready.add(Job(Row(number, number, address, name, "", 0, ""), work or self.work))

    def taken(self, *, utf8: bool = True) -> list[int]:
        numbers = []
        while (job := self.ready.take(utf8=utf8)) is not None:
            numbers.append(job.row.id)
        return numbers


def test_jobs_go_in_their_order_and_what_was_put_back_goes_first_written_anew() -> None:
    queue = Queue()
    for number in (1, 2, 3):
        queue.add(number)
    first = queue.ready.take(utf8=True)
    assert first is not None
    assert (first.content, first.envelope.recipient) == (b"a@r.example", b"a@r.example")
    queue.ready.put_back(first)
    assert first.content == b""
    assert queue.taken() == [1, 2, 3]
    assert queue.scribe.wrote == [1, 1, 2, 3]


def test_so_many_are_written_ahead_and_no_more() -> None:
    queue = Queue()
    for number in (1, 2, 3):
        queue.add(number)
    queue.ready.write_ahead(2)
    assert (queue.scribe.wrote, len(queue.ready)) == ([1, 2], 3)
    assert queue.taken() == [1, 2, 3]
    assert queue.scribe.wrote == [1, 2, 3]


def test_what_cannot_be_written_is_refused_and_the_next_one_goes() -> None:
    queue = Queue()
    queue.add(1, name="poison")
    queue.add(2, address="no address")
    queue.add(3)
    assert queue.taken() == [3]
    assert queue.refused == [(1, "the message could not be built"), (2, "This is no address a relay can take.")]


def test_a_lane_without_smtputf8_gets_none_that_needs_it() -> None:
    queue = Queue()
    queue.add(1, address="ü@r.example")
    queue.add(2)
    assert queue.taken(utf8=False) == [2]
    assert queue.refused == [(1, "the relay does not take addresses in this script (SMTPUTF8)")]


def test_the_jobs_of_a_chunk_are_taken_out_written_or_not() -> None:
    queue = Queue()
    other = Work(2, 1, queue.scribe, 0)
    for number in (1, 2, 3, 4):
        queue.add(number, work=other if number % 2 else None)
    queue.ready.write_ahead(2)
    assert queue.ready.remove(queue.work) == 2
    assert queue.taken() == [1, 3]
