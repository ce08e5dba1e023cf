"""Inline the author's CSS with premailer, exactly as far as mail clients need it."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Mapping
from functools import lru_cache, partial
from inspect import unwrap
from typing import Any

import cssutils
from lxml.cssselect import CSSSelector
from premailer import Premailer, merge_style, premailer

from newsletter.errors import Invalid

cssutils.log.setLevel(logging.CRITICAL)
cssutils.ser.prefs.minimizeColorHash = False  # older Outlook does not know #abc
cssutils.util._defaultFetcher = lambda _url: None  # cssutils must never fetch anything, whatever a style says
# premailer keeps what it has read of styles and selectors in one place for both, too small for one digest: it was read
# anew at every rendering, and a style written like a selector was taken for it.
_pairs: Any = lru_cache(maxsize=1024)(unwrap(merge_style.csstext_to_pairs))
_pairs._lock = merge_style.csstext_to_pairs._lock
merge_style.csstext_to_pairs = premailer.csstext_to_pairs = _pairs
_IMPORT = re.compile(r"@(?:import\b|[\w-]*\\)", re.IGNORECASE)  # also written with escapes: @\\69mport
_CLASS = re.compile(r"\.([A-Za-z_][A-Za-z0-9_-]*)")
_BLANKS = re.compile(r"[ \t\r\n]+")
_FLOAT = re.compile(r"float|\\", re.IGNORECASE)  # without it premailer need not read the style of every image anew
_STYLES = re.compile(r"<style\b[^>]*>(.*?)</style>", re.IGNORECASE | re.DOTALL)
_MARK = re.compile(r'(<style\b[^>]*?) data-premailer="ignore"')
_OPTIONS: Mapping[str, Any] = {
    "allow_network": False,
    "strip_important": False,
    "disable_validation": True,
    "disable_link_rewrites": True,
    "remove_unset_properties": False,
    "disable_basic_attributes": ["width", "height", "bgcolor", "align", "valign"],
    "keep_style_tags": True,
    "cssutils_logging_level": logging.CRITICAL,
}


def inline(html: str, css: str) -> str:
    """Return ``html`` with ``css`` in style attributes and its <style> elements untouched; refuses @import."""
    if any(_IMPORT.search(style) for style in [css, *_STYLES.findall(html)]):
        raise Invalid("@import is not allowed in mail.", where="mj-style", fix="Write the rules into the template.")
    marked = html.replace("<style", '<style data-premailer="ignore"')
    whole = re.sub("^<!doctype html>", "<!DOCTYPE html>", marked, count=1, flags=re.IGNORECASE)
    floats = bool(_FLOAT.search(whole) or _FLOAT.search(css))
    try:
        done = _Inliner(whole, css_text=css, align_floating_images=floats, **_OPTIONS).transform(pretty_print=False)
    finally:
        _page.root, _page.by_class = None, {}  # no document outlives its turn
    return _MARK.sub(r"\1", str(done))


class _Page(threading.local):
    """The elements of the document that is being worked on, by class: one pass in place of one for each rule."""

    root: Any = None
    by_class: Mapping[str, list[Any]] = {}

    def of_class(self, name: str, root: Any) -> list[Any]:
        if root is not self.root:
            found: dict[str, list[Any]] = {}
            for element in root.xpath("//*[@class]"):
                for one in dict.fromkeys(_BLANKS.split(element.get("class"))):
                    found.setdefault(one, []).append(element)
            self.root, self.by_class = root, found
        return self.by_class.get(name, [])


_page = _Page()


@lru_cache(maxsize=256)
def _selector(css: str) -> Any:
    """Return what finds the elements of a selector in a document, in its order."""
    named = _CLASS.fullmatch(css)
    return partial(_page.of_class, named[1]) if named else CSSSelector(css)


premailer._create_cssselector = _selector


class _Inliner(Premailer):  # type: ignore[misc]  # premailer has no types
    """Premailer that remembers the rules of a style: writing them out anew took a third of a rendering."""

    def _parse_style_rules(self, css_body: str, ruleset_index: int) -> tuple[list[Any], list[Any]]:
        rules, leftover = _rules(css_body, ruleset_index)
        return list(rules), list(leftover)


@lru_cache(maxsize=32)  # a brand in a language has one
def _rules(css: str, index: int) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    rules, leftover = Premailer("", **_OPTIONS)._parse_style_rules(css, index)
    return tuple(rules), tuple(leftover)
