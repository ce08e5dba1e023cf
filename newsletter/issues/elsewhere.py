"""Which readers have a story of this issue already, from another newsletter: counted and looked up by the database.

What a reader got is read from the deliveries, a room above this one, by the name of their table: an issue must know
it before it is approved. ``tests/delivery/test_variants.py`` holds the numbers of states to those of that room.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Q

from newsletter.articles.models import Article
from newsletter.issues.lifecycle import State
from newsletter.issues.models import Issue, IssueRendering
from newsletter.readers.audience import AUDIENCE_SQL
from newsletter.readers.facet import Values
from newsletter.readers.group import combination_sql

ON_THEIR_WAY, ACCEPTED = (0, 2, 5), 3  # states of a delivery: queued, wire and deferred; accepted
GONE_OUT = (State.FREEZING, State.SENDING, State.PAUSED, State.SENT, State.CANCELLED)
TO_COME = (State.APPROVED, State.SCHEDULED, State.COOLING_OFF)
SLOWEST = timedelta(days=3)  # how long a delivery may be deferred before it expires, and some hours
Bit = tuple[int, int]  # article, and the newsletter that had it (0 = whichever)


@dataclass(frozen=True, slots=True)
class Source:
    """A variant of another newsletter's issue and the stories it shares with ours; ``expected``: not sent yet."""

    issue: int
    newsletter: int
    variant: str
    articles: frozenset[int]
    expected: bool


def sources(issue: Issue, wanted: Collection[int], *, at: datetime, expected: bool) -> list[Source]:
    """Return where readers may have the ``wanted`` articles from when this issue leaves at ``at``, oldest first.

    Of two issues that leave at once the one that was sent first counts as first. ``expected`` adds issues that are
    approved and due before ``at``. A story renewed since the other issue's window closed is another one.
    """
    rows = IssueRendering.objects.exclude(issue__newsletter_id=issue.newsletter_id).select_related("issue")
    since = at - issue.newsletter.repeats_within - SLOWEST
    before = Q(issue__sending_at__lt=at)
    if issue.sending_at:
        earlier = Q(issue__sending_at__lt=issue.sending_at)
        before = earlier | Q(issue__sending_at=issue.sending_at, issue__lt=issue.pk)
    went = Q(issue__state__in=GONE_OUT, issue__sending_at__gte=since) & before
    due = Q(issue__state__in=TO_COME) & (Q(issue__send_at__lte=at) | Q(issue__send_at=None, issue__slot__lte=at))
    found = rows.filter(went | due if expected else went).filter(articles__overlap=list(wanted))
    renewed = {
        pk: renewed_at
        for pk, renewed_at in Article.objects.filter(pk__in=wanted).values_list("pk", "renewed_at")
        if renewed_at
    }
    told: list[Source] = []
    for row in found.order_by(F("issue__sending_at").asc(nulls_last=True), "issue", "variant").defer("html", "text"):
        held = {pk for pk in row.articles if pk in set(wanted)}
        shared = frozenset(pk for pk in held if pk not in renewed or renewed[pk] <= row.issue.window_to)
        if shared:
            to_come = row.issue.state in TO_COME
            told.append(Source(row.issue_id, row.issue.newsletter_id, row.variant, shared, to_come))
    return told


def mask(source: Source, bits: Sequence[Bit]) -> int:
    """Return which ``bits`` a reader has who got this source."""
    return sum(
        1 << place
        for place, (article, newsletter) in enumerate(bits)
        if article in source.articles and newsletter in (0, source.newsletter)
    )


def keyed_sql(groups: Sequence[str], *, had: bool, audience: str = AUDIENCE_SQL) -> tuple[str, Values]:
    """Return SQL for one page of the audience with what decides about each reader's variant, and its values.

    The common table ``keyed`` has the columns of the audience, ``combination`` (a bit a group) and ``got`` (a bit a
    story). Further parameters: those of ``audience``, and of ``had_values`` where ``had`` is asked for.
    """
    combination, values = combination_sql(groups)
    got = _HAD.format(more=_ONE_PAGE) if had else _NOTHING
    text = f"audience AS MATERIALIZED ({audience}),\ngot AS MATERIALIZED ({got}),\nkeyed AS MATERIALIZED (" + (
        _KEYED.format(combination=combination, audience="audience") + ")"
    )
    return text, values


def tally_sql(groups: Sequence[str], *, had: bool, audience: str = AUDIENCE_SQL) -> tuple[str, Values]:
    """Return SQL that counts the audience by combination and stories had, most readers first, and its values.

    Nothing of it is kept or sorted by reader, and issues that are due before count as sent.
    """
    combination, values = combination_sql(groups)
    got = _HAD.format(more=_EXPECTED) if had else _NOTHING
    keyed = _KEYED.format(combination=combination, audience=f"({audience.partition('order by')[0]})")
    text = (
        f"WITH got AS MATERIALIZED ({got}) SELECT combination, got, count(*) FROM ({keyed}) k "
        "WHERE exclusion IS NULL GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT %(most)s"
    )
    return text, values


def had_values(found: Sequence[Source], bits: Sequence[Bit], *, since: datetime) -> dict[str, object]:
    """Return the values that ``keyed_sql`` needs to look up who got what."""
    real = [source for source in found if not source.expected]
    to_come = [source for source in found if source.expected and not source.variant]
    return {
        "source_issues": [source.issue for source in real],
        "source_variants": [source.variant for source in real],
        "source_masks": [mask(source, bits) for source in real],
        "expected_newsletters": [source.newsletter for source in to_come],
        "expected_masks": [mask(source, bits) for source in to_come],
        "since": since,
    }


_NOTHING = "SELECT 0::bigint AS reader_id, 0::bigint AS got WHERE false"
_HAD = f"""
    SELECT h.reader_id, bit_or(h.mask) AS got FROM (
        SELECT d.reader_id, s.mask
        FROM unnest(%(source_issues)s::bigint[], %(source_variants)s::text[], %(source_masks)s::bigint[])
            AS s (issue_id, variant, mask)
        JOIN newsletter_delivery d ON d.issue_id = s.issue_id AND d.variant = s.variant
        WHERE (d.state IN {ON_THEIR_WAY} OR d.state = {ACCEPTED} AND d.moved_at > %(since)s) {{more}}
    ) h GROUP BY h.reader_id"""
_ONE_PAGE = "AND d.reader_id > %(after)s AND d.reader_id <= (SELECT max(reader_id) FROM audience)"
_EXPECTED = """UNION ALL
        SELECT s.reader_id, e.mask
        FROM unnest(%(expected_newsletters)s::bigint[], %(expected_masks)s::bigint[]) AS e (newsletter_id, mask)
        JOIN newsletter_subscription s ON s.newsletter_id = e.newsletter_id AND s.state = 'active'"""
_KEYED = """
    SELECT a.*, {combination} AS combination, coalesce(g.got, 0) AS got
    FROM {audience} a LEFT JOIN got g USING (reader_id)
"""
