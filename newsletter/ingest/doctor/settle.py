"""A person looked at an oddity and found it right: it is not told again, as long as the value stays."""

from __future__ import annotations

from datetime import datetime

from newsletter.articles.models import Article
from newsletter.errors import NotFound
from newsletter.ingest.doctor.findings import checks_of
from newsletter.ingest.doctor.odd import LONGEST_VALUE
from newsletter.ingest.models import Settled


def settle(article_id: int, code: str, value: str, *, by: str, now: datetime) -> Settled:
    """Remember that the oddity is right; a second time changes nothing. Raises ``NotFound`` and ``Invalid``."""
    checks_of(code)
    if not Article.objects.filter(pk=article_id).exists():
        raise NotFound(f"There is no article {article_id}.", where="article", fix="See `newsletter articles`.")
    settled, _ = Settled.objects.get_or_create(
        article_id=article_id, code=code, value=value[:LONGEST_VALUE], defaults={"by": by[:200], "at": now}
    )
    return settled


def unsettle(article_id: int, code: str, value: str) -> bool:
    """Forget it; returns whether there was anything to forget."""
    gone, _ = Settled.objects.filter(article_id=article_id, code=code, value=value[:LONGEST_VALUE]).delete()
    return bool(gone)
