"""One account for every fault: the oracle, and one line for the table of results.

The line goes to the file that FAULTS_RESULTS names; ``python -m tests.faults.table`` makes the table of it.
"""

from __future__ import annotations

import fcntl
import json
import os
import random
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

from newsletter.delivery.models import Delivery, DeliveryState, Sending
from newsletter.issues.models import HistoryEntry, Issue
from tests.delivery.sink import Sink
from tests.delivery.stage import check_promise


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table: how often the fault struck, what the witness and the books say, what it cost."""

    fault: str
    what: str
    runs: int
    readers: int
    second_copies: int
    lost: int
    in_doubt: int
    cut: int
    recovered: float | None = None  # seconds from the end of the fault to the end of the sending
    seed: int | None = None
    remark: str = ""


def account(
    fault: str,
    what: str,
    issue: Issue,
    relay: Sink,
    *,
    runs: int = 1,
    cut: int = 0,
    recovered: float | None = None,
    seed: int | None = None,
    left: dict[str, float] | None = None,
    remark: str = "",
) -> None:
    """Hold the oracle I1-I6 and I8 against an issue that has ended, and write its line.

    ``left`` is address -> Unix second at which a reader had left (I5).
    """
    seen = Counter(relay.accepted())
    rows = dict(Delivery.objects.filter(issue=issue).values_list("address", "state"))
    frozen = Sending.objects.get(issue=issue).deliveries
    doubtful = sum(state == DeliveryState.IN_DOUBT for state in rows.values())
    open_ = sum(state in (DeliveryState.QUEUED, DeliveryState.WIRE, DeliveryState.DEFERRED) for state in rows.values())
    phantom = sum(state == DeliveryState.ACCEPTED and address not in seen for address, state in rows.items())
    write(
        Line(
            fault=fault,
            what=what,
            runs=runs,
            readers=frozen,
            second_copies=sum(times - 1 for times in seen.values()),
            lost=frozen - len(rows) + open_ + phantom,
            in_doubt=doubtful,
            cut=cut,
            recovered=None if recovered is None else round(recovered, 1),
            seed=seed,
            remark=remark,
        )
    )
    check_promise(issue, relay, cut=cut)
    check_who_left(relay, left or {})
    check_history(issue)


def check_who_left(relay: Sink, left: dict[str, float]) -> None:
    """I5: nobody who had left before their message began is in the sink."""
    late = [address for address, began in relay.seen() if address in left and left[address] < began]
    assert late == []


def check_history(issue: Issue) -> None:
    """I8: the history tells the beginning, and the end once there is one."""
    acts = list(HistoryEntry.objects.filter(issue=issue).order_by("pk").values_list("act", flat=True))
    assert acts.count("begin") == 1
    assert acts.count("finish") == Issue.objects.filter(pk=issue.pk, state=Issue.State.SENT).count()


def write(line: Line) -> None:
    """Add a line to the results; without FAULTS_RESULTS it is only printed."""
    text = json.dumps(asdict(line))
    print(text)
    if place := os.environ.get("FAULTS_RESULTS"):
        with Path(place).open("a") as results:
            fcntl.flock(results, fcntl.LOCK_EX)  # several processes write; the lock ends with the file
            results.write(text + "\n")


def dice() -> tuple[int, random.Random]:
    """A seed and its dice; FAULTS_SEED repeats a run."""
    seed = int(os.environ.get("FAULTS_SEED") or random.randrange(10**6))
    print(f"seed {seed}")
    return seed, random.Random(seed)
