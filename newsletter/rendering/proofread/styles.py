"""2, 3 · Gmail drops all styles above 16 KB, or when an @-rule stands inside another."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter.rendering.finding import Finding, Sheet

DROPPED, NEAR = 16_384, 8_192  # characters


def check(sheet: Sheet) -> Iterator[Finding]:
    """Look at every <style> element."""
    styles = "".join(style.text or "" for style in sheet.tree.iter("style"))
    if len(styles) > NEAR:
        level = "E" if len(styles) > DROPPED else "W"
        yield Finding("styles", level, f"<style>, {len(styles):,} characters", f"Stay below {NEAR:,} characters.")
    if re.search(r"@media[^{}]*\{[^{}]*(?:\{[^{}]*\}[^{}]*)*@", styles):
        yield Finding("styles", "E", "<style>", "Take the inner @-rule out of the outer one; Gmail drops both.")
