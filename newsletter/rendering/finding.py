"""What a rule sees, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from lxml import html as lxml_html

from newsletter.rendering.digest import Digest
from newsletter.rendering.personal import NAMES, Slot, fill, fill_all, split

LONGEST_VALUE = "x" * 300  # what the longest slot adds
USUAL_VALUES = dict.fromkeys(NAMES, "Maria Lopez")


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault (E), warning (W) or information (I): the rule's name, the place, and what to do."""

    rule: str
    level: str
    place: str
    fix: str


@dataclass(frozen=True)
class Sheet:
    """A rendering spread out for the rules; slots hold values as long as they can be."""

    subject: str
    preheader: str
    html: str
    text: str
    digest: Digest
    nonce: str
    production: bool
    warnings: tuple[Finding, ...] = ()

    @cached_property
    def tree(self) -> lxml_html.HtmlElement:
        """The HTML as a tree."""
        return lxml_html.document_fromstring(self.html)

    @cached_property
    def visible(self) -> str:
        """The text people read in the HTML part, white space collapsed."""
        body = self.tree.find("body")
        return " ".join((body if body is not None else self.tree).text_content().split())

    @cached_property
    def hrefs(self) -> list[tuple[str, str]]:
        """Every link as (address or slot token, text)."""
        return [
            (str(link.get("href", "")), " ".join(link.text_content().split()) or _alt(link))
            for link in self.tree.iter("a")
        ]

    @property
    def strict_level(self) -> str:
        """The level of rules about https: E in production, W elsewhere."""
        return "E" if self.production else "W"

    def is_slot(self, value: str, name: str = "") -> bool:
        """Whether ``value`` is exactly one slot (called ``name``)."""
        parts = split(value, self.nonce)
        return len(parts) == 1 and isinstance(parts[0], Slot) and name in ("", parts[0].name)

    def longest(self, text: str) -> str:
        """Return ``text`` with every slot at its longest."""
        parts = split(text, self.nonce)
        return "".join(part if isinstance(part, str) else fill(part, {part.name: LONGEST_VALUE}) for part in parts)

    def usual(self, text: str) -> str:
        """Return ``text`` with every slot as long as it usually is."""
        return fill_all(text, self.nonce, USUAL_VALUES)


Check = Callable[[Sheet], Iterable[Finding]]


def sheet_of(rendering: object, digest: Digest, *, production: bool) -> Sheet:
    """Return the sheet of a rendering (anything with subject, preheader, html, text and nonce)."""
    values = {name: str(getattr(rendering, name)) for name in ("subject", "preheader", "html", "text", "nonce")}
    warnings = tuple(getattr(rendering, "warnings", ()))
    return Sheet(**values, digest=digest, production=production, warnings=warnings)


def excerpt(text: str, longest: int = 80) -> str:
    """Return the beginning of a text on one line."""
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def _alt(link: lxml_html.HtmlElement) -> str:
    return " ".join(str(image.get("alt", "")) for image in link.iter("img")).strip()
