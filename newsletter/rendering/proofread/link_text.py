"""14 · Every link has a text that says where it leads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from newsletter.rendering.finding import Finding, Sheet, excerpt

# fmt: off
GENERIC = frozenset([
    "click here", "click", "here", "more", "link", "this", "this link", "read more", "learn more", "read on",
    "continue",
    "hier", "mehr", "weiterlesen", "ici", "cliquez ici", "lire la suite", "en savoir plus", "plus",
    "aquí", "haga clic aquí", "leer más", "más", "ver más", "здесь", "тут", "подробнее", "далее", "читать далее",
    "هنا", "اضغط هنا", "المزيد", "اقرأ المزيد", "这里", "点击这里", "更多", "阅读更多", "查看更多",
])
# fmt: on


def check(sheet: Sheet) -> Iterator[Finding]:
    """Look at the text of every link."""
    targets: dict[str, set[str]] = defaultdict(set)
    for link in sheet.links:
        place, text = f"link {excerpt(link.text or link.address)}", link.text.strip(" .…›»→>").lower()
        if not link.text:
            image = next(link.element.iter("img"), None)
            if image is None or image.get("alt") is None:  # an image's empty alt is told by alt_text
                yield Finding("link_text", "E", place, "Give the link a text.")
        elif text in GENERIC:
            yield Finding("link_text", "W", place, "Say where it leads.")
        if link.text and not sheet.is_slot(link.address):
            targets[" ".join(link.text.split()).lower()].add(link.address)
    for text, addresses in targets.items():
        if len(addresses) > 1:
            yield Finding("link_text", "W", f"links {excerpt(text)}", "The same text leads to different places.")
