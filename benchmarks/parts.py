"""What each part does for a message, one by one: ``python -m benchmarks.parts``.

PostgreSQL alone: claims, intents, results and releases of whole chunks by one and by more writers at once, without
SMTP: rows a second, CPU and WAL a row. Then a real issue through a worker: WAL and table octets, commands and octets of
Redis, messages of the broker. Prints one JSON line a measurement.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from uuid import uuid4

import redis
from django.db import connection
from django.utils import timezone

from benchmarks import home, meter, scale, worker  # home first: it sets the environment
from benchmarks.digest import make_digest_issue
from newsletter.delivery.freeze import freeze
from newsletter.delivery.ledger import Ledger, claimed
from newsletter.issues.models import Issue

TABLES = ("newsletter_delivery", "newsletter_attempt", "newsletter_chunk")


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=50_000)
    parser.add_argument("--writers", type=int, nargs="*", default=[1, 2, 4])
    parser.add_argument("--together", type=int, nargs="*", default=[4, 16, 64], help="results and intents in one turn")
    parser.add_argument("--quick", action="store_true", help="small sizes: to see that it runs")
    options = parser.parse_args()
    if options.quick:
        options.readers, options.writers, options.together = 5_000, [1, 2], [16]
    home.report(_measure(options))


def _measure(options: argparse.Namespace) -> Iterator[dict[str, object]]:
    newsletter = worker.newsletter_for(options.readers)
    for together in options.together:
        yield _book(make_digest_issue(newsletter), options.readers, writers=1, together=together)
    for writers in options.writers[1:]:
        yield _book(make_digest_issue(newsletter), options.readers, writers=writers, together=scale.TOGETHER)
    yield _whole(options.readers)


def _book(issue: Issue, readers: int, *, writers: int, together: int) -> dict[str, object]:
    """Every row of an issue through the ledger, by so many processes at once."""
    frozen_wal = _wal()
    while not freeze(issue.pk, now=timezone.now()).complete:
        pass
    frozen_wal = _wal() - frozen_wal
    wal, used, began = _wal(), meter.cpu_seconds(meter.postmaster()), time.monotonic()
    connection.close()
    for child in [_take_all_beside_us(together) for _ in range(writers)]:
        os.waitpid(child, 0)
    seconds = time.monotonic() - began
    spent, written = meter.cpu_seconds(meter.postmaster()) - used, _wal() - wal
    Issue.objects.filter(pk=issue.pk).update(state=Issue.State.SENT)
    return {
        "what": "PostgreSQL alone",
        "writers": writers,
        "together": together,
        "rows": readers,
        "rows_per_second": round(readers / seconds),
        "postgresql_us_each": round(spent / readers * 1e6, 1),
        "wal_octets_each": round(written / readers),
        "freeze_wal_octets_each": round(frozen_wal / readers),
        "load": round(os.getloadavg()[0], 1),
    }


def _whole(readers: int) -> dict[str, object]:
    """A real issue through a worker, with what the parts beside it did."""
    broker = redis.Redis.from_url(os.environ["REDIS_URL"])
    sizes, wal = _sizes(), _wal()
    before, commands = broker.info("stats"), _commands(broker)
    told = worker.measure(readers=readers, connections=32)
    after = broker.info("stats")
    grown = {name: size - sizes[name] for name, size in _sizes().items()}
    done = {name: calls - commands.get(name, 0) for name, calls in _commands(broker).items()}
    return told | {
        "what": "a whole issue, freeze included",
        "wal_octets_each": round((_wal() - wal) / readers),
        **{f"{name.removeprefix('newsletter_')}_octets_each": round(grown[name] / readers) for name in TABLES},
        "redis_commands_each": round(sum(done.values()) / readers, 4),
        "redis_octets_each": round(sum(after[f"total_net_{way}_bytes"] - before[f"total_net_{way}_bytes"]
                                       for way in ("input", "output")) / readers, 2),
        "broker_messages": done.get("lpush", 0),
        "chunks": Issue.objects.latest("pk").chunks.count(),
    }  # fmt: skip


def _take_all_beside_us(together: int) -> int:
    """Return the process that takes chunks until none is left."""
    pid = os.fork()
    if not pid:
        _take_all(together)
        os._exit(0)
    return pid


def _take_all(together: int) -> None:
    scale.TOGETHER = together
    ledger = Ledger(uuid4(), "none")
    while True:
        ledger.claim()
        claim = claimed(scale._heard(ledger.claims))
        if claim is None:
            break
        scale._through(ledger, claim)
    ledger.close()


def _wal() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')")
        return int(cursor.fetchone()[0])


def _sizes() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT t, pg_total_relation_size(t::regclass) FROM unnest(%s::text[]) AS t", [list(TABLES)])
        return dict(cursor.fetchall())


def _commands(broker: redis.Redis) -> dict[str, int]:
    return {name.removeprefix("cmdstat_"): int(one["calls"]) for name, one in broker.info("commandstats").items()}


if __name__ == "__main__":
    main()
