"""Where in which file we read: typed reading of a table, with errors that can be acted on."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any
from unicodedata import category, normalize

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

from newsletter.catalogue.durations import duration
from newsletter.errors import Invalid

CODE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,59}")
UNFIT = ("Cc", "Cs", "Zl", "Zp")  # controls, lone surrogates, line and paragraph separators
ENCODED_WORD = re.compile(r"=\?[^?\s]+\?[BbQq]\?")  # RFC 2047: some mail programs would decode it into more headers
LONGEST_SPAN = timedelta(days=366)


def nearest(word: str, known: Collection[str]) -> str:
    """Return what to do about an unknown word: the nearest known one, or all of them when they are few."""
    folded = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(word.casefold(), folded, 1)
    if near:
        return f"Did you mean {folded[near[0]]}?"
    if len(known) < 20:
        return f"Known: {', '.join(sorted(known))}."
    return f"Known: {', '.join(sorted(known)[:8])}, ..."


class Place:
    """Where in which file we read, for errors that can be acted on."""

    def __init__(self, where: str, key: str) -> None:
        self.where, self.key = where, key

    def wrong(self, key: str, message: str, fix: str) -> Invalid:
        """Return the error for one key."""
        path = ".".join(part for part in (self.key, key) if part)
        return Invalid(f"{message}.", where=f"{self.where}: {path}", fix=fix)

    def known(self, table: Mapping[str, Any], keys: tuple[str, ...]) -> None:
        """Refuse a key nobody reads: it is a typo."""
        for key in table:
            if key not in keys:
                raise self.wrong(key, f"unknown key {key!r}", nearest(key, keys))

    def table(self, table: Mapping[str, Any], key: str) -> dict[str, Any]:
        """Return a table, empty when it is not there."""
        value = table.get(key, {})
        if not isinstance(value, dict):
            raise self.wrong(key, f"{key} is no table", f"Write [{key}] on a line of its own.")
        return value

    def text(self, table: Mapping[str, Any], key: str, *, longest: int, default: str | None = None) -> str:
        """Return one line of text without control characters, NFC, trimmed; ``default`` None means it must be there."""
        value = table.get(key, default)
        if value is None or (value == "" and default is None):
            raise self.wrong(key, f"{key} is missing", f'Add {key} = "...".')
        if not isinstance(value, str) or len(value) > longest or any(category(sign) in UNFIT for sign in value):
            raise self.wrong(key, f"{key} is no line of text of at most {longest} characters", "Shorten or quote it.")
        if ENCODED_WORD.search(value):
            raise self.wrong(key, f"{key} holds an encoded word of mail headers", "Write the characters themselves.")
        if not value.strip() and default is None:
            raise self.wrong(key, f"{key} is blank", f'Give {key} = "...".')
        return normalize("NFC", value.strip())

    def matching(
        self, table: Mapping[str, Any], key: str, form: re.Pattern[str], default: str | None, what: str
    ) -> str:
        """Return a text of a given form; ``what`` says in words which."""
        value = self.text(table, key, longest=255, default=default)
        if not form.fullmatch(value):
            raise self.wrong(key, f"{value!r} will not do for {key}", f"Give {what}.")
        return value

    def one_of(self, table: Mapping[str, Any], key: str, allowed: Collection[str], default: str) -> str:
        """Return one of the allowed words."""
        value = self.text(table, key, longest=100, default=default)
        if value not in allowed:
            raise self.wrong(key, f"{value!r} is not known", nearest(value, allowed))
        return value

    def email(self, table: Mapping[str, Any], key: str) -> str:
        """Return a mail address in ASCII: a sender must be understood by every relay."""
        value = self.text(table, key, longest=254)
        try:
            EmailValidator()(value)
        except ValidationError:
            raise self.wrong(key, f"{value!r} is no mail address", "Give one such as news@example.org.") from None
        if not value.isascii():
            raise self.wrong(key, f"{value!r} is not ASCII", "Write the domain in its xn-- form.")
        return value

    def span(self, table: Mapping[str, Any], key: str, default: str) -> timedelta:
        """Return a span of time of at most 366 days."""
        value = self.text(table, key, longest=20, default=default)
        try:
            span = duration(value)
        except Invalid as error:
            raise self.wrong(key, f"{value!r} is no span of time", error.fix) from None
        if span > LONGEST_SPAN:
            raise self.wrong(key, f"{value!r} is longer than {LONGEST_SPAN.days} days", "Give a shorter one.")
        return span

    def number(self, table: Mapping[str, Any], key: str, default: int, *, least: int, most: int) -> int:
        """Return a whole number within bounds."""
        value = table.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise self.wrong(key, f"{value!r} is no number from {least} to {most}", f"Give one from {least} to {most}.")
        return value

    def flag(self, table: Mapping[str, Any], key: str, *, default: bool) -> bool:
        """Return true or false."""
        value = table.get(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, f"{value!r} is neither true nor false", "Write true or false.")
        return value

    def code(self, value: object, key: str = "code") -> str:
        """Return the code of a newsletter or brand."""
        if not isinstance(value, str) or not CODE.fullmatch(value):
            raise self.wrong(key, f"{value!r} is no code", "Use letters, digits, - and _, a letter first.")
        return value
