"""37 · Nothing in the template that MJML does not know or that comes out otherwise than meant."""

from __future__ import annotations

from collections.abc import Iterable

from newsletter.rendering.finding import Finding, Sheet


def check(sheet: Sheet) -> Iterable[Finding]:
    """Pass on what the validator of MJML said while rendering; each place names the template's file and line."""
    return sheet.warnings
