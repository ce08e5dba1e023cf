"""The open channels of one deliverer, what its loop polls, and the connections they take from all workers."""

from __future__ import annotations

import select
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from newsletter.delivery.pace.slots import Slots
from newsletter.delivery.pace.turnstile import Way
from newsletter.delivery.transport import Channel
from newsletter.delivery.work import Job
from newsletter.errors import Unavailable

TICK_SECONDS = 0.25  # how long a loop waits for any of them to move


@dataclass(slots=True)
class Lane:
    """One channel and the at most two jobs on it."""

    channel: Channel
    way: Way
    number: int
    begun: int = 0  # messages offered on it
    sent: Job | None = None  # its content is out, its answer is awaited
    offered: Job | None = None  # its envelope is out
    idle: bool = False
    served: bool = False  # the relay has asked for content here
    writing: bool = False  # registered for writing


class Lanes:
    """What is open. Iterating goes over a copy: lanes may be forgotten meanwhile."""

    def __init__(self) -> None:
        self.poll = select.epoll()
        self.known: dict[int, Lane] = {}  # by descriptor
        self.instant: list[Lane] = []  # without a descriptor: asked every time round
        self._slots = Slots()

    def __iter__(self) -> Iterator[Lane]:
        return iter([*self.known.values(), *self.instant])

    def __contains__(self, lane: Lane) -> bool:
        return self.known.get(lane.number) is lane or lane in self.instant

    def open(self, way: Way) -> bool:
        """Open one if that is possible at once; raises ``Unavailable``."""
        outlet = way.outlet
        if not outlet.transport.ready():
            return False
        if outlet.connections and not self._slots.take(outlet.code, outlet.for_issues):
            return False
        channel = outlet.transport.open()
        lane = Lane(channel, way, channel.fileno())
        way.lanes += 1
        if lane.number < 0:
            self.instant.append(lane)
        else:
            self.known[lane.number] = lane
            lane.writing = True
            self.poll.register(lane.number, select.EPOLLIN | select.EPOLLOUT)
        return True

    def forget(self, lane: Lane) -> None:
        """Count a lane no more and give its connection back; whoever calls this has closed or will close it."""
        known = self.known.pop(lane.number, None) is lane
        if lane in self.instant:
            self.instant.remove(lane)
            known = True
        if known:
            lane.way.lanes -= 1
            if lane.way.outlet.connections:
                with suppress(Unavailable):
                    self._slots.free(lane.way.outlet.code)

    def is_spent(self, lane: Lane) -> bool:
        """Return whether the connection has carried as many messages as its relay likes, or a letter waits for it."""
        outlet = lane.way.outlet
        if outlet.is_shared and self._slots.is_wanted(outlet.code):
            return True
        return bool(outlet.per_connection) and lane.begun >= outlet.per_connection

    def watch_writing(self, lane: Lane) -> None:
        """Poll for writing as long as there is something to write."""
        wanted = lane.channel.wants_write()
        if wanted != lane.writing and lane.number in self.known:
            self.poll.modify(lane.number, select.EPOLLIN | (select.EPOLLOUT if wanted else 0))
            lane.writing = wanted

    def check(self) -> None:
        """Raise ``Unavailable`` when the connections may be others' by now."""
        self._slots.check()

    def close(self) -> None:
        """End what is open; raises ``Unavailable`` when connections cannot be given back."""
        for lane in self:
            if lane.idle:
                lane.channel.leave()
            else:
                lane.channel.give_up("the deliverer ended")
        self.poll.close()
        self._slots.close()
