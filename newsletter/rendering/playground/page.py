"""The page of the playground; no word of a template or an issue is markup in it."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from urllib.parse import urlencode

from newsletter.rendering.finding import Finding
from newsletter.rendering.playground.play import SIZES, Playground, Shown

WIDTHS = (700, 375)  # pixels
SCHEMES = ("light", "dark", "both")
STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0; }
header { position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; gap: .4rem 1.2rem; align-items: baseline;
  padding: .6rem 1rem; background: Canvas; border-bottom: 1px solid #8884; }
h1 { font-size: 1.1rem; margin: 0; }
nav a { margin-inline-end: .5rem; }
nav a[aria-current] { font-weight: bold; text-decoration: none; color: inherit; }
main { padding: 0 1rem 3rem; }
h2 { font-size: 1.1rem; margin: 1.6rem 0 .4rem; }
h2 small { font-weight: normal; opacity: .75; }
.frames { display: flex; gap: 1rem; overflow-x: auto; padding-bottom: .4rem; }
figure { margin: 0; flex: none; }
figcaption { font-size: 13px; opacity: .75; }
iframe { border: 1px solid #8886; height: 900px; background: #fff; }
.w700 { width: 700px; }
.w375 { width: 375px; }
table { border-collapse: collapse; margin-top: .6rem; max-width: 1100px; }
td, th { text-align: start; vertical-align: top; padding: .2rem .8rem .2rem 0; overflow-wrap: anywhere; }
.E { color: #c0182b; font-weight: bold; }
.W { color: #8a5a00; font-weight: bold; }
@media (prefers-color-scheme: dark) { .E { color: #ff8f9a; } .W { color: #f0c36d; } }
"""
SCRIPT = """
const seen = document.documentElement.dataset.stamp;
new EventSource("/events?since=" + encodeURIComponent(seen)).addEventListener("changed", () => location.reload());
"""


def page(playground: Playground, *, title: str, articles: int, scheme: str, only: str, stamp: str) -> str:
    """Return the whole page."""
    chosen = {"articles": str(articles), "scheme": scheme, "only": only}
    names = [name for name in playground.names() if only in ("", name)]
    parts = "".join(_part(playground.show(name, articles=articles), chosen) for name in names)
    return (
        f'<!DOCTYPE html><html lang="en" data-stamp="{escape(stamp)}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
        '<link rel="icon" href="data:,"><link rel="stylesheet" href="/style.css">'
        '<script src="/live.js" defer></script></head><body>'
        f"<header><h1>{escape(title)}</h1>"
        f"{_choice('Scheme', 'scheme', SCHEMES, chosen)}{_choice('Articles', 'articles', map(str, SIZES), chosen)}"
        f"{_choice('Issue', 'only', ('', *playground.names()), chosen)}</header><main>{parts}</main></body></html>"
    )


def _choice(label: str, key: str, values: Iterable[str], chosen: dict[str, str]) -> str:
    links = "".join(
        f'<a href="/?{escape(urlencode({**chosen, key: value}))}"'
        f"{' aria-current=true' if chosen[key] == value else ''}>{escape(value or 'all')}</a>"
        for value in values
    )
    return f'<nav aria-label="{label}">{label}: {links}</nav>'


def _part(shown: Shown, chosen: dict[str, str]) -> str:
    told = urlencode({"name": shown.name, "articles": chosen["articles"]})
    head = f"<h2>{escape(shown.name)}"
    if shown.rendering is None:
        return f"<section>{head}</h2>{_table(shown.findings)}</section>"
    size, took = len(shown.rendering.html.encode()), shown.rendering.milliseconds
    facts = f'{size:,} bytes, {took:.0f} ms, <a href="/text?{escape(told)}">text part</a>'
    schemes = ("light", "dark") if chosen["scheme"] == "both" else (chosen["scheme"],)
    frames = "".join(_frame(told, width, scheme) for scheme in schemes for width in WIDTHS)
    return (
        f'<section>{head} <small>{facts}</small></h2><div class="frames" tabindex="0">{frames}</div>'
        f"{_table(shown.findings)}</section>"
    )


def _frame(told: str, width: int, scheme: str) -> str:
    source = f"/mail?{escape(told)}&amp;scheme={scheme}"
    return (
        f'<figure><iframe class="w{width}" sandbox loading="lazy" title="{width} pixels, {scheme}" src="{source}">'
        f"</iframe><figcaption>{width} px, {scheme}</figcaption></figure>"
    )


def _table(findings: Iterable[Finding]) -> str:
    rows = "".join(
        f'<tr><td class="{one.level}">{one.level}</td><td>{escape(one.rule)}</td>'
        f'<td dir="auto">{escape(one.place)}</td>'
        f'<td dir="auto">{escape(one.fix)}</td></tr>'
        for one in findings
    )
    return f"<table>{rows}</table>" if rows else "<p>No findings.</p>"
