"""Where messages wait for their call: threads gather those that can go together and tell each what became of it.

There is one for each provider and process. It outlives the slices of a deliverer, so that open connections, and what
the provider said about waiting, are not forgotten every minute.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Condition, Thread
from time import monotonic

from newsletter.delivery.message import Copy, Sheet
from newsletter.delivery.provider.call import Batch, Caller
from newsletter.delivery.provider.descriptors import descriptors
from newsletter.delivery.provider.merge import Form, Language, form_of
from newsletter.delivery.provider.parcel import Alone, Lost, Parcel, Untouched, Verdict
from newsletter.delivery.provider.tempo import Tempo
from newsletter.delivery.written import Written

log = logging.getLogger(__name__)
CALLS = 8  # at once
TOGETHER = 2  # full calls whose readers may be under way at once
LINGER_SECONDS = 0.02  # a call that is not full leaves when so long nothing joined it
IDLE_SECONDS = 5.0  # a thread that has had nothing to do ends and closes its connection: old ones get cut off
MOST_FORMS = 64


@dataclass(frozen=True, slots=True)
class Place:
    """A parcel in the queue; ``form`` and ``values`` where it may go together with others of the same form."""

    parcel: Parcel
    copy: Copy | None = None
    form: Form | None = None
    values: Mapping[str, str] | None = None


class Dispatch:
    """A queue and its threads. ``connect`` makes an open caller; it may raise, then nothing was taken."""

    def __init__(self, connect: Callable[[Tempo], Caller], *, language: Language | None, most: int) -> None:
        """``most`` readers go in one call at the most, where the provider has a ``language`` for it."""
        self.tempo = Tempo()
        self._connect, self._language = connect, language
        self._most = max(1, min(most, language.most)) if language is not None else 1
        self._room = descriptors(CALLS if self._most == 1 else self._most * TOGETHER)
        self._line: deque[Place] = deque()
        self._begun: dict[Parcel, float] = {}  # the parcels in calls, by when those began; not those given up
        self._changed = Condition()
        self._threads = 0
        self._idle = 0
        self._gathering = False
        self._forms: dict[int, tuple[Sheet, Form | None]] = {}

    @property
    def room(self) -> int:
        """Return how many messages may be under way: fewer while the provider wants less."""
        return min(self._most, self._room) if self.tempo.gap else self._room

    def closed(self) -> str:
        """Return why nothing can be taken just now, "" when it can."""
        seconds = self.tempo.closed_for()
        return f"the provider asked to wait, {seconds:.0f} s more" if seconds else ""

    def take(self, parcel: Parcel) -> None:
        """Queue a parcel; its ``tell`` is called from another thread, once, unless it is taken back."""
        place = self._place(parcel)
        with self._changed:
            self._line.append(place)
            self._staff(1)

    def began_at(self, parcel: Parcel) -> float | None:
        """Return the monotonic second at which a parcel's call began, None while it waits for one."""
        return self._begun.get(parcel)

    def take_back(self, parcel: Parcel) -> bool:
        """Take a parcel out of the queue; False when its call may have begun. It goes into no further call."""
        with self._changed:
            self._begun.pop(parcel, None)
            for place in self._line:
                if place.parcel is parcel:
                    self._line.remove(place)
                    return True
        return False

    def _staff(self, waiting: int) -> None:
        """Have threads for so many that just came into the line."""
        for _ in range(min(waiting - self._idle, CALLS - self._threads)):
            self._threads += 1
            Thread(target=self._work, name="provider", daemon=True).start()
        self._changed.notify_all()

    def _place(self, parcel: Parcel) -> Place:
        octets = parcel.octets
        if self._language is None or self._most == 1 or not isinstance(octets, Written) or parcel.envelope.utf8:
            return Place(parcel)
        form = self._form(octets.sheet, self._language)
        values = form.values(octets.copy.values) if form is not None else None
        return Place(parcel) if values is None else Place(parcel, octets.copy, form, values)

    def _form(self, sheet: Sheet, language: Language) -> Form | None:
        known = self._forms.get(id(sheet))
        if known is None or known[0] is not sheet:
            if len(self._forms) >= MOST_FORMS:
                self._forms.clear()
            known = self._forms[id(sheet)] = (sheet, form_of(sheet, language))
        return known[1]

    def _work(self) -> None:
        caller: Caller | None = None
        try:
            while (batch := self._next()) is not None:
                if caller is None:
                    caller = self._open(batch)
                if caller is not None and batch.parcels:
                    self._call(caller, batch)
        finally:
            if caller is not None:
                caller.backend.close()

    def _open(self, batch: Batch) -> Caller | None:
        try:
            return self._connect(self.tempo)
        except Exception as error:  # whatever it is: nothing was sent
            log.warning("provider_not_opened error=%s", type(error).__name__)
            self.tempo.told_to_wait(None)
            self._tell(batch, [Untouched(f"the provider cannot be used: {type(error).__name__}")] * len(batch.parcels))
            return None

    def _call(self, caller: Caller, batch: Batch) -> None:
        if self.tempo.closed_for():
            self._tell(batch, [Untouched("the provider asked to wait")] * len(batch.parcels))
            return
        try:
            verdicts = caller.hand_in(batch)
        except Exception as error:  # it may have gone
            log.warning("provider_call_broke error=%s", type(error).__name__)
            verdicts = [Lost(f"the call broke: {type(error).__name__}")] * len(batch.parcels)
        self._tell(batch, verdicts)

    def _tell(self, batch: Batch, verdicts: Sequence[Verdict]) -> None:
        """Tell everybody; who is to go alone is first in line again, unless nobody waits for it any more."""
        alone = []
        for parcel, verdict in zip(batch.parcels, verdicts, strict=True):
            if isinstance(verdict, Alone):
                alone.append(parcel)
            else:
                parcel.tell(verdict)
        with self._changed:
            again = [Place(parcel) for parcel in alone if parcel in self._begun]
            for parcel in batch.parcels:
                self._begun.pop(parcel, None)
            self._line.extendleft(reversed(again))
            self._staff(len(again) - 1)  # one is for the thread that is here

    def _next(self) -> Batch | None:
        """Wait for a call's worth of parcels; None when none came for a while: the thread ends."""
        with self._changed:
            while not self._line or self._gathering:
                self._idle += 1
                woken = self._changed.wait(IDLE_SECONDS)
                self._idle -= 1
                if not woken and not self._line:
                    self._threads -= 1
                    return None
            self._gathering = True
            try:
                self._wait_for_turn()
                batch = self._gather() if self._line else Batch(())
                self._begun.update(dict.fromkeys(batch.parcels, monotonic()))
                return batch
            finally:
                self._gathering = False
                self._changed.notify_all()

    def _wait_for_turn(self) -> None:
        """Keep to the tempo: what waits can be taken back meanwhile. A provider that is closed is not asked at all."""
        at = monotonic() + (0.0 if self.tempo.closed_for() else self.tempo.turn())
        while self._line and not self.tempo.closed_for() and (left := at - monotonic()) > 0:
            self._changed.wait(left)

    def _gather(self) -> Batch:
        """Take what may go with the first in line, and wait a little while more of it keeps coming."""
        first = self._line[0]
        if first.form is None:
            return Batch((self._line.popleft().parcel,))
        fitting, before = self._fitting(first), 0
        while before < len(fitting) < self._most:
            before = len(fitting)
            self._changed.wait(LINGER_SECONDS)
            if not self._line or self._line[0] is not first:
                return self._gather() if self._line else Batch(())
            fitting = self._fitting(first)
        taken = {id(place) for place in fitting}
        self._line = deque(place for place in self._line if id(place) not in taken)
        return Batch(
            [place.parcel for place in fitting],
            [place.copy for place in fitting if place.copy is not None],
            [place.values for place in fitting if place.values is not None],
            first.form,
            self._language,
        )

    def _fitting(self, first: Place) -> list[Place]:
        """Return those of the same form, no address twice: a provider would take it for one reader."""
        found: dict[str, Place] = {}
        for place in self._line:
            if place.form is first.form:
                found.setdefault(place.parcel.address.casefold(), place)
                if len(found) == self._most:
                    break
        return list(found.values())
