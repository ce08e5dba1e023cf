"""What a large audience costs: ``python -m benchmarks.scale --readers 1000000``.

Freezes it, takes all its chunks through the ledger without a relay (how long claims take at the first and at the last
row, how many rows a second the book takes), and sends a small and the large issue through a real worker: rate and
memory at both sizes. Prints one JSON line a measurement.
"""

from __future__ import annotations

import argparse
import select
import time
from collections.abc import Iterator
from statistics import quantiles
from uuid import uuid4

from django.utils import timezone
from psycopg import pq

from benchmarks import home, meter, worker  # home first: it sets the environment
from benchmarks.digest import make_digest_issue
from newsletter.delivery.freeze import freeze
from newsletter.delivery.ledger import Claim, Ledger, Result, claimed, marked
from newsletter.delivery.line import Line
from newsletter.delivery.models import DeliveryState
from newsletter.issues.models import Issue

TOGETHER = 16  # results and marks in one turn, as 32 connections make them


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=1_000_000)
    parser.add_argument("--small", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--without-book", action="store_true", help="leave the claims out")
    parser.add_argument("--quick", action="store_true", help="small sizes: to see that it runs")
    options = parser.parse_args()
    if options.quick:
        options.readers, options.small = 20_000, [5_000]
    home.report(_measure(options))


def _measure(options: argparse.Namespace) -> Iterator[dict[str, object]]:
    if not options.without_book:
        issue = make_digest_issue(worker.newsletter_for(options.readers))
        yield _freeze(issue, options.readers)
        yield _book(issue)
    for readers in (*options.small, options.readers):
        yield worker.measure(readers=readers, connections=options.connections)


def _freeze(issue: Issue, readers: int) -> dict[str, object]:
    used, began = meter.cpu_seconds(meter.postmaster()), time.monotonic()
    while not freeze(issue.pk, now=timezone.now()).complete:
        pass
    return {
        "what": "freeze",
        "readers": readers,
        "seconds": round(time.monotonic() - began, 2),
        "postgresql_cpu_seconds": round(meter.cpu_seconds(meter.postmaster()) - used, 2),
    }


def _book(issue: Issue) -> dict[str, object]:
    """Claim, mark, record and release every row, one turn after the other."""
    owner = uuid4()
    ledger = Ledger(owner, "none")
    claims: list[float] = []
    rows, began = 0, time.monotonic()
    while True:
        asked = time.monotonic()
        ledger.claim()
        claim = claimed(_heard(ledger.claims))
        claims.append(time.monotonic() - asked)
        if claim is None:
            break
        _through(ledger, claim)
        rows += len(claim.rows)
    seconds = time.monotonic() - began
    ledger.close()
    Issue.objects.filter(pk=issue.pk).update(state=Issue.State.SENT)
    tenth = max(2, len(claims) // 10)
    return {
        "what": "the book alone",
        "rows": rows,
        "per_second": round(rows / seconds, 1),
        "claim_p95_milliseconds": _p95(claims),
        "claim_p95_of_first_tenth": _p95(claims[:tenth]),
        "claim_p95_of_last_tenth": _p95(claims[-tenth:]),
    }


def _through(ledger: Ledger, claim: Claim) -> None:
    results: list[Result] = []
    for start in range(0, len(claim.rows) + TOGETHER, TOGETHER):
        rows = claim.rows[start : start + TOGETHER]
        ledger.turn([claim.chunk], results, [row.id for row in rows])
        if len(marked(_heard(ledger.turns))) != len(rows):
            raise SystemExit("a mark was refused")
        results = [
            Result(row.id, DeliveryState.ACCEPTED, code=250, burnt=1, phase="answer", words="2.0.0 Ok") for row in rows
        ]
    ledger.release(claim.chunk)
    _heard(ledger.claims)


def _heard(line: Line) -> pq.abc.PGresult:
    while True:
        select.select([line.fileno()], [], [])
        if (answer := line.hear()) is not None:
            return answer


def _p95(seconds: list[float]) -> float:
    return round(quantiles(seconds, n=20)[-1] * 1000, 2)


if __name__ == "__main__":
    main()
