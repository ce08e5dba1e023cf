"""What is measured, for Prometheus and the health page: read from the database, so it counts every worker host."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import Count, Max, Min, Sum
from django.db.models.functions import Now

from newsletter.delivery.epoch import is_held
from newsletter.delivery.models import Chunk, ChunkState, DeliveryState
from newsletter.delivery.pace.rate import per_second
from newsletter.delivery.presence import TICKER, WORKER, seen
from newsletter.delivery.relays.describe import describe_pace, describe_relays
from newsletter.delivery.relays.models import RelayBreak
from newsletter.delivery.status import status
from newsletter.delivery.watch_progress import progress
from newsletter.issues.models import Issue, IssueRendering
from newsletter.letters.models import Letter

RECENT = timedelta(hours=1)  # so long a sent issue is still told
MOST_ISSUES = 50
MOVING = (Issue.State.FREEZING, Issue.State.SENDING, Issue.State.PAUSED)
_ACCEPTED = f"""
SELECT coalesce((SELECT sum(accepted) FROM newsletter_chunk WHERE state <> {ChunkState.LEASED}), 0)
    + (SELECT count(*) FROM newsletter_chunk c JOIN newsletter_delivery d ON d.chunk_id = c.id
        WHERE c.state = {ChunkState.LEASED} AND d.state = {DeliveryState.ACCEPTED})
"""
Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure with its values by label; ``kind`` is gauge or counter."""

    name: str
    words: str
    kind: str = "gauge"
    values: list[tuple[Labels, float]] = field(default_factory=list)


def measure(*, now: datetime) -> list[Measure]:
    """Return every figure as it is now; labels are ids and states, never an address or a subject."""
    return [*_issues(now), *_letters(now), *_hands(), *_relays(now), *_pace(now), *_pool()]


def exposition(measures: list[Measure]) -> str:
    """Return figures in Prometheus' text format, version 0.0.4."""
    return "".join(line + "\n" for one in measures for line in _lines(one))


def _lines(one: Measure) -> Iterator[str]:
    yield f"# HELP {one.name} {one.words}"
    yield f"# TYPE {one.name} {one.kind}"
    for labels, value in one.values:
        told = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
        yield f"{one.name}{{{told}}} {value:.10g}" if told else f"{one.name} {value:.10g}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _issues(now: datetime) -> Iterator[Measure]:
    told = list(_told(now))
    states = Measure("newsletter_deliveries", "deliveries of an issue by state")
    rates = Measure("newsletter_accepted_per_second", "accepted deliveries a second since the first claim of an issue")
    stages = Measure("newsletter_stage_seconds", "how long a stage of an issue took or takes")
    for issue in told:
        standing = status(issue.pk)
        labels = {"issue": str(issue.pk), "newsletter": issue.newsletter.code}
        states.values.extend(({**labels, "state": name}, count) for name, count in standing["counts"].items())
        rates.values.append((labels, standing["rate"] or 0.0))
        stages.values.extend(({**labels, "stage": name}, seconds) for name, seconds in _stages(issue, now).items())
    moves = progress()
    yield Measure(
        "newsletter_issues",
        "issues by state",
        values=[({"state": state}, n) for state, n in Issue.objects.values_list("state").annotate(n=Count("pk"))],
    )
    yield from (states, rates, stages)
    yield Measure(
        "newsletter_oldest_queued_seconds",
        "how long the oldest queued delivery of a sending issue waits",
        values=[({"issue": str(one.issue)}, one.oldest_seconds) for one in moves],
    )
    yield Measure(
        "newsletter_idle_seconds",
        "since when nothing of an issue that is frozen or sent moved",
        values=[({"issue": str(one.issue)}, one.idle_seconds) for one in moves],
    )
    yield Measure("newsletter_accepted_total", "deliveries accepted ever", "counter", [({}, _accepted())])
    yield Measure("newsletter_sending_held", "1 while sending is held after a restore", values=[({}, float(is_held()))])


def _told(now: datetime) -> Iterator[Issue]:
    known = Issue.objects.select_related("newsletter")
    yield from known.filter(state__in=MOVING).order_by("-pk")[:MOST_ISSUES]
    yield from known.filter(state=Issue.State.SENT, sent_at__gt=now - RECENT).order_by("-pk")[:MOST_ISSUES]


