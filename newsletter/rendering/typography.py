"""How a script wants to be set: fonts that have it, room between lines, no capitals or slant where there are none."""

from __future__ import annotations

from dataclasses import dataclass

from newsletter.rendering.digest import Brand

_ARABIC = "'Geeza Pro', 'Segoe UI', Tahoma, 'Noto Naskh Arabic', 'Noto Sans Arabic', Arial, sans-serif"
_CHINESE = "'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans SC', sans-serif"


_QUOTATION = {
    "fr": ("«\u202f", "\u202f»"),
    **dict.fromkeys(("ru", "ar", "es", "uk", "fa"), ("«", "»")),
    "de": ("„", "“"),
}

_MARKS = ' \t\n\u00a0\u202f“”«»„"'


@dataclass(frozen=True, slots=True)
class Typography:
    """Font stacks and habits of one script; ``caps`` and ``slant`` say whether capitals and italics exist in it."""

    heading: str
    text: str
    leading: float = 1.55
    caps: bool = True
    slant: bool = True


def typography(language: str, brand: Brand) -> Typography:
    """Return how to set ``language`` in the manner of ``brand``."""
    match language.split("-")[0].lower():
        case "ar" | "fa" | "ur" | "he":
            return Typography(_ARABIC, _ARABIC, leading=1.75, caps=False, slant=False)
        case "zh" | "ja" | "ko":
            return Typography(_CHINESE, _CHINESE, leading=1.7, caps=False, slant=False)
    return Typography(brand.serif, brand.sans)


def quoted(text: str, language: str) -> str:
    """Return ``text`` in the quotation marks of its language, once."""
    opening, closing = _QUOTATION.get(language.split("-")[0].lower(), ("“", "”"))
    return opening + text.strip(_MARKS) + closing
