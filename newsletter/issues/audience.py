"""Who an issue is for: the subscribers of its newsletter, or those who got the issue that it corrects."""

from __future__ import annotations

from typing import Any

from newsletter.issues.models import Issue, IssueRendering
from newsletter.readers.audience import AUDIENCE_SQL, narrowed

MAY_HAVE_IT = (3, 6)  # states of a delivery (a room above, see ``issues.elsewhere``): accepted and in doubt
GOT = f"""exists (select from newsletter_delivery d where d.issue_id = %(corrects)s and d.reader_id = s.reader_id
    and d.state in {MAY_HAVE_IT}
    and (%(corrected_variants)s::text[] is null or d.variant = any(%(corrected_variants)s)))"""


def audience_sql(issue: Issue) -> tuple[str, dict[str, Any]]:
    """Return the SQL of one page of the candidates and the values it needs besides newsletter_id, after and limit.

    A correction goes to those whose copy of the corrected issue was accepted or is in doubt, and only to those whose
    copy held the corrected article where one is named. Who left since then is no candidate.
    """
    if issue.corrects_id is None:
        return AUDIENCE_SQL, {}
    return narrowed(GOT), corrected_values(issue)


def corrected_values(issue: Issue) -> dict[str, Any]:
    """Return the values that ``GOT`` needs for a correction."""
    return {"corrects": issue.corrects_id, "corrected_variants": _variants(issue)}


def audience_words(issue: Issue) -> str:
    """Return the rule in words; a seal covers it."""
    if issue.corrects_id is None:
        return f"subscribers of {issue.newsletter.code}"
    article = f" with article {issue.corrected_article_id}" if issue.corrected_article_id else ""
    return f"those who got issue {issue.corrects_id}{article}"


def _variants(issue: Issue) -> list[str] | None:
    """Return the variants of the corrected issue that hold the corrected article; None means all."""
    if issue.corrected_article_id is None:
        return None
    held = IssueRendering.objects.filter(issue=issue.corrects, articles__contains=[issue.corrected_article_id])
    return list(held.order_by("variant").values_list("variant", flat=True))
