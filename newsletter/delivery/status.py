"""Where a sending stands, read from the counters of its chunks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from django.db.models import Count, Max, Min, Sum
from django.db.models.functions import Now
from django.utils import timezone

from newsletter.catalogue.models import Sender
from newsletter.delivery.models import Chunk, ChunkState, Delivery, DeliveryState, Sending
from newsletter.delivery.queries import last_words
from newsletter.delivery.relays.describe import describe_pace, describe_relays
from newsletter.delivery.writer import message_id
from newsletter.errors import Invalid
from newsletter.issues.lifecycle import find
from newsletter.issues.models import IssueRendering
from newsletter.issues.sealed import as_sealed
from newsletter.issues.variant_number import variant_number

AT_ONCE = 1000
STORED = tuple(state for state in DeliveryState if state != DeliveryState.LEASED)


def status(issue_id: int) -> dict[str, Any]:
    """Return the counts of every state (zeros too), who was left out, the readers of each variant, rate and times.

    Chunks at rest are read from their counters; only rows of chunks that a worker holds now are counted.
    """
    issue = find(issue_id)
    sending = Sending.objects.filter(issue_id=issue_id).first()
    counts = _at_rest(issue_id)
    held = _held(issue_id)
    for state, number in held.items():
        counts[state] += number
    times = Chunk.objects.filter(issue_id=issue_id).aggregate(started=Min("first_claimed_at"), last=Max("settled_at"))
    started, last = times["started"], _last_moved(issue_id) or times["last"]
    elapsed = (last - started).total_seconds() if started and last else 0.0
    return {
        "issue": issue_id,
        "state": str(issue.state),
        "counts": {state.name.lower(): counts[state] for state in DeliveryState},
        "excluded": dict(sending.excluded) if sending else {},
        "variants": _variants(issue_id, sending) if sending else [],
        "repeated": sending.repeated if sending else 0,
        "rate": round(counts[DeliveryState.ACCEPTED] / elapsed, 1) if elapsed > 0 else None,
        "started_at": started,
        "finished_at": issue.sent_at,
        "expires_at": issue.expires_at,
        "elapsed_seconds": round(elapsed, 3),
        "pause_reason": issue.pause_reason,
        "spread_seconds": issue.spread.total_seconds() if issue.spread else None,
        "resting": Chunk.objects.filter(issue_id=issue_id, rest_until__gt=Now()).count(),
        "relays": describe_relays(timezone.now()),
        "pace": describe_pace(timezone.now()),
    }


def _variants(issue_id: int, sending: Sending) -> list[dict[str, Any]]:
    """Return every variant of a sending with the readers who were given it; nothing for an issue that has only one."""
    rules = IssueRendering.objects.filter(issue_id=issue_id).order_by("variant").values_list("variant", "rule")
    if len(rules) < 2:
        return []
    return [
        {
            "variant": variant_number(name),
            "words": rule.get("words", "everybody"),
            "readers": sending.variants.get(name, 0),
        }
        for name, rule in rules
    ]


def deliveries(issue_id: int, *, state: str | None, after: int, limit: int) -> Iterator[dict[str, Any]]:
    """Yield one dict a delivery: id, address, variant, state, reason, attempts, code, message_id, reply.

    ``reply`` is what the relay said last, in its own words; ``after`` is the last id seen.
    """
    sender = as_sealed(find(issue_id)).newsletter.sender
    rows = Delivery.objects.filter(issue_id=issue_id, pk__gt=after).order_by("pk")
    if state is not None:
        rows = rows.filter(**_condition(state))
    fields = ("pk", "address", "variant", "state", "chunk__state", "reason", "attempts", "code")
    found = rows.values_list(*fields)[: min(limit, 2**62)].iterator()
    while portion := list(islice(found, AT_ONCE)):
        said = last_words([row[0] for row in portion])
        yield from (_told(issue_id, sender, row, said) for row in portion)


def _told(issue_id: int, sender: Sender, row: tuple[Any, ...], said: Mapping[int, str]) -> dict[str, Any]:
    pk, address, variant, stored, chunk, reason, attempts, code = row
    leased = stored == DeliveryState.QUEUED and chunk == ChunkState.LEASED
    return {
        "id": pk,
        "address": address,
        "variant": variant_number(variant),
        "state": DeliveryState(DeliveryState.LEASED if leased else stored).name.lower(),
        "reason": reason,
        "attempts": attempts,
        "code": code,
        "message_id": message_id(issue_id, pk, sender),
        "reply": said.get(pk, ""),
    }


def _condition(state: str) -> dict[str, Any]:
    try:
        wanted = DeliveryState[state.upper()]
    except KeyError:
        raise Invalid(
            f"There is no state {state!r}.",
            where="state",
            fix=f"One of: {', '.join(known.name.lower() for known in DeliveryState)}.",
        ) from None
    if wanted == DeliveryState.LEASED:
        return {"state": DeliveryState.QUEUED, "chunk__state": ChunkState.LEASED}
    if wanted == DeliveryState.QUEUED:
        return {"state": DeliveryState.QUEUED, "chunk__state__in": [ChunkState.WAITING, ChunkState.CLOSED]}
    return {"state": wanted}


def _at_rest(issue_id: int) -> dict[DeliveryState, int]:
    sums = (
        Chunk.objects.filter(issue_id=issue_id)
        .exclude(state=ChunkState.LEASED)
        .aggregate(**{f"sum_{state.name.lower()}": Sum(state.name.lower(), default=0) for state in STORED})
    )
    return dict.fromkeys(DeliveryState, 0) | {state: sums[f"sum_{state.name.lower()}"] for state in STORED}


def _last_moved(issue_id: int) -> datetime | None:
    """Return when something of the chunks that a worker holds moved last: of them alone, for an audience is large."""
    held = list(Chunk.objects.filter(issue_id=issue_id, state=ChunkState.LEASED).values_list("pk", flat=True))
    moved: datetime | None = (
        Delivery.objects.filter(chunk_id__in=held).aggregate(at=Max("moved_at"))["at"] if held else None
    )
    return moved


def _held(issue_id: int) -> dict[DeliveryState, int]:
    chunks = list(Chunk.objects.filter(issue_id=issue_id, state=ChunkState.LEASED).values_list("pk", flat=True))
    if not chunks:
        return {}
    rows = Delivery.objects.filter(chunk_id__in=chunks).values_list("state").annotate(n=Count("pk"))
    return {DeliveryState.LEASED if state == DeliveryState.QUEUED else DeliveryState(state): n for state, n in rows}
