"""Whether the value of an attribute is of the kind its component takes."""

from __future__ import annotations

import re
from functools import lru_cache

from newsletter.rendering.validate.table import COLORS

_COLOR = re.compile(
    r"#(?:[0-9a-f]{3}|[0-9a-f]{6})|rgba?\(\s*\d{1,3}%?(?:\s*,\s*\d{1,3}%?){2}(?:\s*,\s*[\d.]+%?)?\s*\)",
    re.IGNORECASE,
)
_KIND = re.compile(r"(?P<word>\w+)(?:\((?P<choices>[^)]*)\))?(?:\{(?P<least>\d+),(?P<most>\d+)\})?")
_NUMBER = r"(?:\d+\.?\d*|\.\d+)"


def fault(kind: str, value: str) -> str:
    """Return what a value of this kind must be when ``value`` is not, else "". Kinds are written as npm mjml does."""
    word, choices, least, most = _parsed(kind)
    if word == "color":
        good = bool(_COLOR.fullmatch(value)) or value.lower() in COLORS
        return "" if good else "a color: #rrggbb, rgb(), rgba() or an HTML color name"
    if word == "enum":
        return "" if value in choices else "one of " + ", ".join(choice for choice in choices if choice)
    if word == "boolean":
        return "" if value in ("true", "false") else "true or false"
    if word == "integer":
        return "" if value.isascii() and value.isdigit() else "a whole number"
    if word in ("unit", "unitWithNegative"):
        parts = value.split()
        unit = _unit(kind)
        if least <= len(parts) <= most and all(unit.fullmatch(part) for part in parts):
            return ""
        units = " or ".join(choice if choice != "" else "no unit" for choice in choices)
        return ("a number" if most == 1 else f"{least} to {most} numbers") + f" with {units}"
    return ""


@lru_cache(maxsize=128)
def _parsed(kind: str) -> tuple[str, tuple[str, ...], int, int]:
    found = _KIND.match(kind)
    assert found is not None
    choices = tuple((found["choices"] or "").split(",")) if found["choices"] is not None else ()
    return found["word"], choices, int(found["least"] or 1), int(found["most"] or 1)


@lru_cache(maxsize=128)
def _unit(kind: str) -> re.Pattern[str]:
    word, choices, _, _ = _parsed(kind)
    sign = "-?" if word == "unitWithNegative" else ""
    units = "|".join(re.escape(choice) for choice in choices if choice != "auto")
    auto = "|auto" if "auto" in choices else ""
    return re.compile(f"{sign}{_NUMBER}(?:{units})|0{auto}")
