"""The phrases the newsroom has banned: a list that its editors keep."""

from __future__ import annotations

from datetime import datetime
from unicodedata import category, normalize

from newsletter.catalogue.models import BannedPhrase
from newsletter.catalogue.place import UNFIT
from newsletter.errors import Invalid, NotFound

LONGEST = 200  # characters
MOST = 1000  # phrases


def ban(words: str, *, instead: str = "", by: str, now: datetime) -> BannedPhrase:
    """Put a phrase on the list, or give one that stands there another replacement; raises ``Invalid``."""
    words, instead = _line(words, "words"), _line(instead, "instead")
    if not any(sign.isalnum() for sign in words):
        raise Invalid("The phrase holds no word.", where="words", fix="Write the words as they stand in a text.")
    same = BannedPhrase.objects.filter(words__iexact=words).first()
    if same is None and BannedPhrase.objects.count() >= MOST:
        raise Invalid(f"The list holds {MOST} phrases.", where="words", fix="Take one off that nobody needs.")
    phrase = same or BannedPhrase(words=words)
    phrase.instead, phrase.added_by, phrase.added_at = instead, by, now
    phrase.save()
    return phrase


def allow(phrase_id: int) -> BannedPhrase:
    """Take a phrase off the list and return what it was; raises ``NotFound``."""
    phrase = BannedPhrase.objects.filter(pk=phrase_id).first()
    if phrase is None:
        raise NotFound(f"There is no phrase {phrase_id}.", where="phrase", fix="List them to see their numbers.")
    BannedPhrase.objects.filter(pk=phrase_id).delete()
    return phrase


def _line(text: str, where: str) -> str:
    line = " ".join(normalize("NFC", text).split())
    if len(line) > LONGEST or any(category(sign) in UNFIT for sign in line):
        raise Invalid(f"This is no line of at most {LONGEST} characters.", where=where, fix="Shorten it.")
    return line
