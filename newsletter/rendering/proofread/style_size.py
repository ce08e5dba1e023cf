"""2 · Gmail drops all styles when they are larger than 16 KB."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.rendering.finding import Finding, Sheet

DROPPED, NEAR = 16_384, 8_192  # characters


def check(sheet: Sheet) -> Iterator[Finding]:
    """Add up the text of every <style> element."""
    size = sum(len(style.text or "") for style in sheet.tree.iter("style"))
    if size > NEAR:
        level = "E" if size > DROPPED else "W"
        yield Finding("style_size", level, f"<style>, {size:,} characters", f"Stay below {NEAR:,} characters.")
