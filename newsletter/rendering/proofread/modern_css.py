"""36 · Nothing in the styles that older mail clients drop."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter.rendering.finding import Finding, Sheet

_MODERN = re.compile(
    r"(?:color|background)[\w-]*\s*:[^;}]*#(?:[0-9a-f]{3,4}|[0-9a-f]{8})\b|rgba\(|hsla?\(|var\(|calc\(|"
    r"display\s*:\s*(?:inline-)?(?:flex|grid)\b",
    re.IGNORECASE,
)


def check(sheet: Sheet) -> Iterator[Finding]:
    """Look through the template's own CSS."""
    for found in dict.fromkeys(found[0] for found in _MODERN.finditer(sheet.author_css)):
        yield Finding("modern_css", "W", found, "Write six-digit colors and plain boxes.")
