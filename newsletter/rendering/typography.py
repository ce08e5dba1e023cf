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
    """Font stacks and habits of one script; ``caps`` and ``slant`` say whether capitals and italics exist in it.

    Sizes are pixels: ``size`` of running text, ``small`` of what stands around it. Leadings are shares of the size.
    """

    heading: str
    text: str
    prose: str
    size: int = 16
    small: int = 14
    leading: float = 1.55
    snug: float = 1.45
    heading_leading: float = 1.22
    caps: bool = True
    slant: bool = True


def typography(language: str, brand: Brand) -> Typography:
    """Return how to set ``language`` in the manner of ``brand``.

    Arabic letters are small in their line and have marks above and below: they are set larger and with more room.
    """
    match language.split("-")[0].lower():
        case "ar" | "fa" | "ur" | "he":
            return Typography(
                *(_ARABIC,) * 3,
                size=17,
                small=15,
                leading=1.75,
                snug=1.6,
                heading_leading=1.4,
                caps=False,
                slant=False,
            )
        case "zh" | "ja" | "ko":
            return Typography(*(_CHINESE,) * 3, leading=1.75, heading_leading=1.35, caps=False, slant=False)
    return Typography(brand.serif, brand.sans, brand.serif)


def quoted(text: str, language: str) -> str:
    """Return ``text`` in the quotation marks of its language, once."""
    opening, closing = _QUOTATION.get(language.split("-")[0].lower(), ("“", "”"))
    return opening + text.strip(_MARKS) + closing
