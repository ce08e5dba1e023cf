"""How each provider is told one text and many readers' values: its tags, and what it takes a header at a time.

A value is never trusted to a provider's escaping: who has a sign in it that any of them could read as markup gets a
call of their own. So does everybody when the issue's own words hold what the provider would take for a tag.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from newsletter.delivery.message import Parts, Sheet
from newsletter.rendering.personal import Slot, fill

_PLAIN_VALUE = re.compile(r"""[^&<>"'{}%*|\[\]$\\\x00-\x1f]*\Z""")


@dataclass(frozen=True, slots=True)
class Language:
    """One provider's. ``tag`` has {} where the field's name stands, "" = it fills nothing into bodies."""

    most: int  # readers a call
    tag: str = ""
    taken: tuple[str, ...] = ()  # what the provider would read as its own in fixed words
    headers: frozenset[str] | None = None  # those that may differ between readers, in lower case; None = all
    keeps_message_id: bool = True
    extra: Mapping[str, Any] = field(default_factory=dict)  # anymail's esp_extra
    mixed_is_told: bool = True  # False: of a call that was partly refused it does not tell whom


_CURLY = ("{{", "{%")
LANGUAGES: dict[str, Language] = {  # by anymail's name of the provider; those missing get one call a message
    "Brevo": Language(500, "{{{{params.{}}}}}", _CURLY),
    "Mailgun": Language(1000, "%recipient.{}%", ("%recipient",)),
    "Mailjet": Language(
        50, "{{{{var:{}}}}}", _CURLY, keeps_message_id=False, extra={"Globals": {"TemplateLanguage": True}}
    ),
    "Mailtrap": Language(500),
    "Postmark": Language(500),
    "Resend": Language(100),
    "SendGrid": Language(1000, "-{}-", extra={"merge_field_format": "-{}-"}),
    "SparkPost": Language(1000, "{{{{{{{}}}}}}}", _CURLY, mixed_is_told=False),
    "Unisender Go": Language(
        500, "{{{{{}}}}}", _CURLY, frozenset({"list-unsubscribe"}), False, {"template_engine": "simple"}
    ),
}


@dataclass(frozen=True, slots=True)
class Form:
    """A sheet in a provider's language: its words with tags, and which slot each field stands for."""

    subject: str
    text: str
    html: str
    fields: Mapping[str, Slot]

    def values(self, values: Mapping[str, str]) -> dict[str, str] | None:
        """Return one reader's value of every field; None when one of them could be read as markup."""
        filled = {name: fill(slot, values) for name, slot in self.fields.items()}
        return filled if all(map(_PLAIN_VALUE.match, filled.values())) else None


def form_of(sheet: Sheet, language: Language) -> Form | None:
    """Return a sheet as the provider fills it in; None when that cannot be done safely."""
    everything = (*sheet.subject, *sheet.text, *sheet.html)
    slots = list(dict.fromkeys(part for part in everything if isinstance(part, Slot)))
    further = any(
        isinstance(part, Slot) for value in sheet.headers.values() if not isinstance(value, str) for part in value
    )
    if further or (slots and not language.tag):
        return None
    names = {slot: f"nlslot{number}" for number, slot in enumerate(slots)}
    tags = {slot: language.tag.format(name) for slot, name in names.items()}
    fixed = "\0".join(part for part in everything if isinstance(part, str))
    if any(sign in fixed for sign in (*language.taken, *tags.values())):
        return None
    subject, text, html = (_with_tags(parts, tags) for parts in (sheet.subject, sheet.text, sheet.html))
    return Form(subject, text, html, {name: slot for slot, name in names.items()})


def _with_tags(parts: Parts | Sequence[str | Slot], tags: Mapping[Slot, str]) -> str:
    return "".join(tags[part] if isinstance(part, Slot) else part for part in parts)
