"""One message's way to a provider: many of them share the calls of one dispatch."""

from __future__ import annotations

import math
import os
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from threading import Lock

from newsletter.delivery.provider.dispatch import Dispatch
from newsletter.delivery.provider.parcel import Fate, Lost, Parcel, Untouched
from newsletter.delivery.transport import ANSWER, SESSION, Answered, Down, Envelope, Happening, Offered, Reply, Up

LINE_SECONDS = 60.0  # so long a message waits for its call; then it is taken back, and has surely not been sent
ANSWER_SECONDS = 120.0  # a call has its own, shorter limits; this is for what they miss
BUSY, NOT_US = Reply(421, "4.7.0", ""), Reply(535, "5.7.0", "")


class ProviderChannel:
    """Its happenings come from threads; a bell (eventfd) rings for the loop that waits for them."""

    offers_utf8 = True  # whether an address can be had is the provider's own answer

    def __init__(self, dispatch: Dispatch) -> None:
        self._dispatch = dispatch
        self._bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._lock = Lock()
        self._closed = False
        self._happenings: deque[Happening] = deque()
        self._under_way: Parcel | None = None
        self._offered: Envelope | None = None
        self._next: Envelope | None = None
        self._called_by = math.inf  # monotonic second
        words = dispatch.closed()
        self._ring(Down(SESSION, words, reply=BUSY, waits=True) if words else Up())

    def fileno(self) -> int:
        return self._bell

    def wants_write(self) -> bool:
        return False

    def deadline(self) -> float:
        """Return when it is given up: a message in line has its time, and a call has one of its own."""
        parcel = self._under_way
        if parcel is None:
            return math.inf
        began_at = self._dispatch.began_at(parcel)
        return self._called_by if began_at is None else began_at + ANSWER_SECONDS

    def offer(self, envelope: Envelope) -> None:
        words = self._dispatch.closed()
        self._ring(Down(SESSION, words, reply=BUSY, waits=True) if words else Offered(envelope))

    def send(self, content: bytes, then: Envelope | None) -> None:
        envelope = self._offered
        if envelope is None:
            raise RuntimeError("content without an offer")
        self._offered, self._next = None, then
        parcel = Parcel(envelope, content, self._teller(envelope))
        self._under_way = parcel
        self._called_by = time.monotonic() + LINE_SECONDS
        self._dispatch.take(parcel)

    def handle(self, *, readable: bool, writable: bool) -> list[Happening]:
        with self._lock:
            if self._closed:
                return []
            with suppress(BlockingIOError):
                os.eventfd_read(self._bell)
            happenings = list(self._happenings)
            self._happenings.clear()
        for happening in happenings:
            self._notice(happening)
        return happenings

    def give_up(self, words: str) -> list[Happening]:
        parcel = self._under_way
        if parcel is None:
            self._close()
            return [Down(SESSION, words)]
        untouched = self._dispatch.take_back(parcel)
        told = self._close()
        if untouched:
            return [Down(ANSWER, words, returned=parcel.envelope)]
        late = next((one for one in told if isinstance(one, Answered | Down)), None)
        if isinstance(late, Answered):
            return [late, Down(SESSION, words)]
        return [late or Down(ANSWER, words, unanswered=parcel.envelope)]

    def leave(self) -> None:
        self._close()

    def _teller(self, envelope: Envelope) -> Callable[[Fate], None]:
        def tell(fate: Fate) -> None:
            """Called from a thread of the dispatch."""
            if isinstance(fate, Lost):
                self._ring(Down(ANSWER, fate.words, unanswered=envelope))
            elif isinstance(fate, Untouched):
                reply = NOT_US if fate.ours else BUSY
                phase = "auth" if fate.ours else SESSION
                self._ring(Down(phase, fate.words, reply=reply._replace(words=fate.words), returned=envelope))
            else:
                self._ring(Answered(envelope, ANSWER, fate))

        return tell

    def _notice(self, happening: Happening) -> None:
        """Know what the loop is told now."""
        if isinstance(happening, Offered):
            self._offered = happening.envelope
        elif isinstance(happening, Down):
            self._under_way = None
            self._close()
        elif isinstance(happening, Answered):
            self._under_way = None
            envelope, self._next = self._next, None
            if envelope is None:
                self._ring(Up())
            else:
                self.offer(envelope)

    def _ring(self, happening: Happening) -> None:
        with self._lock:
            if not self._closed:
                self._happenings.append(happening)
                os.eventfd_write(self._bell, 1)

    def _close(self) -> list[Happening]:
        """Close the bell and return what nobody was told."""
        with self._lock:
            untold = list(self._happenings)
            self._happenings.clear()
            if not self._closed:
                self._closed = True
                os.close(self._bell)
            return untold
