"""What is known of a reader, set by hand: by the office, or by the reader on the preferences page."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.db import transaction

from newsletter.errors import Invalid, NotFound
from newsletter.expressions.fold import fold
from newsletter.readers.address import address_hash, normalise
from newsletter.readers.marks import center_of, plan_of, tags_of
from newsletter.readers.models import Reader
from newsletter.readers.rows import LANGUAGE, language_tag


def reader_at(address: str) -> Reader:
    """Return the reader with an address; raises ``NotFound``."""
    reader = Reader.objects.filter(address_hash=address_hash(normalise(address)), erased_at=None).first()
    if reader is None:
        raise NotFound("There is no reader with this address.", where="address", fix="Load the reader first.")
    return reader


def mark(
    reader: Reader,
    *,
    language: str | None = None,
    center: str | None = None,
    plan: str | None = None,
    tags: Sequence[str] | None = None,
) -> Reader:
    """Set what is given (None leaves it, "" or no tags takes it away) and return the reader as they are now."""
    if language is not None:
        reader.language = _language(language)
    if center is not None:
        reader.center = center_of(center)
    if plan is not None:
        reader.plan = plan_of(plan) or Reader.Plan.PLAIN
    if tags is not None:
        reader.tags = list(tags_of(tags))
    reader.save(update_fields=["language", "center", "plan", "tags"])
    return reader


def choose(reader_id: int, *, language: str, ticked: Collection[str], offered: Collection[str]) -> None:
    """Keep what a reader chose: a language ("" = any), and which of the ``offered`` tags they want.

    Tags that were not offered to them stay as they are. Raises ``Invalid`` for what is no language.
    """
    open_to_them = {fold(tag) for tag in offered}
    wanted = {fold(tag) for tag in ticked} & open_to_them
    with transaction.atomic():
        reader = Reader.objects.select_for_update().get(pk=reader_id)
        mark(reader, language=language, tags=[*(set(reader.tags) - open_to_them), *wanted])


def _language(value: str) -> str:
    tag = language_tag(value)
    if not LANGUAGE.fullmatch(tag) or len(tag) > 20:
        raise Invalid(f"{value[:20]!r} is no language tag.", where="language", fix="Write it like fr or pt-BR.")
    return tag
