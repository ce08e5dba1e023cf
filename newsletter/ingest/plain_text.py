"""HTML and text of the wild into what we store: one plain line, or plain paragraphs."""

from __future__ import annotations

import html
import re

import nh3

from newsletter.ingest.tidy import even_lines, safe, tidy

LONGEST_TEXT = 400_000  # characters of HTML that are read; a text behind that is cut
_BLOCKS = "p div li ul ol dl dt dd h1 h2 h3 h4 h5 h6 blockquote pre table tr section article header footer figure hr"
_KEPT = frozenset([*_BLOCKS.split(), "br", "td", "th"])
_SILENT = {"script", "style", "template", "noscript", "iframe", "object", "svg", "math", "title", "textarea", "select"}
_TAG = re.compile(r"<(/?)([a-z0-9]+)>")
_KNOWN = (
    "a abbr b blockquote body br center code div em embed figure font form h1 h2 h3 h4 h5 h6 head hr html i iframe img "
    "input li link meta object ol p pre script section small span strong style sub sup svg table td tr u ul video"
)
_MARKUP = re.compile(
    rf"</?(?:{'|'.join(_KNOWN.split())})(?:\s[^<>]{{0,2000}})?/?>|<!--|&(?:[a-zA-Z]{{2,8}}|#\d{{1,7}}|#[xX][0-9a-fA-F]{{1,6}});",
    re.IGNORECASE,
)
_PARAGRAPHS = re.compile(r"\n[^\S\n]*\n\s*")


def looks_like_html(text: str) -> bool:
    """Return True for a text with a tag of HTML, a comment or an entity in it; "a < b" is none."""
    return ("<" in text or "&" in text) and bool(_MARKUP.search(text[:LONGEST_TEXT]))


def line_of(text: str) -> str:
    """Return a text that may be HTML as one plain line."""
    return line_of_html(text) if looks_like_html(text) else tidy(text)


def paragraphs_of(text: str) -> str:
    """Return a text that may be HTML as plain paragraphs, an empty line between two."""
    return paragraphs_of_html(text) if looks_like_html(text) else paragraphs_of_text(text)


def line_of_html(text: str) -> str:
    """Return HTML as one plain line; nothing of a script or a style is left."""
    return " ".join(paragraphs_of_html(text).split("\n\n"))


def paragraphs_of_html(text: str) -> str:
    """Return HTML as plain paragraphs; a lone line break is a blank, two are a new paragraph."""
    flat = re.sub(r"[^\S\u00a0\u202f]+", " ", safe(text[:LONGEST_TEXT]))
    clean = nh3.clean(flat, tags=set(_KEPT), attributes={}, clean_content_tags=_SILENT, link_rel=None)
    broken = _TAG.sub(_break, clean)
    return _joined(_PARAGRAPHS.split(html.unescape(broken)))


def paragraphs_of_text(text: str) -> str:
    """Return plain text as paragraphs: apart at empty lines, or where there are none at every line."""
    text = even_lines(safe(text[:LONGEST_TEXT])).strip("\n")
    return _joined(_PARAGRAPHS.split(text) if _PARAGRAPHS.search(text) else text.split("\n"))


def _break(tag: re.Match[str]) -> str:
    name = tag[2]
    if name == "br":
        return "\n"
    return " " if name in ("td", "th") else "\n\n"


def _joined(parts: list[str]) -> str:
    return "\n\n".join(line for part in parts if (line := tidy(part)))
