"""Readers from a CSV file: a consent by import, with who brought it and when."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import IO, Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper as Cursor

from newsletter.catalogue.models import Newsletter
from newsletter.errors import Refused
from newsletter.readers.models import Reader, Subscription
from newsletter.readers.rows import Row, read_rows

BATCH = 2000
REFUSALS_KEPT = 1000
TAG_MARK = "\x1f"  # a control character, which no tag holds


@dataclass(slots=True)
class LoadReport:
    """What became of the rows: ``loaded`` got a new subscription, ``updated`` a new name, language or group.

    ``refused`` lists at most a thousand rows, ``refused_count`` counts all.
    """

    loaded: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: list[dict[str, Any]] = field(default_factory=list)
    refused_count: int = 0

    def refuse(self, row: int, reason: str) -> None:
        """Note that a row was not taken."""
        self.refused_count += 1
        if len(self.refused) < REFUSALS_KEPT:
            self.refused.append({"row": row, "reason": reason})


def load(lines: IO[bytes], *, newsletter: Newsletter, by: str, now: datetime, file: str = "") -> LoadReport:
    """Subscribe the readers in ``lines`` (UTF-8 CSV with the ``COLUMNS``, of which email is needed) to ``newsletter``.

    Streams: memory grows by some 60 bytes a row. Who left this newsletter or is suppressed stays out; who paused it
    stays paused. A row that cannot be read is refused by its number, and the others go in. Every batch of 2,000 rows is
    stored on its own. ``file`` is kept as evidence. Raises ``Invalid`` for a file that is no such CSV.
    """
    report = LoadReport()
    rows = read_rows(lines, report.refuse)
    while batch := list(islice(rows, BATCH)):
        _store(batch, newsletter, _Act(by, now, {"file": file} if file else {}), report)
    return report


@dataclass(frozen=True, slots=True)
class _Act:
    by: str
    now: datetime
    evidence: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Known:
    id: int
    name: str
    language: str
    center: str
    plan: str
    tags: list[str]
    state: str | None  # of the subscription to this newsletter


@transaction.atomic
def _store(rows: list[Row], newsletter: Newsletter, act: _Act, report: LoadReport) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('readers.load'))")  # two imports take turns by batches
        rows = _without(rows, _suppressed(cursor, rows), "the address is suppressed", report)
        known = _readers(cursor, rows, newsletter, act)
        left = {digest for digest, reader in known.items() if reader.state == Subscription.State.LEFT}
        rows = _without(rows, left, "this reader left the newsletter", report)
        changed = _changed(cursor, rows, known)
        fresh = _subscribe(cursor, [known[row.digest].id for row in rows], newsletter, act)
    report.loaded += len(fresh)
    report.updated += len(changed - fresh)
    report.unchanged += len(rows) - len(fresh | changed)


def _suppressed(cursor: Cursor, rows: list[Row]) -> set[bytes]:
    cursor.execute(
        "select address_hash from newsletter_suppression where lifted_at is null and address_hash = any(%s)",
        [[row.digest for row in rows]],
    )
    return {bytes(digest) for (digest,) in cursor.fetchall()}


def _without(rows: list[Row], out: set[bytes], reason: str, report: LoadReport) -> list[Row]:
    for row in rows:
        if row.digest in out:
            report.refuse(row.number, reason)
    return [row for row in rows if row.digest not in out]


def _readers(cursor: Cursor, rows: list[Row], newsletter: Newsletter, act: _Act) -> dict[bytes, _Known]:
    """Return the readers of these rows by hash, the new ones made."""
    digests = [row.digest for row in rows]
    cursor.execute(
        """
        insert into newsletter_reader (address, address_hash, name, language, center, plan, tags, created_at)
        select v.address, v.hash, v.name, v.language, v.center, coalesce(nullif(v.plan, ''), %s),
            string_to_array(v.tags, %s), %s
        from unnest(%s::text[], %s::bytea[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
            as v (address, hash, name, language, center, plan, tags)
        on conflict do nothing
        """,
        [
            *(Reader.Plan.PLAIN, TAG_MARK, act.now, [row.address for row in rows], digests),
            *([row.name for row in rows], [row.language for row in rows], [row.center for row in rows]),
            *([row.plan for row in rows], [TAG_MARK.join(row.tags or ()) for row in rows]),
        ],
    )
    cursor.execute(
        """
        select r.address_hash, r.id, r.name, r.language, r.center, r.plan, r.tags, s.state from newsletter_reader r
        left join newsletter_subscription s on s.reader_id = r.id and s.newsletter_id = %s
        where r.address_hash = any(%s)
        """,
        [newsletter.pk, digests],
    )
    known = {bytes(digest): _Known(*rest) for digest, *rest in cursor.fetchall()}
    if len(known) < len(rows):
        raise Refused(
            "Readers are known under other hashes: the address key has changed.",
            where="NEWSLETTER_ADDRESS_KEY",
            fix="Set the key this database was filled with; suppressed addresses are found by it.",
        )
    return known


def _changed(cursor: Cursor, rows: list[Row], known: dict[bytes, _Known]) -> set[int]:
    """Take over what the file gives; what it leaves empty stays. Return the readers that changed."""
    changed: dict[int, tuple[str, str, str, str, str]] = {}
    for row in rows:
        reader = known[row.digest]
        tags = reader.tags if row.tags is None else list(row.tags)
        before = reader.name, reader.language, reader.center, reader.plan, reader.tags
        after = row.name or before[0], row.language or before[1], row.center or before[2], row.plan or before[3], tags
        if after != before:
            changed[reader.id] = (*after[:4], TAG_MARK.join(tags))
    cursor.execute(
        """
        update newsletter_reader r set name = v.name, language = v.language, center = v.center, plan = v.plan,
            tags = string_to_array(v.tags, %s)
        from unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
            as v (id, name, language, center, plan, tags) where r.id = v.id
        """,
        [TAG_MARK, list(changed), *([values[at] for values in changed.values()] for at in range(5))],
    )
    return set(changed)


def _subscribe(cursor: Cursor, reader_ids: list[int], newsletter: Newsletter, act: _Act) -> set[int]:
    """Subscribe who has no subscription or has not confirmed one yet, with the proof. Return whom that was."""
    cursor.execute(
        """
        with fresh as (
            insert into newsletter_subscription as s (reader_id, newsletter_id, state, since)
            select unnest(%(readers)s::bigint[]), %(newsletter)s, 'active', %(now)s
            on conflict (reader_id, newsletter_id) do update set state = 'active', since = excluded.since
            where s.state = 'pending'
            returning reader_id
        )
        insert into newsletter_consent (reader_id, newsletter_id, act, at, by, evidence)
        select reader_id, %(newsletter)s, 'imported', %(now)s, %(by)s, %(evidence)s from fresh
        returning reader_id
        """,
        {
            "readers": reader_ids,
            "newsletter": newsletter.pk,
            "now": act.now,
            "by": act.by,
            "evidence": json.dumps(act.evidence),
        },
    )
    return {reader_id for (reader_id,) in cursor.fetchall()}
