"""Inline the author's CSS with premailer, exactly as far as mail clients need it."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import cssutils
from premailer import Premailer

from newsletter.errors import Invalid

cssutils.log.setLevel(logging.CRITICAL)
cssutils.ser.prefs.minimizeColorHash = False  # older Outlook does not know #abc
cssutils.util._defaultFetcher = lambda _url: None  # cssutils must never fetch anything, whatever a style says
_IMPORT = re.compile(r"@(?:import\b|[\w-]*\\)", re.IGNORECASE)  # also written with escapes: @\\69mport
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
    done = _Inliner(whole, css_text=css, **_OPTIONS).transform(pretty_print=False)
    return _MARK.sub(r"\1", str(done))


class _Inliner(Premailer):  # type: ignore[misc]  # premailer has no types
    """Premailer that remembers the rules of a style: writing them out anew took a third of a rendering."""

    def _parse_style_rules(self, css_body: str, ruleset_index: int) -> tuple[list[Any], list[Any]]:
        rules, leftover = _rules(css_body, ruleset_index)
        return list(rules), list(leftover)


@lru_cache(maxsize=32)  # a brand in a language has one
def _rules(css: str, index: int) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    rules, leftover = Premailer("", **_OPTIONS)._parse_style_rules(css, index)
    return tuple(rules), tuple(leftover)
