"""What a rule sees, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from lxml import html as lxml_html

from newsletter.rendering.cascade import Looks, looks
from newsletter.rendering.css import Css, declarations, read_css
from newsletter.rendering.digest import Digest, Item
from newsletter.rendering.personal import NAMES, Slot, fill, fill_all, split

LONGEST = {"name": '"' * 200, "address": "&" * 64 + "x" * 256}  # as long as each may be, of signs that grow longest
USUAL = dict.fromkeys(NAMES, "Maria Lopez")
LONGEST_ADDRESS = "https://" + "x" * 292
RENDERED = ("subject", "preheader", "html", "text", "nonce")
BLOCKS = frozenset(["p", "div", "td", "th", "li", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "body", "center"])


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault (E), warning (W) or information (I): the rule's name, the place, and what to do."""

    rule: str
    level: str
    place: str
    fix: str


@dataclass(frozen=True, slots=True)
class Page:
    """What stands at an address, fetched on request. ``trouble`` says why nothing does; ``dead`` that it is for good.

    ``address`` is where it was found in the end, ``octets`` the length of the body, ``titles`` what the page calls
    itself (title, og:title, h1).
    """

    address: str
    trouble: str = ""
    dead: bool = False
    octets: int = 0
    titles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words the newsroom does not want to see, and what it writes instead ("" = leave them out)."""

    words: str
    instead: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A link of the HTML part: its address (or slot token), its text, and the element."""

    address: str
    text: str
    element: lxml_html.HtmlElement


@dataclass(frozen=True)
class Sheet:
    """A rendering spread out for the rules.

    ``now`` is None where nothing is to be held against the time; ``list_unsubscribe`` holds the addresses of the
    List-Unsubscribe header, None where the header is not known; ``pages`` is what was fetched, by address.
    """

    subject: str
    preheader: str
    html: str
    text: str
    digest: Digest
    nonce: str
    production: bool
    css: str = ""
    warnings: tuple[Finding, ...] = ()
    now: datetime | None = None
    list_unsubscribe: tuple[str, ...] | None = None
    pages: Mapping[str, Page] = field(default_factory=dict)
    phrases: tuple[Phrase, ...] = ()

    @cached_property
    def tree(self) -> lxml_html.HtmlElement:
        """The HTML as a tree."""
        return lxml_html.document_fromstring(self.html)

    @cached_property
    def light(self) -> Looks:
        """How everything below <body> looks."""
        return looks(self.tree, dark=False)

    @cached_property
    def dark(self) -> Looks:
        """How everything below <body> looks where people have set their device to dark."""
        return looks(self.tree, dark=True)

    @cached_property
    def visible(self) -> str:
        """The text people read in the HTML part, white space collapsed."""
        body = self.tree.find("body")
        return " ".join((body if body is not None else self.tree).text_content().split())

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """Every link in its order; the text of an image is its alt."""
        return tuple(
            Link(str(a.get("href", "")), " ".join(a.text_content().split()) or _alt(a), a) for a in self.tree.iter("a")
        )

    @property
    def hrefs(self) -> list[tuple[str, str]]:
        """Every link as (address or slot token, text)."""
        return [(link.address, link.text) for link in self.links]

    @cached_property
    def head_css(self) -> tuple[Css, ...]:
        """Every <style> element, read."""
        return tuple(read_css(style.text or "") for style in self.tree.iter("style"))

    @cached_property
    def author_css(self) -> str:
        """The CSS of the template; of a rendering that does not know it, everything the HTML holds."""
        if self.css:
            return self.css
        attributes = "".join(f"x{{{style}}}\n" for style in dict.fromkeys(self.tree.xpath("//@style")))
        return "\n".join(style.text or "" for style in self.tree.iter("style")) + "\n" + attributes

    @property
    def strict_level(self) -> str:
        """The level of rules about https: E in production, W elsewhere."""
        return "E" if self.production else "W"

    @property
    def items(self) -> Iterator[Item]:
        """Every item of the digest, in its order."""
        for section in self.digest.sections:
            yield from section.items

    def is_slot(self, value: str, name: str = "") -> bool:
        """Whether ``value`` is exactly one slot (called ``name``)."""
        parts = split(value, self.nonce)
        return len(parts) == 1 and isinstance(parts[0], Slot) and name in ("", parts[0].name)

    def is_visible(self, link: Link) -> bool:
        """Whether people see a link: it has a text and nothing hides it."""
        look = self.light.get(link.element)
        return bool(link.text) and look is not None and not look.hidden and look.size > 1

    def longest(self, text: str) -> str:
        """Return ``text`` with every slot at its longest."""
        parts = split(text, self.nonce)
        return "".join(
            part if isinstance(part, str) else fill(part, {part.name: LONGEST.get(part.name, LONGEST_ADDRESS)})
            for part in parts
        )

    def usual(self, text: str) -> str:
        """Return ``text`` with every slot as long as it usually is."""
        return fill_all(text, self.nonce, USUAL)


Check = Callable[[Sheet], Iterable[Finding]]


def sheet_of(rendering: object, digest: Digest, *, production: bool, **known: Any) -> Sheet:
    """Return the sheet of a rendering (anything with subject, preheader, html, text and nonce).

    ``known`` are further fields of the sheet: now, list_unsubscribe, pages, phrases.
    """
    values: dict[str, Any] = {name: str(getattr(rendering, name)) for name in RENDERED}
    css, warnings = str(getattr(rendering, "css", "")), tuple(getattr(rendering, "warnings", ()))
    return Sheet(**values, digest=digest, production=production, css=css, warnings=warnings, **known)


def excerpt(text: str, longest: int = 80) -> str:
    """Return the beginning of a text on one line."""
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def block_of(element: lxml_html.HtmlElement) -> lxml_html.HtmlElement:
    """Return the nearest element around ``element`` that makes a paragraph of its own."""
    for above in element.iterancestors():
        if above.tag in BLOCKS:
            return above
    return element


def has_words_beside(link: lxml_html.HtmlElement) -> bool:
    """Whether a link stands in a sentence: its paragraph has letters of its own that belong to no link."""
    block = block_of(link)
    for piece in block.xpath(".//text()[not(ancestor::a) and not(ancestor::style)]"):
        around = piece.getparent().getparent() if piece.is_tail else piece.getparent()
        own = around if around.tag in BLOCKS else block_of(around)
        if own is block and any(sign.isalpha() for sign in piece):
            return True
    return False


def style_of(element: lxml_html.HtmlElement) -> dict[str, str]:
    """Return the declarations of an element's style attribute."""
    return {one.name: one.value for one in declarations(element.get("style") or "")[0]}


def pixels(value: str) -> float | None:
    """Return a length in pixels ("640px", "640"), None for any other."""
    number = value.strip().lower().removesuffix("px").strip()
    try:
        return float(number)
    except ValueError:
        return None


def _alt(link: lxml_html.HtmlElement) -> str:
    return " ".join(str(image.get("alt", "")) for image in link.iter("img")).strip()
