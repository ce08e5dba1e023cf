"""Which section people mean: by its title, or by its number from 1."""

from __future__ import annotations

from collections.abc import Sequence

from newsletter.errors import Invalid


def section_index(section: str, titles: Sequence[str]) -> int:
    """Return the index of a section; "" is the first. Raises ``Invalid`` naming those there are."""
    if not section:
        return 0
    if section in titles:
        return titles.index(section)
    if section.isdecimal() and 1 <= int(section) <= len(titles):
        return int(section) - 1
    raise Invalid(f"There is no section {section!r}.", where="section", fix="One of: " + ", ".join(titles))