def _stages(issue: Issue, now: datetime) -> dict[str, float]:
    """Return the seconds of every stage that has begun; the last one may still go on."""
    rendered = IssueRendering.objects.filter(issue=issue).aggregate(all=Sum("milliseconds", default=0.0))["all"]
    claimed = Chunk.objects.filter(issue=issue).aggregate(at=Min("first_claimed_at"))["at"]
    ended = issue.sent_at or now
    stages = {"render": rendered / 1000}
    if issue.sending_at:
        stages["freeze"] = ((issue.frozen_at or now) - issue.sending_at).total_seconds()
    if issue.frozen_at:
        stages["claim"] = ((claimed or now) - issue.frozen_at).total_seconds()
    if claimed:
        stages["send"] = (ended - claimed).total_seconds()
    return {name: max(seconds, 0.0) for name, seconds in stages.items()}


def _accepted() -> float:
    """Count in one statement: a chunk that is let go of meanwhile would be counted twice, and a counter never falls."""
    with connection.cursor() as cursor:
        cursor.execute(_ACCEPTED)
        return float(cursor.fetchone()[0])


def _letters(now: datetime) -> Iterator[Measure]:
    recent = Letter.objects.filter(written_at__gt=now - timedelta(days=1))
    counts = recent.values_list("state").annotate(n=Count("pk"))
    oldest = Letter.objects.filter(state=Letter.State.QUEUED).aggregate(at=Min("written_at"))["at"]
    waits = (now - oldest).total_seconds() if oldest else 0.0
    values: list[tuple[Labels, float]] = [({"state": state}, n) for state, n in counts]
    yield Measure("newsletter_letters", "letters of the last day by state", values=values)
    yield Measure("newsletter_oldest_letter_seconds", "how long the oldest queued letter waits", values=[({}, waits)])


def _hands() -> Iterator[Measure]:
    found = seen()
    yield Measure("newsletter_workers", "worker hosts that are alive", values=[({}, found[WORKER].alive)])
    ago = found[TICKER].seconds_ago
    yield Measure(
        "newsletter_ticker_seconds", "since when the ticker was not seen", values=[({}, ago)] if ago is not None else []
    )
    most = settings.CONNECTIONS * found[WORKER].alive
    yield Measure("newsletter_smtp_connections_most", "SMTP connections all workers may open", values=[({}, most)])


def _relays(now: datetime) -> Iterator[Measure]:
    relays = describe_relays(now)

    def of(name: str) -> list[tuple[Labels, float]]:
        return [({"relay": one["code"]}, one[name]) for one in relays if one[name] is not None]

    states: list[tuple[Labels, float]] = [({"relay": one["code"], "state": one["state"]}, 1) for one in relays]
    rates: list[tuple[Labels, float]] = [
        ({"relay": one["code"]}, per_second(one["rate"])) for one in relays if one["rate"]
    ]
    breaks: list[tuple[Labels, float]] = [
        ({"relay": relay}, number) for relay, number in RelayBreak.objects.values_list("relay", "number")
    ]
    yield Measure("newsletter_relays", "1 for the state a relay is in: ready, aside, full, off", values=states)
    yield Measure("newsletter_relay_most_per_second", "messages a second a relay may take", values=rates)
    yield Measure(
        "newsletter_relay_used_today", "messages a relay with a limit took today (UTC)", values=of("used_today")
    )
    yield Measure("newsletter_relay_cap_today", "messages a relay may take today (UTC)", values=of("cap_today"))
    yield Measure("newsletter_relay_breaks", "connections a relay ended in the middle lately", values=breaks)


def _pace(now: datetime) -> Iterator[Measure]:
    slowed: list[tuple[Labels, float]] = [
        ({"domain": one["domain"]}, one["slowed_to"]) for one in describe_pace(now) if one["slowed_to"] is not None
    ]
    resting = Chunk.objects.filter(rest_until__gt=Now()).values_list("issue_id").annotate(n=Count("pk"))
    yield Measure("newsletter_pace_per_second", "what a slowed recipient domain gets a second now", values=slowed)
    yield Measure(
        "newsletter_chunks_resting",
        "chunks of an issue of which nothing may go for a while",
        values=[({"issue": str(issue)}, n) for issue, n in resting],
    )


def _pool() -> Iterator[Measure]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(state, 'unknown'), count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND backend_type = 'client backend' GROUP BY 1 ORDER BY 1"
        )
        values: list[tuple[Labels, float]] = [({"state": state}, n) for state, n in cursor.fetchall()]
        cursor.execute("SELECT current_setting('max_connections')::int")
        most = cursor.fetchone()[0]
    held = Chunk.objects.filter(state=ChunkState.LEASED).aggregate(n=Count("pk"), until=Max("lease_until"))["n"]
    yield Measure("newsletter_database_connections", "connections to the database by state", values=values)
    yield Measure("newsletter_database_connections_most", "connections the database takes", values=[({}, most)])
    yield Measure("newsletter_chunks_held", "chunks that workers hold", values=[({}, held)])
