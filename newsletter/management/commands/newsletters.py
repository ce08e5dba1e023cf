"""``newsletter newsletters``: the standing titles."""

from __future__ import annotations

from typing import Any

from newsletter.catalogue.cadence import next_slot
from newsletter.catalogue.models import Newsletter
from newsletter.management.verb import Verb, now


class Command(Verb):
    help = "List the newsletters and when each goes out next."
    lists = "newsletters"
    numbered = False

    def run(self, *, limit: int, after: str, **_: Any) -> dict[str, Any]:
        found = list(
            Newsletter.objects.filter(code__gt=after).prefetch_related("sections").order_by("code")[: limit + 1]
        )
        rows = [describe(newsletter) for newsletter in found[:limit]]
        return {"newsletters": rows, "next": rows[-1]["code"] if len(found) > limit else None}


def describe(newsletter: Newsletter) -> dict[str, Any]:
    """Return one newsletter as a row."""
    scheduled = newsletter.active and (newsletter.weekdays or newsletter.cron)
    return {
        "code": newsletter.code,
        "title": newsletter.title,
        "language": newsletter.language,
        "zone": newsletter.zone,
        "next_slot": next_slot(newsletter, after=now()).at if scheduled else None,
        "approval": newsletter.approval,
        "sections": [section.title for section in newsletter.sections.all()],
    }
