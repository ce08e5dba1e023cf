"""An issue with one error, which its newsletter lets a person overrule."""

from __future__ import annotations

from newsletter.catalogue.models import Newsletter
from newsletter.issues.draft import draft
from newsletter.issues.edit import reword
from newsletter.issues.models import Issue
from tests.factories import NOW, make_article, make_newsletter


def draft_with_a_past_event() -> Issue:
    """Return a draft whose event is over (``past_dates``)."""
    make_article("The harbor")
    newsletter = make_newsletter()
    Newsletter.objects.update(overridable=["past_dates"])
    one = draft(newsletter, now=NOW, by="ada")
    article = one.picks.get().article_id
    return reword(one.pk, "event_starts", "2020-01-01T10:00+00:00", article_id=article, by="ada", now=NOW)
