"""Refusals that are alike and stand in a row say something about us, not about the readers.

Every deliverer sees its own; all of them count into one row of the issue, in the turn that records them
(``ledger.TURN_OF_REFUSALS``). However many workers there are, a relay that refuses all of us from the beginning
refuses ten readers before the issue pauses. Where it begins in the middle of a sending, messages under way are still
accepted and begin the count anew. What was offered before the first refusal proves nothing, though: ten and one a
connection with nothing accepted that was offered since are enough, so it is at most that many a worker.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import attrgetter

from newsletter.delivery.ledger import Refusals
from newsletter.delivery.outcome import SAME_REFUSALS
from newsletter.delivery.transport import Reply


@dataclass(slots=True)
class Run:
    """Refusals of one issue with none accepted between them; ``ids`` are those that the next turn records."""

    reply: str
    fresh: bool  # one was accepted just before, and no turn has recorded that yet
    words: str = ""
    number: int = 0
    untold: int = 0
    ids: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Stretch:
    """Refusals of one issue with none accepted that was offered after the first of them, which was offer ``since``."""

    reply: str
    since: int
    number: int = 0


def same(reply: Reply) -> str:
    """Return by what refusals are alike: code and enhanced code, for the words may name the reader."""
    return f"{reply.code} {reply.enhanced}"


_ENDLESS = Stretch("", 2**63)  # of an issue that has none


class Runs:
    """What one deliverer has seen."""

    def __init__(self) -> None:
        self._open: dict[int, Run] = {}
        self._stretches: dict[int, Stretch] = {}
        self._offers = 0
        self._accepted: set[int] = set()  # issues of which the next turn records an acceptance
        self._known_good: set[int] = set()  # issues of which some turn has
        self._told: dict[int, tuple[Refusals, str]] = {}  # what the turn under way reports, and the relay's words

    def offer(self) -> int:
        """One is about to be offered to a relay; returns its place among all offers."""
        self._offers += 1
        return self._offers

    def accept(self, issue: int, offer: int) -> None:
        """One was accepted: a run is over."""
        self._accepted.add(issue)
        if self._open:
            self._open.pop(issue, None)
        if self._stretches and offer > self._stretches.get(issue, _ENDLESS).since:
            del self._stretches[issue]

    def refuse(self, issue: int, row: int, reply: Reply, *, connections: int) -> bool:
        """One was refused; returns whether that makes ten in a row here, or as good as that."""
        like = same(reply)
        run = self._open.get(issue)
        if run is None or run.reply != like:
            run = self._open[issue] = Run(like, fresh=issue in self._accepted)
        run.words, run.number, run.untold = reply.words, run.number + 1, run.untold + 1
        run.ids.append(row)
        stretch = self._stretches.get(issue)
        if stretch is None or stretch.reply != like:
            stretch = self._stretches[issue] = Stretch(like, self._offers)
        stretch.number += 1
        return run.number >= SAME_REFUSALS or stretch.number >= SAME_REFUSALS + connections

    def forget(self, issue: int) -> None:
        """An issue was stopped and goes again: only refusals that no turn has recorded count on."""
        run = self._open.pop(issue, None)
        self._stretches.pop(issue, None)
        if run is not None and run.ids:
            run.number = run.untold = len(run.ids)
            self._open[issue] = run

    def tell(self) -> tuple[list[int], list[Refusals]]:
        """Return what the next turn records: issues with an acceptance, and runs for the count of all workers.

        A single refusal between acceptances is an everyday matter; counting it would make workers wait for each other.
        With refusals of one issue, the acceptances of others are told as empty runs: a turn locks the rows of all its
        issues in one statement, in their order, so that two workers never wait for each other.
        """
        self._told = {
            issue: (Refusals(issue, run.reply, run.untold, run.ids, run.fresh), run.words)
            for issue, run in self._open.items()
            if run.ids and (run.number > 1 or issue not in self._known_good | self._accepted)
        }
        for issue, run in self._open.items():
            run.ids, run.fresh = [], False
            run.untold = 0 if issue in self._told else run.untold
        accepted = sorted(issue for issue in self._accepted if issue not in self._told)
        if self._accepted:
            self._known_good |= self._accepted
            self._accepted = set()
        if not self._told:
            return accepted, []
        broken = [Refusals(issue, "", 0, (), fresh=True) for issue in accepted]
        return [], sorted([*broken, *(run for run, _ in self._told.values())], key=attrgetter("issue"))

    def is_counted(self) -> bool:
        """Return whether the turn under way counts any."""
        return bool(self._told)

    def hear(self, counted: Mapping[int, int]) -> tuple[dict[int, tuple[str, str]], int]:
        """Take in the count of all workers.

        Returns the issues with ten in a row, each with the relay's words and by what the refusals are alike, and how
        many refusals that turn put back instead.
        """
        told, self._told = self._told, {}
        over = {issue: number - SAME_REFUSALS for issue, number in counted.items() if number >= SAME_REFUSALS}
        put_back = sum(min(number, len(told[issue][0].ids)) for issue, number in over.items())
        return {issue: (told[issue][1], told[issue][0].reply) for issue in over}, put_back
