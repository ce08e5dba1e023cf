"""47 · None of the phrases that the newsroom has banned."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter.rendering.finding import Finding, Sheet, excerpt


def check(sheet: Sheet) -> Iterator[Finding]:
    """Look for each phrase, as whole words in any case, in what the newsroom wrote."""
    if not sheet.phrases:
        return
    written = [(name, getattr(sheet, name)) for name in ("subject", "preheader")] + [("note", sheet.digest.note)]
    for item in sheet.items:
        fields = (item.headline, item.teaser, item.quote, item.link_text, *item.body)
        written += [(f"article {item.article_id}", field) for field in fields if field]
    for phrase in sheet.phrases:
        pattern = _pattern(phrase.words)
        for place in dict.fromkeys(place for place, text in written if pattern.search(text)):
            fix = f"Write “{phrase.instead}”." if phrase.instead else "The newsroom does not use it; reword."
            yield Finding("banned_phrases", "W", f"{place}: “{excerpt(phrase.words, 60)}”", fix)


def _pattern(words: str) -> re.Pattern[str]:
    """Return what finds whole words; scripts without blanks between words have no whole ones."""
    inner = r"\s+".join(map(re.escape, words.split()))
    begins = r"(?<!\w)" if _is_spaced(words[:1]) else ""
    ends = r"(?!\w)" if _is_spaced(words[-1:]) else ""
    return re.compile(f"{begins}{inner}{ends}", re.IGNORECASE)


def _is_spaced(sign: str) -> bool:
    return sign.isalnum() and not "\u2e80" <= sign <= "\uffdc"
