"""Which sealed variant each reader of an issue gets: decided by the database when the audience is frozen.

Nothing new is rendered here. A reader whose own combination was not sealed gets the nearest variant that shows no
block meant for others and leaves out no story they have not had.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from newsletter.issues.audience import GOT, audience_sql, corrected_values
from newsletter.issues.elsewhere import Bit, had_values, keyed_sql, sources
from newsletter.issues.models import Issue
from newsletter.issues.queries import stored_renderings
from newsletter.readers.audience import narrowed

NO_ARTICLE = "no_article"  # why a reader is left out: nothing in the issue is for their groups
PATIENCE = timedelta(minutes=10)  # with an issue that was sent earlier and does not get frozen
WHOLE: dict[str, Any] = {"combination": 0, "has": 0, "lacks": 0, "empty": False}  # an issue without variants
CHOICE_SQL = """
    SELECT k.combination, k.got, v.variant, v.empty, bit_count((v.has & k.got)::bit(64)) AS repeated
    FROM (SELECT DISTINCT combination, got FROM keyed) k
    CROSS JOIN LATERAL (
        SELECT * FROM unnest(%(variants)s::text[], %(combinations)s::bigint[], %(has)s::bigint[], %(lacks)s::bigint[],
            %(empty)s::boolean[]) WITH ORDINALITY AS v (variant, combination, has, lacks, empty, place)
        WHERE v.combination & ~k.combination = 0 AND v.lacks & ~k.got = 0
        ORDER BY bit_count(v.combination::bit(64)) DESC, bit_count((v.has & k.got)::bit(64)),
            bit_count(v.lacks::bit(64)), v.place
        LIMIT 1
    ) v"""


_SINCE = "s.since >= %(added_since)s"
_NO_COPY = """s.state = 'active' and x.id is null and r.erased_at is null
    and not exists (select from newsletter_delivery e where e.issue_id = %(issue_id)s and e.reader_id = s.reader_id)"""


def assignment(issue: Issue, *, added_since: datetime | None = None) -> tuple[str, dict[str, Any]]:
    """Return the SQL of ``keyed`` for one page of the audience, and the values it and ``CHOICE_SQL`` need.

    With ``added_since`` the audience is who was added since then: see ``added_sql``.
    """
    audience, further = audience_sql(issue) if added_since is None else added_sql(issue, added_since)
    stored = list(stored_renderings(issue).defer("html", "text", "digest"))
    shared: dict[str, Any] = next((dict(one.rule.get("shared", {})) for one in stored if not one.variant), {})
    bits: list[Bit] = [(article, newsletter) for article, newsletter in shared.get("bits", [])]
    at = issue.sending_at or issue.updated_at
    found = sources(issue, {article for article, _ in bits}, at=at, expected=False) if bits else []
    keyed, values = keyed_sql(shared.get("groups", []), had=bool(found), audience=audience)
    rules = [(one.variant, {**WHOLE, **one.rule}) for one in stored] or [("", WHOLE)]
    given: dict[str, Any] = {
        **values,
        **further,
        "variants": [variant for variant, _ in rules],
        **{f"{name}s" if name == "combination" else name: [rule[name] for _, rule in rules] for name in WHOLE},
    }
    if found:
        given |= had_values(found, bits, since=at - timedelta(seconds=shared["within"]))
    return keyed, given


def added_sql(issue: Issue, since: datetime) -> tuple[str, dict[str, Any]]:
    """Return the SQL of one page of those added since who have no copy, and the values it needs.

    An issue is for who subscribed since; a correction for who got what it corrects, and did so later.
    """
    if issue.corrects_id is None:
        return narrowed(f"{_SINCE} and {_NO_COPY}"), {"issue_id": issue.pk, "added_since": since}
    return narrowed(f"{GOT} and {_NO_COPY}"), {"issue_id": issue.pk, **corrected_values(issue)}


def must_wait(issue: Issue, *, now: datetime) -> bool:
    """Return whether an issue sent earlier is still being frozen, so that nobody knows yet who gets it."""
    if not issue.sending_at or issue.newsletter.repeats == issue.newsletter.Repeats.SEND:
        return False
    others = Issue.objects.filter(state=Issue.State.FREEZING, sending_at__gt=now - PATIENCE).exclude(pk=issue.pk)
    earlier = others.filter(sending_at__lt=issue.sending_at)
    return (earlier | others.filter(sending_at=issue.sending_at, pk__lt=issue.pk)).exists()
