"""How a center looks and where it sits, as read from its brand file: no value can break out of a style sheet."""

from __future__ import annotations

import re
from typing import Any

from newsletter.catalogue.place import Place

COLOURS = (
    "accent",
    "accent_dark",
    "on_accent",
    "paper",
    "paper_dark",
    "ground",
    "ground_dark",
    "ink",
    "ink_dark",
    "muted",
    "muted_dark",
    "rule",
    "rule_dark",
)
FONTS = ("serif", "sans")
LOGOS = ("logo", "logo_dark")
KEYS = ("code", "name", *COLOURS, *FONTS, *LOGOS, "logo_width", "postal_address", "disclaimers")
COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
FONT = re.compile(r"[A-Za-z0-9 ,'-]+")
ADDRESS = re.compile(r"https?://[^\s\"'<>\\]+")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def look(table: dict[str, Any], at: Place) -> dict[str, Any]:
    """Return the design of a brand; raises ``Invalid`` for an unknown key or a value of another form."""
    at.known(table, KEYS)
    design: dict[str, Any] = {"code": at.code(table.get("code", "")), "name": at.text(table, "name", longest=200)}
    for keys, form, what in (
        (COLOURS, COLOUR, 'a colour such as "#1f4e79"'),
        (FONTS, FONT, "names of fonts, separated by commas"),
        (LOGOS, ADDRESS, "an https address"),
    ):
        design.update({key: at.matching(table, key, form, None, what) for key in keys if key in table})
    if "logo_width" in table:
        design["logo_width"] = at.number(table, "logo_width", 180, least=24, most=576)
    if "postal_address" in table:
        design["postal_address"] = at.text(table, "postal_address", longest=500)
    disclaimers = at.table(table, "disclaimers")
    inside = Place(at.where, f"{at.key}.disclaimers")
    for language in disclaimers:
        if not LANGUAGE.fullmatch(language):
            raise inside.wrong(language, f"{language!r} is no language tag", 'Write it like en = "...".')
    texts = {language: inside.text(disclaimers, language, longest=2000) for language in disclaimers}
    return {**design, **({"disclaimers": texts} if texts else {})}
