"""15 · A link inside a text is told by more than its color (WCAG 2.2, 1.4.1)."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.rendering.cascade import Look
from newsletter.rendering.finding import Finding, Sheet, block_of, excerpt, has_words_beside


def check(sheet: Sheet) -> Iterator[Finding]:
    """Look at every link that has words beside it: is it underlined, bolder, larger, or on a ground of its own?"""
    for link in sheet.links:
        block = block_of(link.element)
        if not sheet.is_visible(link) or not link.element.text_content().strip() or not has_words_beside(link.element):
            continue
        around = sheet.light.get(block)
        inside = [sheet.light[one] for one in link.element.iter() if one in sheet.light]
        if around is not None and not any(_stands_out(look, around) for look in inside):
            fix = "Underline it, or make it bold; its color alone does not tell it from the text around it."
            yield Finding("link_color", "W", f"link {excerpt(link.text, 40)}", fix)


def _stands_out(look: Look, around: Look) -> bool:
    return look.underlined or look.framed or (look.bold and not around.bold) or look.size >= around.size * 1.2
