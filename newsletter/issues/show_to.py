"""Show a block of an issue to a group of readers only: its note, a section, an article."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from newsletter.errors import Invalid
from newsletter.issues.blocks import EVERYBODY
from newsletter.issues.edit import editing, picked
from newsletter.issues.lifecycle import find
from newsletter.issues.models import Issue, Pick
from newsletter.issues.section import section_index
from newsletter.readers.group import check_group


def show_to(
    issue_id: int,
    group: str,
    *,
    article_id: int | None = None,
    section: str = "",
    by: str,
    now: datetime,
    version: int | None = None,
) -> Issue:
    """Show an article, else a section (its title or number), else the note to ``group`` only; "" is everybody.

    A section that its newsletter shows to a group is shown to all with ``everybody``. An article with a group stays
    pinned. Raises ``Invalid`` for what is no group.
    """
    if article_id is not None and section:
        raise Invalid("An article and a section are named.", where="group", fix="Name one of the two.")
    wanted = group.strip()
    if wanted and not (wanted == EVERYBODY and section):
        wanted = "" if wanted == EVERYBODY else check_group(wanted)
    detail: dict[str, Any] = {"group": wanted or EVERYBODY}
    if article_id is not None:
        detail["article"] = article_id
    else:
        detail["block"] = section or "note"
    with editing(issue_id, by=by, now=now, version=version, detail=detail) as issue:
        if article_id is not None:
            _of_article(issue, article_id, wanted)
        elif section:
            _of_section(issue, section, wanted)
        else:
            Issue.objects.filter(pk=issue_id).update(note_group=wanted)
    return find(issue_id)


def _of_article(issue: Issue, article_id: int, group: str) -> None:
    pick = picked(issue, article_id)
    kept = {key: value for key, value in pick.overrides.items() if key != "group"}
    pick.overrides = {**kept, "group": group} if group else kept
    pick.placement = Pick.Placement.PINNED
    pick.save()


def _of_section(issue: Issue, section: str, group: str) -> None:
    titles = [str(part["title"]) for part in issue.sections]
    title = titles[section_index(section, titles)]
    kept = {key: value for key, value in issue.section_groups.items() if key != title and key in titles}
    Issue.objects.filter(pk=issue.pk).update(section_groups={**kept, title: group} if group else kept)
